"""The conditions of `if`."""

import re
from collections.abc import Callable

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.windows.environment import Variables
from mdelab.endpoint.programs.windows.place import place
from mdelab.endpoint.windows_path import children
from mdelab.model.errors import LabError

_ORDERS: dict[str, Callable[[int], bool]] = {
    "==": lambda order: order == 0,
    "EQU": lambda order: order == 0,
    "NEQ": lambda order: order != 0,
    "LSS": lambda order: order < 0,
    "LEQ": lambda order: order <= 0,
    "GTR": lambda order: order > 0,
    "GEQ": lambda order: order >= 0,
}
_NUMBER = re.compile(r"-?(0x[0-9a-f]+|\d+)", re.IGNORECASE)


def compares(left: str, operator: str, right: str, *, ignores_case: bool) -> bool:
    """As numbers when both are, else as text; `==` always compares text, quotes included."""
    if operator != "==" and _NUMBER.fullmatch(left) and _NUMBER.fullmatch(right):
        first, second = int(left, 16 if "x" in left.lower() else 10), int(right, 16 if "x" in right.lower() else 10)
        return _ORDERS[operator]((first > second) - (first < second))
    one, other = (left.lower(), right.lower()) if ignores_case else (left, right)
    return _ORDERS[operator]((one > other) - (one < other))


def exists(device: Device, io: Io, name: str) -> bool:
    """Whether a file or folder is there; `*` and `?` are allowed in its last part."""
    text = name.strip('"').rstrip("\\")
    if text.lower() == "nul" or not text:
        return bool(text)
    try:
        if "*" in text or "?" in text:
            folder, _, pattern = text.replace("/", "\\").rpartition("\\")
            wild = re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.IGNORECASE)
            return any(wild.fullmatch(one) for one in children(device.machine.files, place(device, io, folder or ".")))
        return device.machine.files.exists(place(device, io, text))
    except LabError:
        return False


def at_least(level: int, text: str) -> bool | None:
    """`if errorlevel N`; None when N is no number."""
    return level >= int(text) if re.fullmatch(r"-?\d+", text) else None


def is_defined(variables: Variables, name: str) -> bool:
    return name.strip('"') in variables
