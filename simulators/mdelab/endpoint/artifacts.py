"""Where a device keeps its onboarding and offboarding package: a JSON file, a property list, or values of the registry.

Which place that is on a platform is data (`mdelab.catalogue.platforms`). What is read and written here is the package's outer
JSON; what it says, and when it is believed, is `mdelab.model.package`.
"""

import json
import posixpath
from dataclasses import dataclass
from typing import get_args

from mdelab.catalogue.platforms import ArtifactRow, platform_row
from mdelab.endpoint import property_list
from mdelab.endpoint.machine import Machine
from mdelab.endpoint.registry import REGISTRY_FILE, Registry, Value
from mdelab.model.errors import LabError
from mdelab.model.package import Kind

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A package that lies on the device."""

    text: str
    """The outer JSON; "" when the place cannot be read."""
    place: str
    """The name of the file, or of the registry's value, for people."""
    problem: str = ""
    """Why the place cannot be read; "" when it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifacts:
    """The outer JSON of both packages; None where there is none, "" where the place cannot be read."""

    onboarding: str | None
    offboarding: str | None


def read(machine: Machine) -> Artifacts:
    """Both packages, wherever the platform keeps them."""
    onboarding, offboarding = find(machine, "onboarding"), find(machine, "offboarding")
    return Artifacts(
        onboarding=onboarding.text if onboarding else None, offboarding=offboarding.text if offboarding else None
    )


def find(machine: Machine, kind: Kind) -> Artifact | None:
    """The package of a kind, from the first of its places that holds one; None when none does."""
    for row in _rows(machine, kind):
        place = posixpath.basename(row.place) if row.medium != "registry" else row.name
        try:
            text = _read(machine, row)
        except LabError as error:
            return Artifact(text="", place=place, problem=f"the {kind} package cannot be read: {error}")
        if text is not None:
            return Artifact(text=text, place=place)
    return None


def write(machine: Machine, kind: Kind, outer_json: str, *, place: str = "") -> str:
    """Put a package where the client looks for it, and answer with that place: a path, or a key of the registry.

    place: one of the platform's places; "" is where the portal's local script puts it. Raises LabError for another one.
    """
    rows = _rows(machine, kind)
    row = next((row for row in rows if place in ("", row.place)), None)
    if row is None:
        known = ", ".join(row.place for row in rows)
        raise LabError(f"{machine.spec.name!r} looks for no {kind} package in {place!r}. Put it into one of: {known}.")
    match row.medium:
        case "json":
            machine.files.write(row.place, json.dumps({row.name: outer_json}).encode())
        case "plist":
            property_list.write(machine.files, row.place, {row.name: outer_json})
        case "registry":
            _registry(machine).set(row.place, row.name, Value("REG_SZ", outer_json))
    return row.place


def remove(machine: Machine, kind: Kind) -> bool:
    """Remove a package from every place of its kind; whether there was one."""
    found = False
    for row in _rows(machine, kind):
        if row.medium == "registry":
            found = _registry(machine).delete(row.place, row.name) or found
        elif machine.files.exists(row.place):
            machine.files.remove(row.place)
            found = True
    return found


def kinds_in(machine: Machine, path: str) -> tuple[Kind, ...]:
    """The kinds of package that a file of the device may hold; empty for a file that has to do with none."""
    rows = platform_row(machine.spec.platform).artifact
    return tuple({row.kind: None for row in rows if path == _file(row)})


def is_shared(path: str) -> bool:
    """Whether a file holds other things beside packages, so that a change of it need not be one of a package."""
    return path == REGISTRY_FILE


def _rows(machine: Machine, kind: Kind) -> list[ArtifactRow]:
    return [row for row in platform_row(machine.spec.platform).artifact if row.kind == kind]


def _file(row: ArtifactRow) -> str:
    return REGISTRY_FILE if row.medium == "registry" else row.place


def _read(machine: Machine, row: ArtifactRow) -> str | None:
    """What a place holds; None when it holds nothing. Raises LabError when it cannot be read."""
    try:
        match row.medium:
            case "json":
                value: object = json.loads(machine.files.read(row.place).decode(errors="replace"))[row.name]
            case "plist":
                value = _plist(machine, row)
            case "registry":
                found = _registry(machine).get(row.place, row.name)
                value = found.data if found else None
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise LabError(
            f"{row.place} is not a {_FORMS[row.medium]} with {row.name!r}. Download the package again."
        ) from error
    if value is not None and not isinstance(value, str):
        raise LabError(f"{row.name!r} in {row.place} is not a string. Download the package again.")
    return value


_FORMS = {"json": "JSON object", "plist": "property list", "registry": "key"}


def _plist(machine: Machine, row: ArtifactRow) -> object:
    if not machine.files.exists(row.place):
        return None
    return property_list.read_dictionary(machine.files, row.place)[row.name]


def _registry(machine: Machine) -> Registry:
    if machine.registry is None:
        raise LabError(f"{machine.spec.name!r} has no registry. Use a Windows device.")
    return machine.registry
