"""Thresholds of a release gate: reads `lost > 0` or `p95(cyber) > 200ms`, and judges a load by it.

    expression = quantity operator number
    quantity   = count | statistic "(" channel ")"
    operator   = ">" | ">=" | "<" | "<=" | "==" | "!="
    number     = digits, with "ms" or "s" after it for a latency

An expression says when the gate fails. A load that is no result, or whose generator could not keep its own schedule, decides
nothing: the verdict is then `inconclusive`, never `held`.
"""

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, TypeVar

import msgspec

from mdelab.model.errors import LabError
from mdelab.model.latency import CHANNELS, LATE_MS, STATISTICS, LoadChannel
from mdelab.report.run import LoadReport

Word = TypeVar("Word", bound=str)
Verdict = Literal["held", "failed", "inconclusive"]

_COUNTS: dict[str, Callable[[LoadReport], int]] = {
    "lost": lambda load: load.lost,
    "duplicates": lambda load: load.duplicates,
    "not_onboarded": lambda load: load.endpoints - load.onboarded,
    "failures": lambda load: load.failures,
    "waiting": lambda load: load.waiting,
    "sent": lambda load: load.sent,
}
_ALIASES = {"duplicate": "duplicates"}
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_UNITS_MS = {"ms": 1.0, "s": 1000.0}

KNOWN = (
    f"Counts: {', '.join(_COUNTS)}. Latencies: {', '.join(STATISTICS)} of {', '.join(CHANNELS)}, "
    "such as 'p95(cyber) > 200ms'."
)

_TOKEN = re.compile(r"\s*(?:(?P<word>[A-Za-z_]\w*)|(?P<number>\d+(?:\.\d+)?)|(?P<mark>[<>=!]=|[<>()]|\S))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """One expression, read."""

    text: str
    name: str
    """A count, or a statistic."""
    channel: LoadChannel | None
    """None for a count."""
    operator: str
    limit: float
    """Events, endpoints or operations; milliseconds of a latency."""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one threshold; in `summary.json` as it is."""

    expression: str
    verdict: Verdict
    value: float | None
    """What was measured; milliseconds for a latency. None when nothing was."""
    reason: str
    """In words: what was measured, or why nothing can be said."""


def parse_threshold(text: str) -> Threshold:
    """Read an expression. Raises LabError with the column and the known names."""
    return _Reader(text).read()


def judge(text: str, load: LoadReport | None) -> Judged:
    """Hold `load` against the threshold `text`. Raises LabError for an expression that cannot be read."""
    wanted = parse_threshold(text)
    value, doubt = _count(wanted, load) if wanted.channel is None else _latency(wanted, wanted.channel, load)
    if value is None or doubt:
        return Judged(expression=text, verdict="inconclusive", value=value, reason=doubt)
    fails = _OPERATORS[wanted.operator](value, wanted.limit)
    what = f"{wanted.name} of {wanted.channel} was {value:.4g} ms" if wanted.channel else f"{wanted.name} was {value:g}"
    return Judged(expression=text, verdict="failed" if fails else "held", value=value, reason=what)


def _count(wanted: Threshold, load: LoadReport | None) -> tuple[float | None, str]:
    """What was counted, and why that decides nothing."""
    if load is None:
        return None, "no load ran"
    if not load.is_valid:
        return None, f"the load is no result: {load.reason}"
    return _COUNTS[wanted.name](load), ""


def _latency(wanted: Threshold, channel: LoadChannel, load: LoadReport | None) -> tuple[float | None, str]:
    if load is None:
        return None, "no load ran"
    figures = load.channels.get(channel)
    if not load.is_valid or figures is None or not figures.count:
        return None, f"the load is no result: {load.reason or f'no operation of {channel} succeeded'}"
    value: float = getattr(figures, wanted.name)
    # What the generator was late by is in every latency: a limit that is smaller than that says nothing about the cloud.
    if load.lag_ms > min(LATE_MS, wanted.limit):
        return value, (
            f"the load generator ran up to {load.lag_ms:.0f} ms behind its own schedule, so the latency of {value:.4g} ms is "
            "partly its own. Use fewer endpoints, or a machine with more room"
        )
    return value, ""


class _Reader:
    """Goes through the tokens of one expression."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        """Where the token begins that is read next."""
        self._start = 0
        """Where the token began that was read last."""

    def read(self) -> Threshold:
        name = self._name()
        channel = self._channel() if name in STATISTICS else None
        mark = self._one_of(tuple(_OPERATORS), "a comparison")
        limit = self._number()
        if channel:
            limit *= _UNITS_MS[self._one_of(tuple(_UNITS_MS), "the unit of a latency")]
        kind, rest = self._next()
        if kind:
            more = " Give --fail-if once for each comparison." if rest in ("and", "or") else ""
            raise self._error(f"{rest!r} is too much: an expression is one comparison.{more}")
        return Threshold(text=self._text, name=name, channel=channel, operator=mark, limit=limit)

    def _name(self) -> str:
        names = (*_COUNTS, *STATISTICS)
        _, word = self._next()
        if (name := _ALIASES.get(word, word)) not in names:
            raise self._error(f"{_quoted(word)} is neither a count nor a statistic.{_guess(word, names)} {KNOWN}")
        return name

    def _channel(self) -> LoadChannel:
        self._one_of(("(",), "the channel in brackets")
        channel = self._one_of(CHANNELS, "a channel")
        self._one_of((")",), "the closing bracket")
        return channel

    def _one_of(self, known: Sequence[Word], what: str) -> Word:
        _, word = self._next()
        for one in known:
            if one == word:
                return one
        listed = ", ".join(known)
        raise self._error(f"{what} is expected here ({listed}), not {_quoted(word)}.{_guess(word, known)} {KNOWN}")

    def _number(self) -> float:
        kind, word = self._next()
        if kind != "number":
            raise self._error(f"a number is expected here, not {_quoted(word)}. {KNOWN}")
        return float(word)

    def _next(self) -> tuple[str, str]:
        """Kind and text of the next token; two empty texts at the end."""
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            self._start = len(self._text.rstrip())
            return "", ""
        kind = found.lastgroup or ""
        self._start, self._at = found.start(kind), found.end()
        return kind, found[kind]

    def _error(self, message: str) -> LabError:
        return LabError(f"--fail-if {self._text!r}, column {self._start + 1}: {message}")


def _quoted(word: str) -> str:
    return repr(word) if word else "its end"


def _guess(word: str, known: Sequence[str]) -> str:
    near = get_close_matches(word, known, n=1) if word.isidentifier() else []
    return f" Did you mean {near[0]!r}?" if near else ""
