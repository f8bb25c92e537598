"""Percent signs, exclamation marks and the variables of `for` in the lines of a batch file."""

import re
from collections.abc import Callable, Mapping, Sequence

from mdelab.endpoint.programs.windows.environment import Variables

_NAME = r"[^%:=\s!][^%:=!]*"
_PERCENT = re.compile(rf"%%|%(\*|~?[a-z]*[0-9])|%({_NAME})(?::([^%]*))?%|%", re.IGNORECASE)
_DELAYED = re.compile(rf"!({_NAME})(?::([^!]*))?!")
_SLICE = re.compile(r"~(-?\d+)?(?:,(-?\d+))?")


def percent(line: str, arguments: Sequence[str], variables: Variables, path: Callable[[str, str], str]) -> str:
    """A line of a batch file: %1, %*, %~dp0, %NAME%, %NAME:~0,3%, %NAME:old=new%, and %% for one sign.

    arguments: the file's, from %0 on. path: (letters behind the tilde, argument) -> that part of the path.
    A variable that is not set is replaced by nothing.
    """

    def put(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        if match[1]:
            return _argument(match[1], arguments, path)
        if match[2]:
            return change(variables.get(match[2], ""), match[3], is_set=match[2] in variables)
        return ""

    return _PERCENT.sub(put, line)


def percent_typed(line: str, variables: Variables) -> str:
    """A line as it is typed, behind `cmd /c`: a variable that is not set stays as it stands, and %% are two signs."""

    def put(match: re.Match[str]) -> str:
        if match[2] and match[2] in variables:
            return change(variables[match[2]], match[3], is_set=True)
        return match[0]

    return _PERCENT.sub(put, line)


def delayed(text: str, variables: Variables) -> str:
    """!NAME! as `setlocal enabledelayedexpansion` makes it: expanded when the command runs."""
    return _DELAYED.sub(lambda match: change(variables.get(match[1], ""), match[2], is_set=match[1] in variables), text)


def for_variables(text: str, values: Mapping[str, str], path: Callable[[str, str], str]) -> str:
    """%v and %~nxv with the values of the for loops around."""
    for name, value in values.items():
        text = re.sub(
            rf"%(?:~([a-z]*?))?{re.escape(name)}",
            lambda match, value=value: value if match[1] is None else path(match[1].lower(), value),  # type: ignore[misc]  # bound now
            text,
        )
    return text


def change(value: str, how: str | None, *, is_set: bool) -> str:
    """`~start,length` takes a part, `old=new` replaces; of a variable that is not set nothing is left but the word itself."""
    if how is None:
        return value
    if not is_set:
        return how
    cut = _SLICE.fullmatch(how)
    if cut:
        start, length = int(cut[1] or 0), cut[2]
        rest = value[start:] if start >= 0 else value[max(0, len(value) + start) :]
        return rest if length is None else rest[: int(length)]
    old, _, new = how.partition("=")
    if old.startswith("*"):
        at = value.lower().find(old[1:].lower())
        return value if at < 0 else new + value[at + len(old) - 1 :]
    return re.sub(re.escape(old), lambda _: new, value, flags=re.IGNORECASE) if old else value


def _argument(what: str, arguments: Sequence[str], path: Callable[[str, str], str]) -> str:
    if what == "*":
        return " ".join(arguments[1:])
    index = int(what[-1])
    value = arguments[index] if index < len(arguments) else ""
    return path(what[1:-1].lower(), value) if what.startswith("~") else value
