r"""`reg add|delete|query`: the registry from the command line. Output as of Windows 10's reg.exe."""

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.speech import complain, not_simulated
from mdelab.endpoint.programs.windows.environment import is_administrator
from mdelab.endpoint.programs.windows.options import take
from mdelab.endpoint.programs.windows.registry_of import registry_of
from mdelab.endpoint.registry import KINDS, REGISTRY_FILE, Kind, Registry, Value
from mdelab.model.errors import LabError

_OPTIONS = {
    "add": {"v": True, "ve": False, "t": True, "d": True, "f": False, "s": True},
    "delete": {"v": True, "ve": False, "va": False, "f": False},
    "query": {"v": True, "ve": False, "s": False},
}
_NOT_FOUND = "ERROR: The system was unable to find the specified registry key or value."
_DONE = "The operation completed successfully.\n"
_DEFAULT = "(Default)"


async def reg(device: Device, argv: list[str], io: Io) -> int:
    """Exit code 0, or 1 with a message."""
    action = argv[1].lower() if len(argv) > 1 else ""
    if action not in _OPTIONS:
        return not_simulated(
            io, " ".join(argv), "Use: reg add|delete|query KEY [/v NAME] [/t TYPE] [/d DATA] [/f] [/s]."
        )
    # Of the two views there is one: the lab's programs are all of 64 bits.
    words = [word for word in argv[2:] if word.lower() != "/reg:64"]
    options, keys = take(words, _OPTIONS[action], "/")
    if len(keys) != 1:
        return complain(io, f'ERROR: Invalid syntax.\nType "REG {action.upper()} /?" for usage.')
    registry, key = registry_of(device), keys[0]
    try:
        registry.spelling(key)
    except LabError:
        return complain(io, "ERROR: Invalid key name.")
    if action == "query":
        return _query(registry, key, options, io)
    is_own = key.upper().startswith(("HKCU", "HKEY_CURRENT_USER"))
    if not (is_administrator(io) or is_own) or _is_read_only(device):
        return complain(io, "ERROR: Access is denied.")
    return (_add if action == "add" else _delete)(registry, key, options, io)


def _is_read_only(device: Device) -> bool:
    """Whether the registry's file was made read-only: the lab's way to take the right to write from everybody."""
    files = device.machine.files
    return files.exists(REGISTRY_FILE) and not files.mode(REGISTRY_FILE) & 0o200


def _add(registry: Registry, key: str, options: dict[str, str], io: Io) -> int:
    if "v" not in options and "ve" not in options and "d" not in options and "t" not in options:
        registry.make_key(key)
        io.out.write(_DONE)
        return 0
    name = options.get("v", "")
    kind = options.get("t", "REG_SZ").upper()
    if kind not in KINDS:
        return complain(
            io, f'ERROR: Invalid syntax. Specify valid type for option "/t".\nKnown are {", ".join(KINDS)}.'
        )
    value = _value(kind, options.get("d", ""), options.get("s", "\\0"))
    if value is None:
        return complain(io, 'ERROR: Invalid syntax. Specify valid numeric value for "/d".')
    if "f" not in options and registry.get(key, name) is not None:
        io.out.write(f"Value {name or _DEFAULT} exists, overwrite(Yes/No)? ")
        if not _agrees(io):
            return 0
    registry.set(key, name, value)
    io.out.write(_DONE)
    return 0


def _value(kind: Kind, text: str, separator: str) -> Value | None:
    """None for what the kind cannot hold."""
    try:
        match kind:
            case "REG_DWORD" | "REG_QWORD":
                return Value(kind, int(text or "0", 16 if text.lower().startswith("0x") else 10))
            case "REG_BINARY":
                return Value(kind, bytes.fromhex(text))
            case "REG_MULTI_SZ":
                return Value(kind, text.replace(separator, "\0"))
            case _:
                return Value(kind, text)
    except (ValueError, LabError):
        return None


def _delete(registry: Registry, key: str, options: dict[str, str], io: Io) -> int:
    names = list(registry.values(key)) if "va" in options else [options.get("v", "")]
    whole = not options.keys() & {"v", "ve", "va"}
    if not registry.has_key(key) or (not whole and "va" not in options and registry.get(key, names[0]) is None):
        return complain(io, _NOT_FOUND)
    if "f" not in options:
        what = f"the registry key {key}" if whole else f"the registry value {', '.join(names) or _DEFAULT}"
        io.out.write(f"Delete {what} (Yes/No)? ")
        if not _agrees(io):
            return 0
    if whole:
        registry.delete_key(key)
    for name in [] if whole else names:
        registry.delete(key, name)
    io.out.write(_DONE)
    return 0


def _query(registry: Registry, key: str, options: dict[str, str], io: Io) -> int:
    if not registry.has_key(key):
        return complain(io, f"\n\n{_NOT_FOUND}")
    wanted = options.get("v") if "v" in options else "" if "ve" in options else None
    lines = _lines(registry, key, wanted, is_deep="s" in options)
    if wanted is not None and not lines:
        return complain(io, f"\n\n{_NOT_FOUND}")
    io.out.write("".join(f"{line}\n" for line in lines))
    if "s" in options and wanted is not None:
        matches = sum(line.startswith("    ") for line in lines)
        io.out.write(f"End of search: {matches} match(es) found.\n")
    return 0


def _lines(registry: Registry, key: str, wanted: str | None, *, is_deep: bool) -> list[str]:
    """A key's block: an empty line, its name, its values; then the keys below it, by name or in full."""
    values = registry.values(key)
    shown = {name: held for name, held in values.items() if wanted is None or name.lower() == wanted.lower()}
    lines = ["", registry.spelling(key), *(_line(name, held) for name, held in shown.items()), ""] if shown else []
    below = [f"{key}\\{name}" for name in registry.subkeys(key)]
    if is_deep:
        return [*lines, *(line for one in below for line in _lines(registry, one, wanted, is_deep=True))]
    if wanted is None:
        lines = lines or [""]
        lines += [registry.spelling(one) for one in below]
    return lines


def _line(name: str, value: Value) -> str:
    match value.data:
        case int(number):
            text = f"0x{number:x}"
        case bytes(content):
            text = content.hex().upper()
        case str(words):
            text = words.replace("\0", "\\0")
    return f"    {name or _DEFAULT}    {value.kind}    {text}"


def _agrees(io: Io) -> bool:
    """The first line of standard input decides, as at the prompt."""
    answer = io.stdin.decode(errors="replace").strip()[:1].lower() == "y"
    io.out.write("\n" if answer else "\nThe operation was canceled by the user.\n")
    return answer
