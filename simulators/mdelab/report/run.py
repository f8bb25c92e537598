"""The values that a run is made of, and the shape of `summary.json`.

`Run` is everything (kept as `results.json`, for our own writers); `Summary` is the documented extract (`docs/contracts.md` 6).
Which exit code follows from a run is in `mdelab.report.outcome`; how results are gathered in `mdelab.report.collect`.
"""

from collections import Counter
from typing import Literal

import msgspec

from mdelab.model.basis import Basis, weakest

SELF_TEST = "mdelab itself (self-test; nothing of yours was tested)"
"""The subject of a run in which no artefact of the user's took part."""

Outcome = Literal["passed", "failed", "skipped", "inconclusive"]


class StepResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a scenario."""

    keyword: str
    text: str
    outcome: Literal["passed", "failed", "not-run"]
    duration_s: float = 0.0


class ScenarioResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One scenario, or one row of an outline, or one plain test of the user's."""

    id: str
    """pytest's node id: unique in the run."""
    feature: str
    """Path of the feature file as the run was given it."""
    line: int
    title: str
    """The feature's name."""
    scenario: str
    outcome: Outcome
    basis: Basis
    """The weakest basis that its tags name; `lab-defined` when they name none."""
    requirements: tuple[str, ...] = ()
    seed: int = 0
    duration_s: float = 0.0
    message: str = ""
    """Why it did not pass; the reason of a skip."""
    steps: tuple[StepResult, ...] = ()
    details: str = ""
    """The long text of a failure."""
    evidence: tuple[str, ...] = ()
    """Lines about the connections that the scenario made."""
    records: str = ""
    """File with the records of these connections, below the run's folder; "" when none were kept."""


class LoadReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the load part found. Counters are events; see `mdelab.lab.wire.Accounting`."""

    endpoints: int
    sent: int = 0
    waiting: int = 0
    received: int = 0
    stored: int = 0
    duplicates: int = 0
    lost: int = 0
    onboarded: int = 0
    operations: int = 0
    failures: int = 0
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    reason: str = ""
    """Why the load part did not hold; empty when it did."""
    note: str = ""
    """What a reader of the latencies must know."""
    is_valid: bool = True
    """False when nothing can be concluded from it: the generator failed, or the part did not run."""


class Run(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One run of the scenarios, and of the load part once it is there."""

    mdelab: str
    lab: str = ""
    backend: str = "embedded"
    profile: str = "seed"
    seed: int = 0
    subject: str = SELF_TEST
    results: tuple[ScenarioResult, ...] = ()
    load: LoadReport | None = None
    nothing_collected: str = ""
    """Why no scenario was run at all, when none was."""
    lab_failed: str = ""
    """Why the lab itself could not do its work."""

    @property
    def basis(self) -> Basis:
        """The weakest basis that this run rests on; `lab-defined` when nothing ran."""
        bases = [result.basis for result in self.results if result.outcome in ("passed", "failed")]
        return weakest(bases) if bases else Basis.LAB_DEFINED

    def counts(self) -> Counter[str]:
        return Counter(result.outcome for result in self.results)


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    passed: int
    failed: int
    skipped: int
    inconclusive: int


class SummaryResult(msgspec.Struct, frozen=True, kw_only=True):
    feature: str
    line: int
    scenario: str
    outcome: Outcome
    basis: Basis
    requirements: tuple[str, ...]
    seed: int
    duration_s: float
    message: str


class SummaryAccounting(msgspec.Struct, frozen=True, kw_only=True):
    sent: int
    waiting: int
    received: int
    stored: int
    duplicates: int
    lost: int


class SummaryLoad(msgspec.Struct, frozen=True, kw_only=True):
    endpoints: int
    accounting: SummaryAccounting


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """`out/summary.json`: public, see `docs/contracts.md` 6."""

    mdelab: str
    lab: str
    backend: str
    profile: str
    seed: int
    subject: str
    basis: Basis
    exit_code: int
    reasons: tuple[str, ...]
    scenarios: Counts
    results: tuple[SummaryResult, ...]
    load: SummaryLoad | None


def summarise(run: Run, code: int, reasons: tuple[str, ...]) -> Summary:
    """The documented extract of `run`."""
    counts = run.counts()
    return Summary(
        mdelab=run.mdelab,
        lab=run.lab,
        backend=run.backend,
        profile=run.profile,
        seed=run.seed,
        subject=run.subject,
        basis=run.basis,
        exit_code=code,
        reasons=reasons,
        scenarios=Counts(
            passed=counts["passed"],
            failed=counts["failed"],
            skipped=counts["skipped"],
            inconclusive=counts["inconclusive"],
        ),
        results=tuple(
            SummaryResult(
                feature=result.feature,
                line=result.line,
                scenario=result.scenario,
                outcome=result.outcome,
                basis=result.basis,
                requirements=result.requirements,
                seed=result.seed,
                duration_s=round(result.duration_s, 3),
                message=result.message,
            )
            for result in run.results
        ),
        load=_load(run.load),
    )


def _load(load: LoadReport | None) -> SummaryLoad | None:
    if load is None:
        return None
    return SummaryLoad(
        endpoints=load.endpoints,
        accounting=SummaryAccounting(
            sent=load.sent,
            waiting=load.waiting,
            received=load.received,
            stored=load.stored,
            duplicates=load.duplicates,
            lost=load.lost,
        ),
    )
