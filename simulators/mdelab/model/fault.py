"""A fault: something wrong that is put on purpose into a tenant's network, its cloud or its devices.

`Fault` is what is asked for, `InForce` what a place carries out, `Faults` those that act in a tenant now. What a kind of
fault means is a row of `mdelab.catalogue.faults`; what is done about it is a small file in the room of its place; who
lets faults begin and end is `mdelab.lab.faults`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from mdelab.model.errors import LabError
from mdelab.model.names import matches
from mdelab.model.seeds import stream

Place = Literal["dns", "gateway", "tunnel", "inspecting", "pac", "cloud", "device", "host"]
"""Where a fault can sit: a kind of hop, the cloud, or the device itself. `gateway` is what direct traffic passes, `host` what
the device runs on: its link, and whether it runs at all.
"""

Setting = str | int | float | bool
"""The value of a parameter."""

_ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One fault as a spec, a scenario or the control API asks for it."""

    kind: str
    """A row of the fault catalogue, such as `dns-nxdomain`."""
    id: str = ""
    """Its name in the tenant; its kind when left out."""
    hop: str = ""
    """The tenant's name for the hop that it sits in; "" for every hop of a kind that it can sit in."""
    names: tuple[str, ...] = ()
    """Host name patterns that it takes; () for those of the catalogue's row."""
    endpoints: tuple[str, ...] = ()
    """Endpoints that it takes; () for all of the tenant."""
    parameters: dict[str, Setting] = {}
    share: float = 1.0
    """How many of the connections it takes, drawn for each from the tenant's seed stream."""
    after_s: float = 0.0
    """When it begins, from now, in the tenant's time."""
    for_s: float | None = None
    """How long it lasts; None until it is removed."""
    seed: int | None = None
    """What `share` is drawn from, instead of the tenant's stream."""

    def check(self) -> None:
        """Raise LabError for what no fault can be."""
        if not _ID.fullmatch(self.id or self.kind):
            raise LabError(
                f"a fault cannot be called {self.id or self.kind!r}. Use lower case letters, digits and dashes, at most 63."
            )
        for field, value in (("after_s", self.after_s), ("for_s", self.for_s)):
            if value is not None and not 0 <= value <= _LONGEST_S:
                raise LabError(
                    f"fault {self.id or self.kind!r} has {field} = {value:g}: a time is 0 s or more, and at most a year. "
                    "Count from now, in seconds of the tenant's time."
                )
        if not 0 <= self.share <= 1:
            raise LabError(
                f"fault {self.id or self.kind!r} has share = {self.share:g}. Give a number from 0 (none) to 1 (every connection)."
            )


_LONGEST_S = 366 * 86_400


class InForce(msgspec.Struct, frozen=True, kw_only=True):
    """One fault as a place carries it out: the row's meaning and the asker's values together."""

    id: str
    places: tuple[Place, ...]
    action: str
    """Which of the place's actions."""
    hop: str = ""
    """"" for every hop of these places."""
    names: tuple[str, ...] = ("*",)
    endpoints: tuple[str, ...] = ()
    settings: dict[str, Setting] = {}
    share: float = 1.0
    seed: int = 0
    holds: bool = False
    """Whether connections wait for ever in it, so that only time ends them."""

    def concerns(self, endpoint: str, name: str) -> bool:
        return (not self.endpoints or endpoint in self.endpoints) and any(matches(row, name) for row in self.names)

    def text(self, name: str) -> str:
        """A setting that is a text."""
        return str(self.settings[name])

    def number(self, name: str) -> int:
        """A setting that is a whole number."""
        return int(self.settings[name])


class Faults:
    """The faults that act in a tenant now."""

    def __init__(self) -> None:
        self._in_force: dict[str, InForce] = {}
        self._seen: Counter[tuple[str, str, str]] = Counter()

    def __iter__(self) -> Iterator[InForce]:
        return iter(list(self._in_force.values()))

    @property
    def hold(self) -> bool:
        """Whether connections may wait for ever in one of them: a program with a clock of its own should be impatient."""
        return any(fault.holds for fault in self._in_force.values())

    def begin(self, fault: InForce) -> None:
        self._in_force[fault.id] = fault

    def end(self, fault_id: str) -> InForce | None:
        """Take a fault out of force; None when it was not in force."""
        return self._in_force.pop(fault_id, None)

    def become(self, faults: Iterable[InForce]) -> None:
        """From now on exactly these act, as one process tells another."""
        self._in_force = {fault.id: fault for fault in faults}

    def at(self, place: Place, *, endpoint: str, name: str, hop: str = "") -> list[InForce]:
        """The faults of a place that concern a connection of `endpoint` to `name`, in the order in which they began."""
        return [
            fault
            for fault in self._in_force.values()
            if place in fault.places and fault.hop in ("", hop) and fault.concerns(endpoint, name)
        ]

    def acting(self, place: Place, *, endpoint: str, name: str, hop: str = "") -> list[InForce]:
        """Those of `at` that take this connection: each draws, once a connection, with its share.

        The draw depends on how many connections of the endpoint to that name the fault has seen, and on nothing else, so
        that parallel order changes nothing.
        """
        return [
            fault
            for fault in self.at(place, endpoint=endpoint, name=name, hop=hop)
            if self.takes(fault, endpoint, name)
        ]

    def takes(self, fault: InForce, endpoint: str, name: str) -> bool:
        """Draw for one connection, of which the fault is one of `at`."""
        key = fault.id, endpoint, name
        self._seen[key] += 1
        return fault.share >= 1 or stream(fault.seed, endpoint, name, str(self._seen[key])).random() < fault.share
