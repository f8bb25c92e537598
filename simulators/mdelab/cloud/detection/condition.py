"""Sigma's condition grammar over named selections.

    condition := any ; any := all ("or" all)* ; all := not ("and" not)* ; not := "not" not | atom
    atom := "(" any ")" | ("1" | "any" | "all") "of" ("them" | pattern) | name

A pattern is a name with `*`. `them` leaves out names that begin with `_`. Aggregations (`| count()`) are not supported.
Source: SigmaHQ/sigma-specification, sigma-rules-specification.md.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TypeVar

E = TypeVar("E")
Test = Callable[[E], bool]
"""Whether an event fits."""

_TOKEN = re.compile(r"\s*(?:(\()|(\))|([\w*?.-]+))")
_QUANTIFIERS = {"1": any, "any": any, "all": all}
_RESERVED = ("and", "or", "not", "of")


def compile_condition(text: str, selections: Mapping[str, Test[E]], *, may: bool = False) -> Test[E]:
    """The test that `text` describes. Raises ValueError that says where it cannot be read.

    may: the selections say whether they may fit, and so does the result; then a negation may always fit.
    """
    return _Reader(text, selections, may).read()


class _Reader:
    """Recursive descent over the tokens of one condition."""

    def __init__(self, text: str, selections: Mapping[str, Test[E]], may: bool) -> None:
        self._text = text
        self._may = may
        self._tokens = _tokens(text)
        self._at = 0
        self._selections: Mapping[str, Test] = selections  # type: ignore[type-arg]  # one event type for all

    def read(self) -> Test:  # type: ignore[type-arg]
        test = self._any()
        if self._at < len(self._tokens):
            raise self._wrong(f"nothing may follow here, found {self._tokens[self._at]!r}")
        return test

    def _any(self) -> Test:  # type: ignore[type-arg]
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else _quantified(any, parts)

    def _all(self) -> Test:  # type: ignore[type-arg]
        parts = [self._not()]
        while self._take("and"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else _quantified(all, parts)

    def _not(self) -> Test:  # type: ignore[type-arg]
        if self._take("not"):
            inner = self._not()
            return (lambda event: True) if self._may else (lambda event: not inner(event))
        return self._atom()

    def _atom(self) -> Test:  # type: ignore[type-arg]
        if self._take("("):
            inner = self._any()
            if not self._take(")"):
                raise self._wrong("a closing parenthesis is missing")
            return inner
        word = self._next()
        if word in _QUANTIFIERS and self._take("of"):
            return _quantified(_QUANTIFIERS[word], self._named(self._next()))
        if word in _RESERVED or word == ")":
            raise self._wrong(f"a selection is expected, found {word!r}")
        if word not in self._selections:
            known = ", ".join(self._selections)
            raise self._wrong(f"there is no selection {word!r}; the rule has {known or 'none'}")
        return self._selections[word]

    def _named(self, pattern: str) -> Sequence[Test]:  # type: ignore[type-arg]
        if pattern == "them":
            found = [test for name, test in self._selections.items() if not name.startswith("_")]
        else:
            found = [test for name, test in self._selections.items() if fnmatchcase(name, pattern)]
        if not found:
            raise self._wrong(f"no selection fits {pattern!r}")
        return found

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise self._wrong("it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, token: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == token:
            self._at += 1
            return True
        return False

    def _wrong(self, what: str) -> ValueError:
        return ValueError(f"condition {self._text!r}: {what}")


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    stripped = text.rstrip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None:
            raise ValueError(f"condition {text!r}: {stripped[at]!r} is not part of the supported grammar")
        found.append(match[1] or match[2] or match[3])
        at = match.end()
    return found


def _quantified(quantifier: Callable[[Sequence[bool]], bool], tests: Sequence[Test[E]]) -> Test[E]:
    wanted = quantifier is any

    def test(event: E) -> bool:
        # A loop, because every event of every report comes here: half the time of any() over a generator.
        for one in tests:
            if one(event) is wanted:
                return wanted
        return not wanted

    return test
