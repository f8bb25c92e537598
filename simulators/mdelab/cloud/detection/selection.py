"""Sigma's selections: field matches with modifiers and wildcards.

A mapping means that all its fields fit; a list of mappings, that one of them does; a list of values, one value (with
`|all`: every value). Comparing ignores case, unless `|cased`. `*` and `?` are wildcards in plain values, and `\\` takes
their meaning away. null means that the field is absent. Source: SigmaHQ/sigma-specification, sigma-modifiers appendix.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

Fields = Mapping[str, str]
FieldsTest = Callable[[Fields], bool]
_ValueTest = Callable[[str], bool]

_SHAPES = {"": ("^", "$"), "contains": ("", ""), "startswith": ("^", ""), "endswith": ("", "$")}


def compile_selection(selection: Any, name: str) -> FieldsTest:
    """The test that a selection of a rule (as YAML gave it) describes. Raises ValueError."""
    match selection:
        case dict() if selection:
            tests = [_field(str(key), value, name) for key, value in selection.items()]
            if len(tests) == 1:
                return tests[0]
            return lambda fields: all(test(fields) for test in tests)
        case list() if selection and all(isinstance(one, dict) for one in selection):
            options = [compile_selection(one, name) for one in selection]
            return lambda fields: any(option(fields) for option in options)
    raise ValueError(f"selection {name!r} is {selection!r}; write a mapping of fields, or a list of such mappings")


def _field(key: str, wanted: Any, name: str) -> FieldsTest:
    field, *modifiers = key.split("|")
    values = wanted if isinstance(wanted, list) else [wanted]
    if not field or not values:
        raise ValueError(f"selection {name!r}: {key!r} has no field or no value")
    needs_all = "all" in modifiers
    is_cased = "cased" in modifiers
    kinds = [one for one in modifiers if one not in ("all", "cased")]
    if len(kinds) > 1 or (kinds and kinds[0] not in (*_SHAPES, "re")):
        raise ValueError(
            f"selection {name!r}: the modifiers of {key!r} are not supported; use {', '.join(_SHAPES)[2:]}, re"
        )
    if values == [None]:
        return lambda fields: not fields.get(field)
    if any(isinstance(value, dict | list) or value is None for value in values):
        raise ValueError(f"selection {name!r}: {key!r} must have plain values")
    kind = kinds[0] if kinds else ""
    if not needs_all and (ends := _plain_ends(kind, is_cased, values)) is not None:
        return _by_end(field, kind, ends)
    tests = [_value(str(value), kind, is_cased, f"selection {name!r}: {key!r}") for value in values]
    combine = all if needs_all else any

    def test(fields: Fields) -> bool:
        value = fields.get(field)
        return value is not None and combine(one(value) for one in tests)

    return test


def _plain_ends(kind: str, is_cased: bool, values: list[Any]) -> tuple[str, ...] | None:
    """The values in lower case, when Python's own startswith and endswith can compare them."""
    texts = [str(value) for value in values]
    if is_cased or kind not in ("startswith", "endswith") or any(set(text) & set("*?\\") for text in texts):
        return None
    return tuple(text.lower() for text in texts)


def _by_end(field: str, kind: str, ends: tuple[str, ...]) -> FieldsTest:
    """Several times faster than the same as a regular expression, and most rules begin with it."""
    if kind == "startswith":
        return lambda fields: fields.get(field, "").lower().startswith(ends) if field in fields else False
    return lambda fields: fields.get(field, "").lower().endswith(ends) if field in fields else False


def _value(wanted: str, kind: str, is_cased: bool, where: str) -> _ValueTest:
    if kind == "re":
        try:
            # A rule's regular expression is case-sensitive, as Sigma says.
            return _found(re.compile(wanted))
        except re.error as error:
            raise ValueError(f"{where}: {wanted!r} is no regular expression: {error}") from error
    before, after = _SHAPES[kind]
    flags = re.DOTALL if is_cased else re.DOTALL | re.IGNORECASE
    return _found(re.compile(before + _pattern(wanted) + after.replace("$", r"\Z"), flags))


def _found(pattern: re.Pattern[str]) -> _ValueTest:
    return lambda value: pattern.search(value) is not None


def _pattern(wanted: str) -> str:
    """A plain value with wildcards as a regular expression."""
    parts, at = [], 0
    while at < len(wanted):
        character = wanted[at]
        if character == "\\" and wanted[at + 1 : at + 2] in ("*", "?", "\\"):
            at += 1
            parts.append(re.escape(wanted[at]))
        elif character == "*":
            parts.append(".*")
        elif character == "?":
            parts.append(".")
        else:
            parts.append(re.escape(character))
        at += 1
    return "".join(parts)
