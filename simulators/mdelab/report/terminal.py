"""The table that a person sees at the end of `mdelab verify`."""

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mdelab.report.html import features, skips
from mdelab.report.run import SELF_TEST, LoadReport, Run, ScenarioResult
from mdelab.report.summary import Summary

_FILE_WIDTH = 110
_STYLES = {"passed": "green", "failed": "red", "inconclusive": "yellow", "skipped": "dim"}


def show(run: Run, summary: Summary, out: Path, console: Console | None = None) -> None:
    """Print subject and basis, one row a feature, what did not hold, and where the report is.

    Texts go in as `Text`: what came from a peer must neither be markup nor steer the terminal (rich drops control codes).
    """
    console = console or _console()
    for subject in run.subjects or (SELF_TEST,):
        _say(console, Text(f"subject: {subject}"))
    _say(
        console, Text(f"basis: {summary.basis.value}  seed: {run.seed}  profile: {run.profile}  backend: {run.backend}")
    )
    if run.results:
        console.print(_table(run))
    for result in run.results:
        if result.outcome in ("failed", "inconclusive"):
            _explain(console, result, run.decides(result))
    _skips(console, run)
    if run.load is not None:
        _load(console, run.load)
    for judged in summary.gate.thresholds:
        style = {"held": "green", "failed": "red", "inconclusive": "yellow"}[judged.verdict]
        line = Text(f"threshold: fails if {judged.expression}: {judged.reason}: ")
        _say(console, line.append(judged.verdict, style=style))
    for reason in summary.reasons:
        _say(console, Text(reason, style="red"))
    counts = ", ".join(f"{number} {outcome}" for outcome, number in sorted(run.counts().items()))
    verdict = "all promises held" if summary.exit_code == 0 else f"exit code {summary.exit_code}"
    console.print(
        Text(f"{verdict}{': ' + counts if counts else ''}", style="green" if not summary.exit_code else "red")
    )
    _say(console, Text(f"report: {out / 'report.html'}  junit: {out / 'junit.xml'}  json: {out / 'summary.json'}"))


def _console() -> Console:
    # A file or a pipe has no width; rich would take 80 columns and break titles.
    return Console(highlight=False, width=None if sys.stdout.isatty() else _FILE_WIDTH)


def _say(console: Console, text: Text) -> None:
    """Print one line, whole: it is copied into bug reports and searched."""
    console.print(text, soft_wrap=True)


def _table(run: Run) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("feature")
    for column in ("passed", "failed", "other", "seconds"):
        table.add_column(column, justify="right")
    for feature in features(run):
        other = feature.counts.get("inconclusive", 0) + feature.counts.get("skipped", 0)
        failed = feature.counts.get("failed", 0)
        table.add_row(
            Text(feature.title),
            str(feature.counts.get("passed", 0)),
            Text(str(failed), style="red" if failed else ""),
            Text(str(other), style="yellow" if other else ""),
            f"{feature.duration_s:.2f}",
        )
    return table


def _explain(console: Console, result: ScenarioResult, decides: bool) -> None:
    note = "" if decides else f" (informational: basis {result.basis})"
    _say(console, Text(f"\n{result.outcome}{note}: {result.scenario}", style=_STYLES[result.outcome]))
    _say(console, Text(f"  {result.feature}:{result.line}  seed {result.seed}", style="dim"))
    failed = next((step for step in result.steps if step.outcome == "failed"), None)
    if failed is not None:
        _say(console, Text(f"  {failed.keyword} {failed.text}"))
    for line in [*result.message.splitlines(), *result.evidence]:
        _say(console, Text(f"    {line}"))
    if result.records:
        _say(console, Text(f"    records: {result.records}", style="dim"))
    if result.kept:
        _say(console, Text("  its tenant was kept; look into it, repeat it, and end it:", style="dim"))
    for line in result.kept:
        _say(console, Text(f"    {line}"))


def _skips(console: Console, run: Run) -> None:
    for reason, titles in skips(run).items():
        more = f" and {len(titles) - 1} more" if len(titles) > 1 else ""
        _say(console, Text(f"skipped: {reason} ({titles[0]}{more})", style=_STYLES["skipped"]))


def _load(console: Console, load: LoadReport) -> None:
    verdict = Text("held", style="green") if not load.reason else Text(load.reason, style="red")
    line = (
        f"load: {load.endpoints} endpoints, events sent {load.sent} = received {load.received} = stored {load.stored}"
        if not load.reason and not load.duplicates
        else f"load: {load.endpoints} endpoints, events sent {load.sent}, waiting {load.waiting}, received {load.received}, "
        f"stored {load.stored}, duplicates {load.duplicates}, lost {load.lost}"
    )
    _say(console, Text(line + ": ").append_text(verdict))
    if load.note:
        _say(console, Text(f"  {load.note}", style="dim"))
