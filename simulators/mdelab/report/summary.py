"""The shape of `summary.json`, the documented extract of a run (`docs/contracts.md` 6)."""

import msgspec

from mdelab.model.basis import Basis
from mdelab.model.latency import LatencyFigures, LoadChannel
from mdelab.report.outcome import exit_code, promises, thresholds
from mdelab.report.run import LoadReport, Outcome, Run, SubjectReport
from mdelab.report.threshold import Judged


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
    decides: bool
    """Whether it counts for the exit code: false on a basis that is weaker than `--require-basis`."""


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
    latency_ms: dict[LoadChannel, LatencyFigures]
    lag_ms: float
    """How late the generator was at the worst, by its own schedule."""


class SummaryGate(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked beyond the promises, and what came of it."""

    no_skips: bool
    require_basis: Basis | None
    thresholds: tuple[Judged, ...]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """`out/summary.json`: public, see `docs/contracts.md` 6."""

    mdelab: str
    lab: str
    backend: str
    profile: str
    seed: int
    subject: str
    """In words, as the first line of the run says it."""
    subjects: tuple[SubjectReport, ...]
    basis: Basis
    exit_code: int
    reasons: tuple[str, ...]
    gate: SummaryGate
    scenarios: Counts
    results: tuple[SummaryResult, ...]
    load: SummaryLoad | None


def summarise(run: Run) -> Summary:
    """The documented extract of `run`, with its exit code and every reason that spoke for it."""
    counts = run.counts()
    wrong = promises(run)
    return Summary(
        mdelab=run.mdelab,
        lab=run.lab,
        backend=run.backend,
        profile=run.profile,
        seed=run.seed,
        subject=run.subject,
        subjects=run.subjects,
        basis=run.basis,
        exit_code=exit_code(wrong),
        reasons=tuple(reason for _, reason in wrong),
        gate=SummaryGate(
            no_skips=run.gate.no_skips, require_basis=run.gate.require_basis, thresholds=tuple(thresholds(run))
        ),
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
                decides=run.decides(result),
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
        latency_ms=load.channels,
        lag_ms=load.lag_ms,
    )
