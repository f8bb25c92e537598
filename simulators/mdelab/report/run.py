"""The values that a run is made of: everything, kept as `results.json` for our own writers.

The documented extract is `mdelab.report.summary`. Which exit code follows from a run is in `mdelab.report.outcome`; how results
are gathered in `mdelab.report.collect`.
"""

from collections import Counter
from typing import Literal

import msgspec

from mdelab.model.basis import Basis, is_as_strong, weakest
from mdelab.model.latency import LatencyFigures, LoadChannel
from mdelab.model.subject import SubjectKind

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
    kept: tuple[str, ...] = ()
    """Commands that look into the tenant that was kept, and one that repeats the scenario; empty when it was not kept."""
    is_applicable: bool = True
    """False when it was skipped because the artefact that it is about was not given."""


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
    lag_ms: float = 0.0
    """How late the generator was at the worst, by its own schedule."""
    channels: dict[LoadChannel, LatencyFigures] = {}
    reason: str = ""
    """Why the load part did not hold; empty when it did."""
    note: str = ""
    """What a reader of the latencies must know."""
    is_valid: bool = True
    """False when nothing can be concluded from it: the generator failed, or the part did not run."""


class SubjectReport(msgspec.Struct, frozen=True, kw_only=True):
    """An artefact of the user's that was under test."""

    kind: SubjectKind
    file: str
    """As it was given."""
    sha256: str

    def __str__(self) -> str:
        return f"{self.kind}={self.file} (sha256 {self.sha256})"


class Gate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a release gate asks beyond the promises."""

    fail_if: tuple[str, ...] = ()
    """Thresholds, see `mdelab.report.threshold`."""
    no_skips: bool = False
    """Whether a skip is a failure."""
    require_basis: Basis | None = None
    """Scenarios on a weaker basis are listed and decide nothing; None: all decide."""


class Run(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One run of the scenarios, and of the load part once it is there."""

    mdelab: str
    lab: str = ""
    backend: str = "embedded"
    profile: str = "seed"
    seed: int = 0
    subjects: tuple[SubjectReport, ...] = ()
    gate: Gate = Gate()
    results: tuple[ScenarioResult, ...] = ()
    load: LoadReport | None = None
    nothing_collected: str = ""
    """Why no scenario was run at all, when none was."""
    lab_failed: str = ""
    """Why the lab itself could not do its work."""

    @property
    def basis(self) -> Basis:
        """The weakest basis that this run rests on; `lab-defined` when nothing ran."""
        bases = [result.basis for result in self.deciding if result.outcome in ("passed", "failed")]
        return weakest(bases) if bases else Basis.LAB_DEFINED

    @property
    def subject(self) -> str:
        """What was under test, in words."""
        return ", ".join(map(str, self.subjects)) or SELF_TEST

    def decides(self, result: ScenarioResult) -> bool:
        """Whether the result counts for the exit code; others are informational."""
        return self.gate.require_basis is None or is_as_strong(result.basis, self.gate.require_basis)

    @property
    def deciding(self) -> list[ScenarioResult]:
        return [result for result in self.results if self.decides(result)]

    def counts(self) -> Counter[str]:
        return Counter(result.outcome for result in self.results)
