"""Which way a client goes to a host: direct, or through the proxies that its settings name, and which setting said so.

Pure. `choose` is asked with what the places of a device say, strongest first; what it cannot know (what a PAC script answers,
what discovery finds) it asks back. Places, their order and the platform's rules are data (`mdelab.catalogue.platforms`); who
reads the places and answers is `mdelab.endpoint.route`.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from mdelab.model.bypass import Bypass
from mdelab.model.proxy import Proxy

NOTHING_SET = "none"
"""The source of a direct route that no place has decided."""

Walk = Literal["first", "all"]
"""Of the ways that a PAC script lists, a client tries the first alone, or one after the other until a connection is made."""

OnFailure = Literal["next", "block"]
"""When a PAC file or discovery gives no answer, a client goes on with the next place, or does not connect at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """A proxy by its address."""

    proxy: Proxy
    bypass: Bypass


@dataclass(frozen=True, slots=True, kw_only=True)
class Pac:
    """A PAC file by its URL."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """Whatever the network announces (WPAD)."""

    is_asked_for: bool = True
    """False where a platform looks by itself: then it is no fault to find nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """Something is set that the client does not use."""

    reason: str
    """An id, such as `bad-value` or `wpad-user-not-system`."""
    text: str
    code: int = 0


Setting = Fixed | Pac | Discovery | Unusable


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One place where a route can be set, and what it says there."""

    source: str
    """Where: a `proxy_source` of the platform, such as `managed`."""
    setting: Setting | None
    """None when nothing is set."""
    falls_back: bool = False
    """Whether the client goes on with the weaker places when the proxy cannot be reached."""


class PassedOver(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place that says something and was not followed."""

    source: str
    reason: str
    """`weaker` when a stronger place decided; else an id of what is wrong, such as `pac-404`."""
    text: str
    code: int = 0
    """The platform's documented number for it; 0 for none."""


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way to try."""

    proxy: Proxy | None
    """None is direct."""
    source: str

    def __str__(self) -> str:
        return str(self.proxy) if self.proxy else "direct"


class Route(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was decided for one URL."""

    source: str
    """The place that decided; `none` when no place did."""
    ways: tuple[Way, ...]
    """In the order in which they are tried; empty when the client may not connect."""
    pac_url: str = ""
    """The PAC file that decided; "" when none did."""
    passed_over: tuple[PassedOver, ...] = ()
    """The other places that say something, strongest first, and entries of the PAC file's answer that are of no use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What `choose` must be told before it can go on."""

    source: str
    setting: Pac | Discovery


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A PAC file's answer."""

    ways: tuple[Proxy | None, ...]
    pac_url: str
    notes: tuple[PassedOver, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound:
    """There was no answer."""

    reason: str
    text: str
    code: int = 0


def choose(
    candidates: Sequence[Candidate], host: str, *, walk: Walk = "all", on_failure: OnFailure = "next"
) -> Generator[Question, Found | NotFound, Route]:
    """The first place that says something usable decides; without any the route is direct.

    candidates: strongest first. Each question must be answered by `send`; the route is the generator's return value.
    """
    ways: list[Way] = []
    passed_over: list[PassedOver] = []
    pac_url = ""
    is_decided = False
    for candidate in candidates:
        source, setting = candidate.source, candidate.setting
        if setting is None:
            continue
        if is_decided:
            passed_over.append(PassedOver(source=source, reason="weaker", text="a stronger setting decides"))
        elif isinstance(setting, Unusable):
            passed_over.append(PassedOver(source=source, reason=setting.reason, text=setting.text, code=setting.code))
        elif isinstance(setting, Fixed):
            is_direct = setting.bypass.covers(host)
            ways.append(Way(proxy=None if is_direct else setting.proxy, source=source))
            is_decided = is_direct or not candidate.falls_back
        else:
            said = yield Question(source=source, setting=setting)
            if isinstance(said, NotFound):
                passed_over.append(PassedOver(source=source, reason=said.reason, text=said.text, code=said.code))
                if on_failure == "block":
                    return Route(source=source, ways=(), passed_over=tuple(passed_over))
                continue
            passed_over += said.notes
            listed = said.ways[:1] if walk == "first" else said.ways
            ways += [Way(proxy=proxy, source=source) for proxy in listed]
            pac_url, is_decided = said.pac_url, True
    if not is_decided:
        ways.append(Way(proxy=None, source=NOTHING_SET))
    return Route(source=ways[0].source, ways=tuple(ways), pac_url=pac_url, passed_over=tuple(passed_over))
