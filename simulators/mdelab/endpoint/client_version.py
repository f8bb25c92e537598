"""The version of the Defender client that is on a device: read by everybody who shows it, written by who installs one.

Where it is kept and in which form is the platform's row (`mdelab.catalogue.platforms`).
"""

import re

from mdelab.catalogue.health import health
from mdelab.catalogue.platforms import ClientRow, platform_row
from mdelab.endpoint import property_list
from mdelab.endpoint.machine import Machine
from mdelab.endpoint.registry import Value
from mdelab.model.errors import LabError


def read(machine: Machine) -> str:
    """The version that a device begins with, where nothing else is written. Raises LabError for a file that does not parse."""
    row = platform_row(machine.spec.platform).client
    before, _, after = row.form.partition("{version}")
    found = re.fullmatch(f"{re.escape(before)}([^\\\\\\s]+){re.escape(after)}", _text(machine, row))
    return found[1] if found else row.version or health().product.app_version


def write(machine: Machine, version: str) -> None:
    """Raises LabError for a file that does not parse, or a key that is locked."""
    row = platform_row(machine.spec.platform).client
    text = row.form.format(version=version)
    if machine.registry is not None:
        machine.registry.set(row.place, row.name, Value("REG_SZ", text))
    elif row.medium == "plist":
        known = property_list.read_dictionary(machine.files, row.place)
        property_list.write(machine.files, row.place, {**row.beside, **known, row.name: text})
    else:
        machine.files.write(row.place, f"{text}\n".encode())


def numbers(version: str) -> tuple[int, ...]:
    """For comparing; empty, and so older than any, for a text that is no version."""
    parts = version.split(".")
    return tuple(int(part) for part in parts) if all(part.isascii() and part.isdigit() for part in parts) else ()


def told(machine: Machine) -> str:
    """What the client tells the cloud: as `read`, and nothing where that cannot be read."""
    try:
        return read(machine)
    except LabError:
        return ""


def _text(machine: Machine, row: ClientRow) -> str:
    if machine.registry is not None:
        held = machine.registry.get(row.place, row.name)
        return str(held.data) if held else ""
    if row.medium == "plist":
        return str(property_list.read_dictionary(machine.files, row.place).get(row.name, ""))
    try:
        return machine.files.read(row.place).decode(errors="replace").strip()
    except FileNotFoundError:
        return ""
