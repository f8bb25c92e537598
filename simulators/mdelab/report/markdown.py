"""The summary of a run as Markdown: what a job's page on a CI server shows."""

from collections.abc import Iterator, Sequence

from mdelab.report.run import Run, ScenarioResult
from mdelab.report.summary import Summary

_MOST_BYTES = 1_000_000
"""GitHub refuses a step's summary beyond 1 MiB."""
_MOST_LINES_EACH = 12


def markdown(run: Run, summary: Summary) -> str:
    """The whole text, cut at what a job's page takes."""
    text = "\n".join(_lines(run, summary)) + "\n"
    content = text.encode()
    if len(content) <= _MOST_BYTES:
        return text
    return content[:_MOST_BYTES].decode(errors="ignore") + "\n\n(cut here; summary.json has all of it)\n"


def _lines(run: Run, summary: Summary) -> Iterator[str]:
    verdict = "all promises held" if summary.exit_code == 0 else f"exit code {summary.exit_code}"
    yield f"## mdelab: {verdict}"
    yield ""
    yield from (f"- {_text(reason)}" for reason in summary.reasons)
    yield ""
    yield from _table(
        ("subject", "basis", "profile", "backend", "seed"),
        [(run.subject, summary.basis.value, run.profile, run.backend, str(run.seed))],
    )
    counts = summary.scenarios
    yield from _table(
        ("passed", "failed", "inconclusive", "skipped"),
        [(str(counts.passed), str(counts.failed), str(counts.inconclusive), str(counts.skipped))],
    )
    if run.load is not None:
        load = run.load
        yield from _table(
            ("endpoints", "sent", "received", "stored", "waiting", "duplicates", "lost"),
            [
                tuple(
                    map(
                        str,
                        (
                            load.endpoints,
                            load.sent,
                            load.received,
                            load.stored,
                            load.waiting,
                            load.duplicates,
                            load.lost,
                        ),
                    )
                )
            ],
        )
    if summary.gate.thresholds:
        yield from _table(
            ("the gate fails if", "verdict", "because"),
            [(one.expression, one.verdict, one.reason) for one in summary.gate.thresholds],
        )
    for result in run.results:
        if result.outcome in ("failed", "inconclusive"):
            yield from _trouble(run, result)
    skipped = [result for result in run.results if result.outcome == "skipped"]
    if skipped:
        yield "### Skipped"
        yield ""
        yield from (f"- {_text(result.scenario)}: {_text(result.message)}" for result in skipped)


def _trouble(run: Run, result: ScenarioResult) -> Iterator[str]:
    note = "" if run.decides(result) else " (informational)"
    yield f"### {result.outcome}{note}: {_text(result.scenario)}"
    yield ""
    yield f"`{result.feature}:{result.line}`, basis {result.basis}, seed {result.seed}"
    yield ""
    yield from (f"    {line}" for line in [*result.message.splitlines(), *result.evidence][:_MOST_LINES_EACH])
    yield ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(map(_text, row))} |" for row in rows)
    yield ""


def _text(text: str) -> str:
    """`text` on one line, without what Markdown or HTML would take for its own."""
    flat = " ".join(text.split())
    for mark in "\\`*_[]<>|#":
        flat = flat.replace(mark, {"<": "&lt;", ">": "&gt;"}.get(mark, f"\\{mark}"))
    return flat
