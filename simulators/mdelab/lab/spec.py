"""lab.toml: the state in which a lab begins."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from mdelab.catalogue.faults import fault_row
from mdelab.catalogue.platforms import complete
from mdelab.catalogue.support import unsupported
from mdelab.lab.spec_places import Place, line_of, place_of
from mdelab.lab.state import DEFAULT_NAME
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError
from mdelab.model.fault import Fault
from mdelab.model.licence import Subscription
from mdelab.model.site import Site
from mdelab.model.tenant import HopPolicy

DEFAULT_SEED = 2026
PROFILES = ("seed",)
"""Dated sets of behaviour; `seed` is what the seed documents describe."""

LabName = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$")]


class LabSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: LabName = DEFAULT_NAME
    """The lab's state folder and what `--lab` takes."""
    seed: int = DEFAULT_SEED
    profile: Literal["seed"] = "seed"
    backend: Literal["embedded", "docker"] = "embedded"
    """Where endpoints, hops and cloud run: on loopback, or in containers."""


class EndpointSection(DeviceSpec, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A device, and whether the lab onboards it at the start."""

    onboarded: bool = False

    def device(self) -> DeviceSpec:
        fields = {name: getattr(self, name) for name in DeviceSpec.__struct_fields__}
        return DeviceSpec(**fields)


class TenantSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: LabName
    clock: Literal["held", "live"] = "live"
    site: Site = Site()
    subscription: Subscription = Subscription()
    hop: tuple[HopPolicy, ...] = ()
    endpoint: tuple[EndpointSection, ...] = ()
    fault: tuple[Fault, ...] = ()


class LabSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    lab: LabSection = LabSection()
    tenant: tuple[TenantSection, ...] = (TenantSection(name="contoso"),)

    def check(self) -> None:
        """Raise LabError for what the types cannot say: names that are used twice or lead nowhere."""
        _no_twins("tenant", [tenant.name for tenant in self.tenant])
        for tenant in self.tenant:
            names = [endpoint.name for endpoint in tenant.endpoint if endpoint.name]
            _no_twins(f"endpoint in tenant {tenant.name!r}", names)
            _no_twins(f"hop in tenant {tenant.name!r}", [hop.name for hop in tenant.hop])
            _no_twins(f"fault in tenant {tenant.name!r}", [fault.id or fault.kind for fault in tenant.fault])
            for hop in tenant.hop:
                hop.check()
            for fault in tenant.fault:
                fault.check()
                fault_row(fault.kind)
            for number, endpoint in enumerate(tenant.endpoint):
                try:
                    endpoint.check()
                    unsupported(complete(endpoint.device()))  # a system that the lab does not know
                except LabError as error:
                    raise WrongPlace(str(error), ("tenant", self.tenant.index(tenant), "endpoint", number)) from error


class WrongPlace(LabError):
    """Something in the spec cannot be; `.place` says where it stands."""

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(message)
        self.place = place


def read_spec(path: Path) -> LabSpec:
    """Read a lab.toml. Raises LabError that names the file, the line and the field."""
    advice = "`mdelab new FOLDER` writes a commented example."
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except OSError as error:
        raise LabError(f"the spec {str(path)!r} cannot be read: {error.strerror}. {advice}") from error
    except UnicodeDecodeError as error:
        raise LabError(f"the spec {str(path)!r} is not UTF-8 text: {error}. Save it as UTF-8. {advice}") from error
    except tomllib.TOMLDecodeError as error:
        raise LabError(f"the spec {str(path)!r} is not TOML: {error}. {advice}") from error
    try:
        spec = msgspec.convert(content, LabSpec)
    except msgspec.ValidationError as error:
        where = _in_line(text, place_of(str(error).rpartition("`$")[2]))
        raise LabError(f"the spec {str(path)!r} does not fit{where}: {error}. {advice}") from error
    try:
        spec.check()
    except WrongPlace as wrong:
        raise LabError(f"the spec {str(path)!r} cannot be{_in_line(text, wrong.place)}: {wrong}") from wrong
    except LabError as error:
        raise LabError(f"the spec {str(path)!r} cannot be: {error}") from error
    return spec


def json_schema() -> dict[str, Any]:
    """The JSON Schema of lab.toml, for editors."""
    return msgspec.json.schema(LabSpec)


def _in_line(text: str, place: Place) -> str:
    line = line_of(text, place)
    return f" in line {line}" if line else ""


def _no_twins(what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise LabError(f"{what} {name!r} is named {names.count(name)} times. Give each a name of its own.")
