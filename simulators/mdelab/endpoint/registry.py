r"""The registry of a Windows device: keys such as `HKLM\SOFTWARE\Microsoft`, each with named values.

It is kept as one JSON file of the device, so that it survives a restart and a user can look at it. Which keys the Defender
client reads and writes is data (`mdelab.catalogue.windows`) and `mdelab.endpoint.publish_windows`.
"""

import json
from dataclasses import dataclass
from typing import Literal, get_args

import msgspec

from mdelab.endpoint.files import FileTree
from mdelab.model.errors import LabError

REGISTRY_FILE = "/C:/Windows/System32/config/mdelab.json"

Kind = Literal["REG_SZ", "REG_EXPAND_SZ", "REG_MULTI_SZ", "REG_DWORD", "REG_QWORD", "REG_BINARY"]
KINDS: tuple[Kind, ...] = get_args(Kind)

HIVES = {
    "HKLM": "HKEY_LOCAL_MACHINE",
    "HKCU": "HKEY_CURRENT_USER",
    "HKCR": "HKEY_CLASSES_ROOT",
    "HKU": "HKEY_USERS",
    "HKCC": "HKEY_CURRENT_CONFIG",
}

_LARGEST = {"REG_DWORD": 2**32 - 1, "REG_QWORD": 2**64 - 1}


@dataclass(frozen=True, slots=True)
class Value:
    """One value. data: int for DWORD and QWORD, bytes for BINARY, str for the others (MULTI_SZ parted by NUL)."""

    kind: Kind
    data: str | int | bytes

    def __post_init__(self) -> None:
        shape = int if self.kind in _LARGEST else bytes if self.kind == "REG_BINARY" else str
        if not isinstance(self.data, shape):
            raise LabError(f"a {self.kind} cannot hold {self.data!r}. Give it a {shape.__name__}.")
        if isinstance(self.data, int) and not 0 <= self.data <= _LARGEST[self.kind]:
            raise LabError(f"a {self.kind} cannot hold {self.data}. Give a number from 0 to {_LARGEST[self.kind]}.")


class _StoredValue(msgspec.Struct, forbid_unknown_fields=True):
    kind: Kind
    data: str | int
    """BINARY as hex digits."""


class _Node(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    values: dict[str, _StoredValue] = {}
    keys: dict[str, "_Node"] = {}


class Registry:
    """One device's. Names of keys and values are found in any case and keep the spelling that they were made with."""

    __slots__ = ("_content", "_files", "_root", "_stamp", "locked")

    def __init__(self, files: FileTree) -> None:
        self.locked: tuple[str, ...] = ()
        """Keys that something keeps from being changed, with all that is below them."""
        self._files = files
        self._content = b""
        self._root = _Node()
        self._stamp: object = None
        """Of the file when it was last read."""

    def get(self, key: str, name: str) -> Value | None:
        """The value `name` ("" is the key's default value); None when key or value is not there. Raises LabError."""
        node = self._node(key)
        spelling = _spelling(node.values, name) if node else None
        if node is None or spelling is None:
            return None
        return self._value(key, spelling, node.values[spelling])

    def set(self, key: str, name: str, value: Value) -> None:
        """Write a value; makes the key and those above it. Raises LabError."""
        if self.get(key, name) == value:
            return
        self._check_lock(key)
        node = self._made(key)
        data = value.data.hex() if isinstance(value.data, bytes) else value.data
        node.values[_spelling(node.values, name) or name] = _StoredValue(kind=value.kind, data=data)
        self._write()

    def make_key(self, key: str) -> None:
        """Make the key and those above it; harmless when it is there. Raises LabError."""
        if not self.has_key(key):
            self._check_lock(key)
            self._made(key)
            self._write()

    def has_key(self, key: str) -> bool:
        return self._node(key) is not None

    def delete(self, key: str, name: str) -> bool:
        """Whether the value was there."""
        node = self._node(key)
        spelling = _spelling(node.values, name) if node else None
        if node is None or spelling is None:
            return False
        self._check_lock(key)
        del node.values[spelling]
        self._write()
        return True

    def delete_key(self, key: str) -> bool:
        """Delete the key with all that is below it; whether it was there. A hive cannot be deleted: LabError."""
        above, _, last = full(key).rpartition("\\")
        if not above:
            raise LabError(f"the hive {key!r} cannot be deleted. Name a key in it, such as HKLM\\SOFTWARE\\Contoso.")
        node = self._node(above)
        spelling = _spelling(node.keys, last) if node else None
        if node is None or spelling is None:
            return False
        self._check_lock(key)
        del node.keys[spelling]
        self._write()
        return True

    def values(self, key: str) -> dict[str, Value]:
        """Name -> value, in the order in which they were made; empty for a key that is not there."""
        node = self._node(key)
        return {name: self._value(key, name, stored) for name, stored in node.values.items()} if node else {}

    def subkeys(self, key: str) -> list[str]:
        """The names of the keys right below `key`, in their own spelling."""
        node = self._node(key)
        return list(node.keys) if node else []

    def spelling(self, key: str) -> str:
        """`key` with its hive's whole name, and in the spelling in which it is there."""
        parts, node = [], self._read()
        for part in full(key).split("\\"):
            name = _spelling(node.keys, part) or part
            parts.append(name)
            node = node.keys.get(name, _Node())
        return "\\".join(parts)

    # Inside

    def _check_lock(self, key: str) -> None:
        """Raise LabError for a key that cannot be changed."""
        wanted = full(key).lower() + "\\"
        if any(wanted.startswith(full(one).lower() + "\\") for one in self.locked):
            raise LabError(
                f"the registry key {key!r} is locked on this device. Take it off `locked_keys` to change it."
            )

    def _read(self) -> _Node:
        """What the file holds now: something else may have written it."""
        stamp = self._files.stamp(REGISTRY_FILE)
        if stamp is not None and stamp == self._stamp:
            return self._root
        try:
            content = self._files.read(REGISTRY_FILE)
        except FileNotFoundError:
            content = b""
        if content != self._content:
            try:
                self._root = msgspec.json.decode(content, type=_Node) if content else _Node()
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise LabError(
                    f"the registry of the device ({REGISTRY_FILE}) cannot be read: {error}{_place(content)}. "
                    "Correct the file, or remove it to begin with an empty registry."
                ) from error
            self._content = content
        self._stamp = stamp
        return self._root

    def _write(self) -> None:
        self._stamp = None  # a write that fails leaves the file as it was, and what is in memory is read anew
        self._content = msgspec.json.format(msgspec.json.encode(self._root), indent=1) + b"\n"
        self._files.write(REGISTRY_FILE, self._content, 0o600)

    def _node(self, key: str) -> _Node | None:
        node = self._read()
        for part in full(key).split("\\"):
            spelling = _spelling(node.keys, part)
            if spelling is None:
                return None
            node = node.keys[spelling]
        return node

    def _made(self, key: str) -> _Node:
        node = self._read()
        for part in full(key).split("\\"):
            node = node.keys.setdefault(_spelling(node.keys, part) or part, _Node())
        return node

    def _value(self, key: str, name: str, stored: _StoredValue) -> Value:
        data: str | int | bytes = stored.data
        try:
            if stored.kind == "REG_BINARY" and isinstance(data, str):
                data = bytes.fromhex(data)
            return Value(stored.kind, data)
        except (ValueError, LabError) as error:
            raise LabError(
                f"the registry of the device ({REGISTRY_FILE}) cannot be read: {name!r} in {key!r} is a {stored.kind} and "
                f"holds {stored.data!r}. Correct the file."
            ) from error


def full(key: str) -> str:
    r"""`key` with its hive's whole name: `HKLM\X` is `HKEY_LOCAL_MACHINE\X`. Raises LabError for an unknown hive."""
    hive, _, rest = key.strip("\\").partition("\\")
    name = HIVES.get(hive.upper(), hive.upper())
    if name not in HIVES.values():
        raise LabError(
            f"the registry key {key!r} does not begin with a hive. Known are: {', '.join(HIVES)}, "
            r"as in HKLM\SOFTWARE\Microsoft."
        )
    rest = "\\".join(part for part in rest.split("\\") if part)
    return f"{name}\\{rest}" if rest else name


def _spelling(names: dict[str, _StoredValue] | dict[str, _Node], name: str) -> str | None:
    """The name in `names` that differs from `name` in case at most."""
    if name in names:
        return name
    return next((known for known in names if known.lower() == name.lower()), None)


def _place(content: bytes) -> str:
    """Where a file stops being JSON, for people: ` (line 3, column 7)`; "" when it is JSON of another shape."""
    try:
        json.loads(content)
    except json.JSONDecodeError as error:
        return f" (line {error.lineno}, column {error.colno})"
    except UnicodeDecodeError as error:
        return f" (byte {error.start})"
    return ""
