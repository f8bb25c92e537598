"""Reads PowerShell: statements, pipelines and the words of a command, as far as the documented commands need it.

There are no variables but `$env:NAME`, `$true`, `$false` and `$null`, and no control flow: what goes beyond is refused by name.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

_PAIRS = {"(": ")", "{": "}", "[": "]"}
_VARIABLE = re.compile(r"`(.)|\$(?:env:(\w+)|\{env:(\w+)\}|(\w[\w:]*))", re.IGNORECASE)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_CONSTANTS = {"true": "True", "false": "False", "null": ""}


class Unsupported(Exception):
    """Something of the language that the lab does not read; the message names it."""


class BadSyntax(Exception):
    """The message is PowerShell's."""


@dataclass(frozen=True, slots=True)
class Word:
    """One argument. A list (`a,b`) has several values."""

    values: tuple[str, ...]
    is_parameter: bool = False
    """`-Name`, outside of quotes."""

    @property
    def text(self) -> str:
        return ",".join(self.values)


def statements(text: str) -> list[str]:
    """Parted by semicolons and line ends, comments dropped."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return [one.strip() for one in split_at("\n".join(lines), ";\n") if one.strip()]


def pipeline(statement: str) -> list[str]:
    return [one.strip() for one in split_at(statement, "|")]


def split_at(text: str, marks: str) -> list[str]:
    """`text` parted at any of `marks` outside of quotes and brackets. Raises BadSyntax for one that is not closed."""
    parts, start, at = [], 0, 0
    open_: list[str] = []
    while at < len(text):
        letter = text[at]
        if letter in "'\"":
            at = _quote_end(text, at)
        elif letter in _PAIRS:
            open_.append(_PAIRS[letter])
        elif open_ and letter == open_[-1]:
            open_.pop()
        elif letter in marks and not open_:
            parts.append(text[start:at])
            start = at + 1
        at += 1
    if open_:
        raise BadSyntax(f"Missing closing '{open_[-1]}' in expression.")
    return [*parts, text[start:]]


def words(stage: str, environment: Callable[[str], str]) -> list[Word]:
    """The words of one command, values expanded. Raises Unsupported and BadSyntax."""
    found: list[Word] = []
    for piece in _pieces(stage):
        values = split_at(piece, ",")
        is_parameter = bool(re.match(r"-[A-Za-z]", piece))
        found.append(Word(tuple(value(one.strip(), environment) for one in values if one.strip()), is_parameter))
    return found


def value(text: str, environment: Callable[[str], str]) -> str:
    """One literal: quoted, `$env:NAME`, a constant, or a bare word. Raises Unsupported and BadSyntax."""
    if text.startswith("@(") or (text.startswith("(") and text.endswith(")")):
        raise Unsupported(f"the expression {text}")
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    if text.startswith('"'):
        return _expanded(text[1:-1].replace('""', '"'), environment)
    return _expanded(text, environment)


def _expanded(text: str, environment: Callable[[str], str]) -> str:
    def put(match: re.Match[str]) -> str:
        escaped, name = match[1], match[2] or match[3]
        if escaped:
            return _ESCAPES.get(escaped, escaped)
        if name:
            return environment(name)
        if match[4].lower() in _CONSTANTS:
            return _CONSTANTS[match[4].lower()]
        raise Unsupported(f"the variable ${match[4]}")

    return _VARIABLE.sub(put, text)


def _pieces(stage: str) -> list[str]:
    """Words by blanks outside of quotes and brackets; blanks around a comma do not part."""
    stage = _tight_commas(stage)
    return [one for one in split_at(stage, " \t") if one]


def _tight_commas(text: str) -> str:
    parts = split_at(text, ",")
    return (
        ",".join(
            part.strip() if 0 < index < len(parts) - 1 else part.rstrip() if index == 0 else part.lstrip()
            for index, part in enumerate(parts)
        )
        if len(parts) > 1
        else text
    )


def _quote_end(text: str, at: int) -> int:
    """Where the quote that begins at `at` ends; doubled ones inside are letters."""
    quote = text[at]
    end = at + 1
    while end < len(text):
        if text[end] == quote:
            if text[end + 1 : end + 2] != quote:
                return end
            end += 1
        elif text[end] == "`" and quote == '"':
            end += 1
        end += 1
    raise BadSyntax(f"The string is missing the terminator: {quote}.")
