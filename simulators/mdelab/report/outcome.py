"""From a run to its one exit code, with every reason that spoke for it.

0 all held; 1 a promise failed; 2 nothing was collected; 3 the lab failed or something is inconclusive; 4 a threshold failed.
Usage comes first, because nothing ran then; else 3 beats 1 beats 4 (`docs/contracts.md` 6).
"""

from collections import Counter
from collections.abc import Sequence

from mdelab.report.run import Run
from mdelab.report.threshold import Judged, judge

HELD, BROKEN, USAGE, INCONCLUSIVE, THRESHOLD = 0, 1, 2, 3, 4

_VERBS = {"failed": "failed", "inconclusive": "decides nothing"}


def promises(run: Run) -> list[tuple[int, str]]:
    """What went wrong in `run`: an exit code and a reason for each."""
    wrong: list[tuple[int, str]] = []
    if run.lab_failed:
        wrong.append((INCONCLUSIVE, f"the lab failed: {run.lab_failed}"))
    if run.nothing_collected:
        wrong.append((USAGE, run.nothing_collected))
    deciding = run.deciding
    counts = Counter(result.outcome for result in deciding)
    if counts["inconclusive"]:
        wrong.append((INCONCLUSIVE, _many(counts["inconclusive"], "scenario is", "scenarios are") + " inconclusive"))
    if counts["failed"]:
        wrong.append((BROKEN, _many(counts["failed"], "scenario", "scenarios") + " failed"))
    if deciding and counts["skipped"] == len(deciding):
        wrong.append((INCONCLUSIVE, "every scenario was skipped, so nothing was checked"))
    if run.results and not deciding:
        wrong.append(
            (INCONCLUSIVE, f"no scenario rests on {run.gate.require_basis!s} or better, so nothing was decided")
        )
    skipped = sum(result.outcome == "skipped" and result.is_applicable for result in deciding)
    if run.gate.no_skips and skipped:
        wrong.append(
            (BROKEN, _many(skipped, "scenario was", "scenarios were") + " skipped, and --no-skips allows none")
        )
    if run.load is not None and run.load.reason:
        code = BROKEN if run.load.is_valid else INCONCLUSIVE
        wrong.append((code, f"load: {run.load.reason}"))
    codes = {"failed": THRESHOLD, "inconclusive": INCONCLUSIVE}
    wrong += [
        (codes[judged.verdict], f"threshold {judged.expression!r} {_VERBS[judged.verdict]}: {judged.reason}")
        for judged in thresholds(run)
        if judged.verdict in codes
    ]
    return wrong


def thresholds(run: Run) -> list[Judged]:
    """What came of each threshold of the gate, in the order in which they were given."""
    return [judge(text, run.load) for text in run.gate.fail_if]


def exit_code(wrong: Sequence[tuple[int, str]]) -> int:
    """The code that wins among `promises(run)`."""
    codes = {code for code, _ in wrong}
    return next((code for code in (INCONCLUSIVE, USAGE, BROKEN, THRESHOLD) if code in codes), HELD)


def _many(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"
