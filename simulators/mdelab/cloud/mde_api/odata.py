"""OData's query options, as far as the Defender API documents them: $filter, $top, $skip, $expand, and $count.

    filter := all ("or" all)* ; all := one ("and" one)* ; one := "not" one | "(" filter ")" | call | comparison
    call := ("startswith" | "endswith" | "contains") "(" property "," text ")" | property "/any(" name ":" name "eq" text ")"
    comparison := property ("eq" | "ne" | "gt" | "ge" | "lt" | "le") value

Property names are taken in any case, since the documented samples mix it. Dates are compared as times; a date alone is its
midnight, with or without `Z`. An option that is not documented is refused, because passing over one such as $orderby would
answer something else than was asked. Source: defender-docs api/exposed-apis-odata-samples.md; OData 4.01 URL conventions.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Row = Mapping[str, Any]
"""One object as the API shows it."""
RowTest = Callable[[Row], bool]

MOST_ROWS = 10_000
"""The documented page size; also the most that $top may ask for."""
_DEEPEST = 40
"""Nested parentheses that are read; more are a mistake or an attack."""

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_TEXT_CALLS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": operator.contains,
}
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<date>\d{4}-\d\d-\d\d(?:T[0-9:.]+)?(?:Z|[+-]\d\d:\d\d)?)"
    r"|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<mark>[(),:/]))"
)
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT")


_OPTIONS = ("$filter", "$top", "$skip", "$expand", "$count")


class ODataError(Exception):
    """A query option that cannot be read; the message says where."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one answer holds."""

    rows: list[Row]
    next: dict[str, str] | None
    """The options that ask for what comes after; None when this was the last page."""
    count: int | None
    """How many rows fit the filter, when `$count=true` asked for it."""


def page(
    rows: Sequence[Row],
    options: Mapping[str, str],
    properties: frozenset[str],
    *,
    expandable: tuple[str, ...] = (),
    size: int = MOST_ROWS,
) -> Page:
    """Apply the query options to `rows`. properties: those that may be filtered on. size: of a page. Raises ODataError."""
    check_options(options, expandable)
    chosen = matching(rows, options, properties)
    skip, top = _number(options, "$skip", 0, None), _number(options, "$top", MOST_ROWS, MOST_ROWS)
    wanted = chosen[skip : skip + top] if "$top" in options else chosen[skip:]
    has_more = len(wanted) > size
    follow = {**options, "$skip": str(skip + size)} if has_more else None
    if follow and "$top" in options:
        follow["$top"] = str(top - size)
    return Page(wanted[:size], follow, len(chosen) if options.get("$count") == "true" else None)


def matching(rows: Sequence[Row], options: Mapping[str, str], properties: frozenset[str]) -> list[Row]:
    """The rows that fit $filter. Raises ODataError."""
    if "$filter" not in options:
        return list(rows)
    test = compile_filter(options["$filter"], properties)
    return [row for row in rows if test(row)]


def check_options(options: Mapping[str, str], expandable: tuple[str, ...] = ()) -> None:
    """Raises ODataError for an option that is not documented, or a value that it cannot have."""
    for name in options:
        if name.startswith("$") and name not in _OPTIONS:
            raise ODataError(f"the query option {name!r} is not one of {', '.join(_OPTIONS)}. Leave it out.")
    if options.get("$count", "true") not in ("true", "false"):
        raise ODataError(f"$count={options['$count']!r} is neither true nor false.")
    expanded = options.get("$expand")
    if expanded is not None and expanded.lower() not in expandable:
        known = f"can only be {', '.join(expandable)}" if expandable else "is not possible here"
        raise ODataError(f"$expand={expanded!r} {known}.")


def compile_filter(text: str, properties: frozenset[str]) -> RowTest:
    """The test that a $filter describes. Raises ODataError."""
    return _Reader(text, {name.lower(): name for name in properties}).read()


def _number(options: Mapping[str, str], name: str, default: int, most: int | None) -> int:
    text = options.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 9 or (most is not None and int(text) > most):
        bound = f" of at most {most}" if most is not None else ""
        raise ODataError(f"{name}={text!r} is not a whole number{bound}. Give one.")
    return int(text)


class _Reader:
    """Recursive descent over the tokens of one filter."""

    def __init__(self, text: str, properties: Mapping[str, str]) -> None:
        self._text = text
        self._properties = properties
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0

    def read(self) -> RowTest:
        test = self._any()
        if self._at < len(self._tokens):
            raise self._wrong(f"nothing may follow here, found {self._tokens[self._at][1]!r}")
        return test

    def _any(self) -> RowTest:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda row: any(part(row) for part in parts)

    def _all(self) -> RowTest:
        parts = [self._one()]
        while self._take("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda row: all(part(row) for part in parts)

    def _one(self) -> RowTest:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._wrong(f"it is nested more than {_DEEPEST} deep")
        try:
            if self._take("not"):
                inner = self._one()
                return lambda row: not inner(row)
            if self._take("("):
                inner = self._any()
                self._expect(")")
                return inner
            kind, word = self._next("a property or a function")
            if kind == "word" and word.lower() in _TEXT_CALLS and self._take("("):
                return self._call(_TEXT_CALLS[word.lower()])
            if kind != "word":
                raise self._wrong(f"a property is expected, found {word!r}")
            name = self._property(word)
            return self._has(name) if self._take("/") else self._comparison(name)
        finally:
            self._depth -= 1

    def _call(self, compare: Callable[[str, str], bool]) -> RowTest:
        name = self._property(self._next("a property")[1])
        self._expect(",")
        wanted = self._literal()
        self._expect(")")
        if not isinstance(wanted, str):
            raise self._wrong("this function takes a text in single quotes")
        return lambda row: isinstance(row[name], str) and compare(row[name].lower(), wanted.lower())

    def _has(self, name: str) -> RowTest:
        """`machineTags/any(tag: tag eq 'x')`"""
        self._expect("any")
        self._expect("(")
        variable = self._next("a name")[1]
        self._expect(":")
        self._expect(variable)
        self._expect("eq")
        wanted = self._literal()
        self._expect(")")
        return lambda row: isinstance(row[name], list) and wanted in row[name]

    def _comparison(self, name: str) -> RowTest:
        word = self._next("a comparison")[1]
        compare = _COMPARE.get(word)
        if compare is None:
            raise self._wrong(f"{word!r} is not one of {', '.join(_COMPARE)}")
        wanted = self._literal()

        def test(row: Row) -> bool:
            value = _comparable(row[name], wanted)
            is_same_type = type(value) is type(wanted)
            if word in ("eq", "ne"):
                return (is_same_type and value == wanted) is (word == "eq")
            # Nothing is greater or smaller than null or than a value of another type.
            return is_same_type and value is not None and compare(value, wanted)

        return test

    def _literal(self) -> str | float | datetime | bool | None:
        kind, word = self._next("a value")
        match kind, word:
            case "text", _:
                return word[1:-1].replace("''", "'")
            case "date", _:
                try:
                    return moment(word)
                except ValueError as error:
                    raise self._wrong(f"{word!r} is no date: {error}") from error
            case "number", _:
                return float(word)
            case "word", "true" | "false":
                return word == "true"
            case "word", "null":
                return None
        raise self._wrong(f"a value is expected, found {word!r}; put a text in single quotes")

    def _property(self, word: str) -> str:
        name = self._properties.get(word.lower())
        if name is None:
            known = ", ".join(sorted(self._properties.values()))
            raise self._wrong(f"could not find a property named {word!r}; filter on {known}")
        return name

    def _next(self, expected: str) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise self._wrong(f"{expected} is expected at its end")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, word: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at][1] == word:
            self._at += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise self._wrong(f"{word!r} is missing")

    def _wrong(self, what: str) -> ODataError:
        return ODataError(f"$filter {self._text!r} cannot be read: {what}.")


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise ODataError(f"$filter {text!r} cannot be read: {text[at:].strip()[:1]!r} is not expected.")
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def moment(text: str) -> datetime:
    """Seven fractional digits are cut to six."""
    if "T" not in text:
        text = text.removesuffix("Z")
    moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _comparable(value: Any, wanted: Any) -> Any:
    """`value` of a row in the type in which it is compared with `wanted`."""
    if isinstance(wanted, datetime):
        return moment(value) if isinstance(value, str) and _STAMP.match(value) else None
    if isinstance(wanted, float) and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return value
