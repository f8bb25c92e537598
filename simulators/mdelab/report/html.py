"""The report page: one HTML file that needs nothing else, neither script nor network.

The template is `report.html` beside this module; here is what it is given.
"""

from collections import Counter
from importlib.resources import files
from itertools import groupby

import msgspec

from mdelab.report.run import Run, ScenarioResult
from mdelab.report.summary import Summary

_VERDICTS = {"held": "passed", "failed": "failed", "inconclusive": "inconclusive"}
"""Verdict of a threshold -> the class that has its colour."""

OUTCOMES = ("passed", "failed", "inconclusive", "skipped")


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of the bar that shows how the outcomes divide: percentages of its width."""

    outcome: str
    number: int
    x: float
    width: float


class Feature(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    title: str
    results: list[ScenarioResult]
    duration_s: float
    counts: dict[str, int]


def page(run: Run, summary: Summary) -> str:
    """The page's text. Everything that came from a run is escaped by the template engine."""
    from jinja2 import Environment, StrictUndefined  # late: the command's other parts do not pay for it

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(files("mdelab.report").joinpath("report.html").read_text(encoding="utf-8"))
    return template.render(
        run=run,
        summary=summary,
        features=sorted(features(run), key=_held),
        bars=bars(run),
        counts=run.counts(),
        outcomes=OUTCOMES,
        skips=skips(run),
        verdicts=_VERDICTS,
    )


def features(run: Run) -> list[Feature]:
    """The results by feature file, in the order of their lines."""
    ordered = sorted(run.results, key=lambda result: (result.feature, result.line, result.id))
    return [_feature(path, list(group)) for path, group in groupby(ordered, key=lambda result: result.feature)]


def skips(run: Run) -> dict[str, list[str]]:
    """Reason -> titles of the scenarios that were skipped for it: many are skipped for the same one."""
    reasons: dict[str, list[str]] = {}
    for result in run.results:
        if result.outcome == "skipped":
            reasons.setdefault(result.message, []).append(result.scenario)
    return reasons


def _feature(path: str, results: list[ScenarioResult]) -> Feature:
    return Feature(
        path=path,
        title=results[0].title or path,
        results=results,
        duration_s=sum(result.duration_s for result in results),
        counts=dict(Counter(result.outcome for result in results)),
    )


def _held(feature: Feature) -> bool:
    """What did not hold comes first on the page: a reader looks for it."""
    return not (feature.counts.get("failed") or feature.counts.get("inconclusive"))


def bars(run: Run) -> list[Bar]:
    """The outcomes as pieces of one line of width 100; empty when nothing ran."""
    counts = run.counts()
    total = sum(counts.values())
    pieces: list[Bar] = []
    x = 0.0
    for outcome in OUTCOMES:
        if counts[outcome]:
            width = 100 * counts[outcome] / total
            pieces.append(Bar(outcome=outcome, number=counts[outcome], x=x, width=width))
            x += width
    return pieces
