"""The kinds of words that step texts are made of: how each is written in a feature, and the value that a step gets.

A step text names them as `{endpoint:Name}`. Each kind has an example, from which tests and `mdelab steps` make whole
sentences.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from mdelab.model.licence import Channel
from mdelab.model.platform import Platform
from mdelab.model.tenant import HopKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A hop as a step names it: `an inspecting proxy` is the tenant's one of that kind, `proxy NAME` one from the spec."""

    name: str
    kind: HopKind | None
    """None when the step does not say it: the hop must be there already."""
    is_authenticated: bool = False


LINUX = Platform.LINUX
"""What a step means that names no platform."""

_UNITS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}


ORDERS = (
    "a quick scan", "a full scan", "a scan of another kind", "isolation", "selective isolation", "release", "offboarding",
    "an order without a comment", "an investigation package", "restricted code execution", "a live response",
)  # fmt: skip
"""What the Defender API can be asked to do with a device, and some of the ways to ask wrongly."""

MISTAKES = (
    "a wrong secret", "no secret", "an unknown application", "no application", "a password grant", "no grant",
    "a scope without /.default", "two resources", "an unknown resource", "no scope", "an unknown tenant", "no tenant",
    "another tenant",
)  # fmt: skip
"""What can be wrong with a request for a token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One kind of word."""

    pattern: str
    """A regular expression without capturing groups."""
    example: str
    read: Callable[[str], object]
    says: str = ""
    """How it is written, for people; "" where the example says enough."""


def duration(text: str) -> timedelta:
    """`10 minutes`, `1 hour`, `7 days`: lab time."""
    number, unit = text.split()
    return int(number) * _UNITS[unit.rstrip("s")]


def in_words(span: timedelta) -> str:
    """The inverse of `duration`, in the largest unit that fits."""
    seconds = round(span.total_seconds())
    for unit, size in reversed(_UNITS.items()):
        count, rest = divmod(seconds, round(size.total_seconds()))
        if count and not rest:
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{seconds} seconds"


def _proxy(text: str) -> Proxy:
    first, _, rest = text.partition(" ")
    if first == "proxy":
        return Proxy(name=rest, kind=None)
    kind = rest.removesuffix(" proxy")
    return Proxy(
        name=f"{kind}-proxy",
        kind="inspecting" if kind == "inspecting" else "tunnel",
        is_authenticated=kind == "authenticated",
    )


def _platform(text: str) -> Platform:
    return Platform(text.lower())


def _purchase(text: str) -> Channel:
    return Channel.VOLUME_LICENSING if text == "Volume Licensing" else Channel.CSP


WORDS: dict[str, Word] = {
    "Name": Word(
        pattern=r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?",
        example="lin-1",
        says="a name of lower case letters, digits and dashes, such as lin-1",
        read=str,
    ),
    "Account": Word(
        pattern=r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?",
        example="kim.novak",
        says="the account of a user, such as kim.novak",
        read=str,
    ),
    "Platform": Word(pattern=r"Linux|macOS|Windows", example="Linux", says="Linux, macOS or Windows", read=_platform),
    "Proxy": Word(
        pattern=r"(?:an|a|the) (?:inspecting|tunnel|authenticated) proxy|proxy [a-z0-9][a-z0-9-]*",
        example="an inspecting proxy",
        says="an inspecting, a tunnel or an authenticated proxy, later with the; or proxy NAME, one of the spec's",
        read=_proxy,
    ),
    "Fault": Word(
        pattern=r"[a-z0-9]+(?:-[a-z0-9]+)+",
        example="dns-nxdomain",
        says="a fault of `mdelab faults`, such as dns-nxdomain",
        read=str,
    ),
    "Duration": Word(
        pattern=r"\d+ (?:second|minute|hour|day)s?",
        example="10 minutes",
        says="lab time: 30 seconds, 10 minutes, 1 hour, 7 days",
        read=duration,
    ),
    "Quoted": Word(
        pattern=r'"[^"]*"', example='"some text"', says="a text in double quotes", read=lambda text: text[1:-1]
    ),
    "Count": Word(pattern=r"\d+", example="3", says="a whole number", read=int),
    "Severity": Word(
        pattern=r"Informational|Low|Medium|High", example="Low", says="Informational, Low, Medium or High", read=str
    ),
    "Status": Word(
        pattern=r"Active|Inactive|ImpairedCommunication|NoSensorDataImpairedCommunication|NoSensorData",
        example="Active",
        says="Active, Inactive, ImpairedCommunication, NoSensorData or NoSensorDataImpairedCommunication",
        read=str,
    ),
    "Scheme": Word(
        pattern=r"Basic|Negotiate|NTLM|Digest", example="Basic", says="Basic, Negotiate, NTLM or Digest", read=str.lower
    ),
    "Damage": Word(pattern=r"truncated|tampered", example="tampered", says="truncated or tampered", read=str),
    "Purchase": Word(
        pattern=r"Volume Licensing|a Cloud Solution Provider",
        example="Volume Licensing",
        says="Volume Licensing or a Cloud Solution Provider",
        read=_purchase,
    ),
    "Kind": Word(pattern=r"onboarding|offboarding", example="onboarding", says="onboarding or offboarding", read=str),
    "Order": Word(
        pattern="|".join(ORDERS), example="a quick scan", says=f"what the API orders: {', '.join(ORDERS)}", read=str
    ),
    "Progress": Word(
        pattern=r"Pending|InProgress|Succeeded|Failed|TimeOut|Cancelled",
        example="Succeeded",
        says="Pending, InProgress, Succeeded, Failed, TimeOut or Cancelled",
        read=str,
    ),
    "Mistake": Word(
        pattern="|".join(re.escape(one) for one in MISTAKES),
        example="a wrong secret",
        says=f"what is wrong with a sign-in: {', '.join(MISTAKES)}",
        read=str,
    ),
}

_FIELD = re.compile(r"\{(\w+):(\w+)\}")


def example(text: str) -> str:
    """A whole sentence for the step text `text`."""
    return _FIELD.sub(lambda field: WORDS[field[2]].example, text)


def plain(text: str) -> str:
    """The step text for people: `{endpoint:Name}` becomes `<endpoint>`."""
    return _FIELD.sub(lambda field: f'"<{field[1]}>"' if field[2] == "Quoted" else f"<{field[1]}>", text)


def legend(texts: Iterable[str]) -> dict[str, str]:
    """How the fields of step texts are written: `limit` -> `lab time: ...`, in the order in which they come."""
    kinds: dict[str, list[str]] = {}
    for step in texts:
        for name, kind in _FIELD.findall(step):
            said, word = kinds.setdefault(name, []), WORDS[kind]
            if (text := word.says or f"such as {word.example}") not in said:
                said.append(text)
    return {name: "; ".join(said) for name, said in kinds.items()}
