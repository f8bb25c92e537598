"""`defaults`: reads and changes the property lists of preference domains, managed ones among them when named by path."""

import shlex
from datetime import UTC, datetime

from mdelab.endpoint import property_list
from mdelab.endpoint.managed_files import FOLDER
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.caller import is_root
from mdelab.endpoint.programs.macos.property_text import defaults_text, scalar_text
from mdelab.endpoint.programs.macos.users import home_of
from mdelab.endpoint.programs.path import device_path
from mdelab.endpoint.programs.speech import complain, not_simulated

_USE = "Use: defaults read|read-type|write|delete DOMAIN [KEY] [VALUE], with a domain's name or the path of its file."
_GLOBAL = ("-g", "-globalDomain", "NSGlobalDomain")
_PER_USER = ("/Users/", "/tmp/", "/private/tmp/")
_TYPES = {
    bool: "boolean",
    int: "integer",
    float: "float",
    str: "string",
    bytes: "data",
    datetime: "date",
    list: "array",
    dict: "dictionary",
}


class _NoSuchThing(Exception):
    """A domain or key that is not there; the message is for the user."""


async def defaults(device: Device, argv: list[str], io: Io) -> int:
    match argv[1:]:
        case ["read" | "read-type" | "delete" as action, domain]:
            words: list[str] = []
        case ["read" | "read-type" | "delete" as action, domain, key]:
            words = [key]
        case ["write" as action, domain, *words] if words:
            pass
        case _:
            return not_simulated(io, shlex.join(argv), _USE)
    if domain.startswith("-") and domain not in _GLOBAL:
        return not_simulated(io, f"defaults {action} {domain}", _USE)
    path = domain_path(io, domain)
    try:
        match action:
            case "read":
                io.out.write(_read(device, path, domain, words))
            case "read-type":
                io.out.write(f"Type is {_type_of(_value(device, path, domain, words))}\n")
            case "delete":
                return _delete(device, io, path, domain, words)
            case _:
                return _write(device, io, path, domain, words)
    except _NoSuchThing as missing:
        return complain(io, str(missing))
    except ValueError as error:
        return complain(io, f"Rep argument is not usable: {error}", 255)
    return 0


def domain_path(io: Io, domain: str) -> str:
    """The file of a domain: a path as it is, with or without its ending; a name in the user's own preferences."""
    if domain in _GLOBAL:
        return f"{home_of(io)}/Library/Preferences/.GlobalPreferences.plist"
    if "/" in domain:
        return device_path(io, domain).removesuffix(".plist") + ".plist"
    return f"{home_of(io)}/Library/Preferences/{domain}.plist"


def _domain(device: Device, path: str, domain: str) -> dict[str, object]:
    if not device.machine.files.exists(path):
        raise _NoSuchThing(f"Domain {domain} does not exist")
    return property_list.read_dictionary(device.machine.files, path)


def _value(device: Device, path: str, domain: str, words: list[str]) -> object:
    found = _domain(device, path, domain)
    if not words:
        return found
    if words[0] not in found:
        raise _NoSuchThing(f"The domain/default pair of ({domain}, {words[0]}) does not exist")
    return found[words[0]]


def _read(device: Device, path: str, domain: str, words: list[str]) -> str:
    value = _value(device, path, domain, words)
    return (defaults_text(value) if isinstance(value, dict | list) else scalar_text(value)) + "\n"


def _type_of(value: object) -> str:
    return next(name for kind, name in _TYPES.items() if isinstance(value, kind))


def _delete(device: Device, io: Io, path: str, domain: str, words: list[str]) -> int:
    if not _may_write(io, path):
        return complain(io, f"Could not write domain {path}; exiting")
    found = _domain(device, path, domain)
    if not words:
        device.machine.files.remove(path)
        return 0
    if words[0] not in found:
        raise _NoSuchThing(f"The domain/default pair of ({domain}, {words[0]}) does not exist")
    del found[words[0]]
    property_list.write(device.machine.files, path, found, form=property_list.BINARY)
    return 0


def _write(device: Device, io: Io, path: str, domain: str, words: list[str]) -> int:
    if not _may_write(io, path):
        return complain(io, f"Could not write domain {path}; exiting")
    found = property_list.read_dictionary(device.machine.files, path)
    key, *given = words
    if not given:
        return not_simulated(io, f"defaults write {domain} PLIST", _USE)
    value = _given(given, found.get(key))
    if value is None:
        return not_simulated(io, f"defaults write {given[0]}", _USE)
    found[key] = value
    # The agents of a Mac read both forms; the tool itself always writes the binary one.
    property_list.write(device.machine.files, path, found, form=property_list.BINARY)
    return 0


def _given(words: list[str], before: object) -> object | None:
    """The value of `-TYPE VALUE...` or a bare string; None for a type that is not simulated. Raises ValueError."""
    kind, *values = words if words[0].startswith("-") and len(words) > 1 else ["-string", *words]
    if kind in ("-array", "-array-add"):
        kept = before if kind == "-array-add" and isinstance(before, list) else []
        return [*kept, *values]
    if kind in ("-dict", "-dict-add"):
        if len(values) % 2:
            raise ValueError("a dictionary needs a value for each key")
        start = before if kind == "-dict-add" and isinstance(before, dict) else {}
        return {**start, **dict(zip(values[::2], values[1::2], strict=True))}
    if len(values) != 1:
        raise ValueError(f"{kind} takes one value, not {len(values)}")
    (text,) = values
    match kind:
        case "-string":
            return text
        case "-bool" | "-boolean":
            if text.lower() not in ("true", "yes", "1", "false", "no", "0"):
                raise ValueError(f"{text!r} is neither true nor false")
            return text.lower() in ("true", "yes", "1")
        case "-int" | "-integer":
            return int(text)
        case "-float":
            return float(text)
        case "-data":
            return bytes.fromhex(text)
        case "-date":
            return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
        case _:
            return None


def _may_write(io: Io, path: str) -> bool:
    return is_root(io) or (path.startswith((*_PER_USER, f"{home_of(io)}/")) and not path.startswith(FOLDER))
