"""The kinds of faults that can be put into a tenant: what each is, where it sits, and how it looks from a device.

The rows are in faults.toml; the ids are those of the connectivity catalogue. A row names the action that carries it out
in its place; the actions are small files in the rooms (`network/faults`, `cloud/faults`, `endpoint/faults`). What a fault
in a tenant is, `mdelab.model.fault` says.
"""

from difflib import get_close_matches
from functools import cache
from typing import Annotated, Literal

import msgspec

from mdelab.catalogue.read import read
from mdelab.model.basis import Basis
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError
from mdelab.model.fault import Fault, InForce, Place, Setting
from mdelab.model.platform import Platform
from mdelab.model.site import Site
from mdelab.model.tenant import HopPolicy

PROBE_URL = "https://x.cp.wd.microsoft.com/api/report"
"""What curl asks for unless a row says something else: the documented test of the proxy."""

Invariant = Literal["N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8", "N9", "N10", "N11", "N12", "N13", "N14"]
"""What an agent must not do whatever happens to it; connectivity catalogue, section 0.2."""

BackendName = Literal["embedded", "docker"]

_NEAR = 4


class Parameter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value that can be given to a fault of this kind."""

    name: str
    default: Setting
    """Its type is the parameter's."""
    least: float | None = None
    most: float | None = None
    choices: tuple[Setting, ...] = ()
    """Empty when any value of the type will do."""
    doc: str

    def take(self, value: object, kind: str) -> Setting:
        """`value` as the parameter's type; a text may stand for any. Raises LabError."""
        wanted = type(self.default)
        try:
            taken: Setting = msgspec.convert(value, wanted, strict=False)
        except msgspec.ValidationError as error:
            raise LabError(f"{self._of(kind)} is {value!r}: it must be a {_TYPES[wanted]}. {self.doc}") from error
        if self.choices and taken not in self.choices:
            listed = ", ".join(str(one) for one in self.choices)
            raise LabError(f"{self._of(kind)} is {value!r}: it must be one of {listed}. {self.doc}")
        if isinstance(taken, int | float) and not (
            (self.least is None or taken >= self.least) and (self.most is None or taken <= self.most)
        ):
            raise LabError(
                f"{self._of(kind)} is {value!r}: it must be between {self.least:g} and {self.most:g}. {self.doc}"
            )
        return taken

    def _of(self, kind: str) -> str:
        return f"the parameter {self.name!r} of {kind}"


_TYPES: dict[type, str] = {str: "text", bool: "true or false", int: "whole number", float: "number"}


class Look(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a fault looks on some platforms."""

    platforms: tuple[Platform, ...]
    cause: str
    """The row of the symptom catalogue that a diagnosis names."""
    keeps_out: bool = True
    """Whether a device that has it cannot be onboarded; else only a part of the client's work is lost."""
    tries: tuple[str, ...] = ()
    """A program of the device that shows it, with its arguments, where the agent's own traffic does not."""
    curl_code: int | None = None
    """What curl on the device exits with on the same route; None where no program of the device can run."""
    measured: str
    """Where the code comes from."""


class FaultRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of fault."""

    id: str
    summary: str
    """What is wrong, as somebody who looks for it would say."""
    places: tuple[Place, ...]
    action: str
    """What carries it out, in each of these places."""
    settings: dict[str, Setting] = {}
    """What the action is told beside the parameters."""
    names: tuple[str, ...] = ("*",)
    """Host name patterns that it takes unless told otherwise."""
    holds: bool = False
    """Whether connections wait for ever in it."""
    route: str
    """The way to the cloud that a device must have for it; a row of `[[route]]`."""
    url: str = PROBE_URL
    """What curl asks for in order to see it."""
    backends: tuple[BackendName, ...] = ("embedded", "docker")
    """Where labs can carry it out."""
    befalls_onboarded: bool = False
    """Whether it is met on a device that was onboarded before: there is nothing to see of it on a fresh one."""
    never: tuple[Invariant, ...]
    basis: Basis
    source: str
    parameter: tuple[Parameter, ...] = ()
    look: Annotated[tuple[Look, ...], msgspec.Meta(min_length=1)]

    @property
    def platforms(self) -> tuple[Platform, ...]:
        """Those that have it."""
        return tuple(platform for look in self.look for platform in look.platforms)

    def on(self, platform: Platform) -> Look:
        """How it looks there. Raises LabError for a platform that does not have it."""
        look = next((look for look in self.look if platform in look.platforms), None)
        if look is None:
            raise LabError(
                f"{self.id} does not happen on {platform}: {self.summary} Platforms: {', '.join(self.platforms)}."
            )
        return look

    def place(self, fault: Fault, seed: int) -> InForce:
        """What is carried out for `fault`. seed: what its share is drawn from. Raises LabError for a wrong parameter."""
        known = {parameter.name: parameter for parameter in self.parameter}
        for name in fault.parameters:
            if name not in known:
                raise LabError(f"{self.id} has no parameter {name!r}. {_near(name, list(known), 'It has')}")
        settings = {name: row.take(fault.parameters.get(name, row.default), self.id) for name, row in known.items()}
        return InForce(
            id=fault.id or self.id,
            places=self.places,
            action=self.action,
            hop=fault.hop,
            names=fault.names or self.names,
            endpoints=fault.endpoints,
            settings={**self.settings, **settings},
            share=fault.share,
            seed=seed if fault.seed is None else fault.seed,
            holds=self.holds,
        )


class RouteRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A way to the cloud that a fault needs: what stands on it, and how the device is set."""

    id: str
    summary: str
    hop: tuple[HopPolicy, ...] = ()
    site: Site = Site()
    fault: tuple[Fault, ...] = ()
    """What is closed on this route whatever else goes wrong."""
    device: DeviceSpec
    """Its name is that of the device of a recipe; the platform is the asker's."""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    route: tuple[RouteRow, ...]
    fault: tuple[FaultRow, ...]


@cache
def _file() -> _File:
    return read("faults.toml", _File)


def fault_rows() -> tuple[FaultRow, ...]:
    """Every kind of fault, in the order of the wire."""
    return _file().fault


def routes() -> tuple[RouteRow, ...]:
    return _file().route


def route(id: str) -> RouteRow:  # noqa: A002 - the column's name
    """The row with that id. Raises KeyError."""
    return {row.id: row for row in routes()}[id]


def fault_row(kind: str) -> FaultRow:
    """The row of a kind. Raises LabError that names the nearest ones."""
    rows = {row.id: row for row in fault_rows()}
    if kind not in rows:
        raise LabError(f"there is no fault {kind!r}. {_near(kind, list(rows), 'Nearest')} `mdelab faults` lists all.")
    return rows[kind]


def found(word: str) -> list[FaultRow]:
    """The rows whose id or summary holds `word`, in any case of letters."""
    return [row for row in fault_rows() if word.lower() in f"{row.id} {row.summary}".lower()]


def _near(name: str, known: list[str], what: str) -> str:
    """The names nearest to `name`, or what has it."""
    near = get_close_matches(name, known, n=_NEAR, cutoff=0.4) or [one for one in known if name in one][:_NEAR]
    return f"{what}: {', '.join(near or known[:_NEAR]) or 'none'}."
