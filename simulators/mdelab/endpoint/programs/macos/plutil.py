"""`plutil`: shows, checks and converts property lists."""

import json
import shlex
from collections.abc import Callable

from mdelab.endpoint import property_list
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.macos.property_text import plutil_text, scalar_text
from mdelab.endpoint.programs.path import device_path
from mdelab.endpoint.programs.speech import complain, not_simulated
from mdelab.model.errors import LabError

_USE = "Use: plutil -p FILE..., -lint FILE..., -convert xml1|binary1|json [-o OUT] FILE, or -extract KEYPATH raw|xml1|json FILE."


async def plutil(device: Device, argv: list[str], io: Io) -> int:
    match argv[1:]:
        case ["-p", *names] if names:
            return _each(device, io, names, lambda value: plutil_text(value) + "\n")
        case ["-lint" | "-s", *names] if names:
            return _lint(device, io, [name for name in names if name != "-s"])
        case ["-convert", "xml1" | "binary1" | "json" as form, "-o", out, name]:
            return _convert(device, io, form, name, out)
        case ["-convert", "xml1" | "binary1" | "json" as form, name]:
            return _convert(device, io, form, name, name)
        case ["-extract", path, "raw" | "xml1" | "json" as form, *rest] if rest:
            return _extract(device, io, path, form, rest)
        case _:
            return not_simulated(io, shlex.join(argv), _USE)


def _each(device: Device, io: Io, names: list[str], show: Callable[[object], str]) -> int:
    code = 0
    for name in names:
        value = _read(device, io, name)
        if isinstance(value, _Unread):
            code = 1
        else:
            io.out.write(show(value))
    return code


class _Unread:
    """In the place of a value that could not be read; the user was told why."""


def _read(device: Device, io: Io, name: str) -> object:
    try:
        return property_list.read_value(device.machine.files, device_path(io, name))
    except FileNotFoundError:
        complain(io, f"{name}: file does not exist or is not readable or is not a regular file")
    except LabError as error:
        complain(io, f"{name}: {error}")
    return _Unread()


def _lint(device: Device, io: Io, names: list[str]) -> int:
    return _each(device, io, names, lambda value: "") or _said_ok(io, names)


def _said_ok(io: Io, names: list[str]) -> int:
    io.out.write("".join(f"{name}: OK\n" for name in names))
    return 0


def _convert(device: Device, io: Io, form: str, name: str, out: str) -> int:
    value = _read(device, io, name)
    if isinstance(value, _Unread):
        return 1
    content = _content(value, form)
    if content is None:
        return complain(io, f"{name}: invalid object in plist for destination format")
    if out == "-":
        io.out.write(content.decode(errors="replace"))
    else:
        device.machine.files.write(device_path(io, out), content)
    return 0


def _content(value: object, form: str) -> bytes | None:
    """`value` in that form; None when the form cannot hold it, as JSON cannot hold data and dates."""
    if form != "json":
        return property_list.encode(value, property_list.XML if form == "xml1" else property_list.BINARY)
    try:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    except TypeError:
        return None


def _extract(device: Device, io: Io, path: str, form: str, rest: list[str]) -> int:
    out = "-"
    if rest[0] == "-o" and len(rest) > 2:
        out, rest = rest[1], rest[2:]
    (name, *others) = rest
    if others:
        return not_simulated(io, f"plutil -extract {' '.join(others)}", _USE)
    value = _read(device, io, name)
    if isinstance(value, _Unread):
        return 1
    for key in path.split("."):
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return complain(
                io, f"{name}: Could not extract value, error: No value at that key path or invalid key path: {path}"
            )
    if form == "raw":
        text = "true" if value is True else "false" if value is False else scalar_text(value)
        if isinstance(value, dict | list):
            text = "\n".join(sorted(value)) if isinstance(value, dict) else str(len(value))
        content: bytes | None = f"{text}\n".encode()
    else:
        content = _content(value, form)
    if content is None:
        return complain(io, f"{name}: invalid object in plist for destination format")
    if out == "-":
        io.out.write(content.decode(errors="replace"))
    else:
        device.machine.files.write(device_path(io, out), content)
    return 0
