"""How property list values are printed: the old style of `defaults read`, and that of `plutil -p`.

Forms from the tools' well-known output; not checked against a Mac.
"""

import re
from datetime import datetime

_PLAIN = re.compile(r"[A-Za-z0-9_]+")
_INDENT = "    "


def defaults_text(value: object, depth: int = 0) -> str:
    """A value inside a list or dictionary, and those themselves, as `defaults read` prints them.

    The odd form is the tool's: a collection begins with the indentation of its level, behind ` = ` too.
    """
    outer, inner = _INDENT * depth, _INDENT * (depth + 1)
    match value:
        case dict():
            lines = [f"{inner}{_word(str(key))} = {defaults_text(value[key], depth + 1)};\n" for key in sorted(value)]
            return outer + "{\n" + "".join(lines) + outer + "}"
        case list():
            lines = [f"{inner}{defaults_text(one, depth + 1)}" for one in value]
            return outer + "(\n" + ",\n".join(lines) + ("\n" if lines else "") + outer + ")"
        case bytes():
            return scalar_text(value)
        case _:
            return _word(scalar_text(value))


def scalar_text(value: object) -> str:
    """A single value as `defaults read DOMAIN KEY` prints it: booleans as 1 and 0, strings bare."""
    match value:
        case bool():
            return str(int(value))
        case bytes():
            return f"{{length = {len(value)}, bytes = 0x{value.hex()}}}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S} +0000"
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)


def plutil_text(value: object, depth: int = 0) -> str:
    """A value as `plutil -p` prints it."""
    inner = "  " * (depth + 1)
    match value:
        case dict():
            lines = [f"{inner}{_quoted(str(key))} => {plutil_text(value[key], depth + 1)}\n" for key in sorted(value)]
            return "{\n" + "".join(lines) + "  " * depth + "}"
        case list():
            lines = [f"{inner}{index} => {plutil_text(one, depth + 1)}\n" for index, one in enumerate(value)]
            return "[\n" + "".join(lines) + "  " * depth + "]"
        case str():
            return _quoted(value)
        case bool():
            return "true" if value else "false"
        case _:
            return scalar_text(value)


def _word(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
