"""Two runs of the same scenarios, one on each backend: what came to the same, and what did not.

Which differences may be is data (`mdelab.catalogue.parity`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from mdelab.catalogue.parity import difference_of
from mdelab.model.errors import LabError
from mdelab.report.run import Outcome
from mdelab.report.summary import Summary, SummaryResult

_Key = tuple[str, int, str, int]
"""Feature, line, title, and which of the rows of an outline that have this title."""


class Unlike(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario that came to different things."""

    feature: str
    line: int
    scenario: str
    outcomes: Mapping[str, Outcome | None]
    """By backend; None where it was not run at all."""
    reason: str
    """Why it may be so; "" when nothing says so."""
    message: str
    """What the run said in which it did not pass."""


class Parity(msgspec.Struct, frozen=True, kw_only=True):
    backends: tuple[str, str]
    features: Mapping[str, Mapping[str, Mapping[Outcome, int]]]
    """Feature -> backend -> outcome -> how many scenarios."""
    unlike: tuple[Unlike, ...]

    @property
    def unexplained(self) -> list[Unlike]:
        return [one for one in self.unlike if not one.reason]


@dataclass(frozen=True, slots=True)
class _Side:
    backend: str
    results: dict[_Key, SummaryResult]


def read_summary(path: Path) -> Summary:
    """path: a run's folder, or its summary.json. Raises LabError."""
    file = path / "summary.json" if path.is_dir() else path
    try:
        return msgspec.json.decode(file.read_bytes(), type=Summary)
    except OSError as error:
        raise LabError(
            f"{str(file)!r} cannot be read: {error.strerror}. Give the folder that a run of `mdelab verify --out` has left."
        ) from error
    except msgspec.DecodeError as error:
        raise LabError(
            f"{str(file)!r} is no summary of a run: {error}. Give one that this version of mdelab has written."
        ) from error


def compare(one: Summary, other: Summary) -> Parity:
    """Hold two runs against each other, scenario by scenario. Raises LabError for two that cannot be compared."""
    if one.backend == other.backend:
        raise LabError(
            f"both runs are of the backend {one.backend!r}, so nothing is compared. Give one of each: "
            "`mdelab verify --out A` and `mdelab verify --backend docker --out B`."
        )
    if one.mdelab != other.mdelab:
        raise LabError(f"the runs are of mdelab {one.mdelab} and {other.mdelab}. Run both with the same version.")
    sides = tuple(_Side(run.backend, _by_key(run.results)) for run in (one, other))
    if not all(side.results for side in sides):
        raise LabError("one of the runs holds no scenarios, so nothing is compared. Run it again.")
    keys = sorted({*sides[0].results, *sides[1].results})
    unlike = [_unlike(key, sides) for key in keys if _outcome(sides[0], key) != _outcome(sides[1], key)]
    counts = {
        feature: {
            side.backend: Counter(result.outcome for key, result in side.results.items() if key[0] == feature)
            for side in sides
        }
        for feature in sorted({key[0] for key in keys})
    }
    return Parity(backends=(one.backend, other.backend), features=counts, unlike=tuple(unlike))


def _by_key(results: Iterable[SummaryResult]) -> dict[_Key, SummaryResult]:
    seen: Counter[tuple[str, int, str]] = Counter()
    found: dict[_Key, SummaryResult] = {}
    for result in results:
        title = result.feature, result.line, result.scenario
        seen[title] += 1
        found[*title, seen[title]] = result
    return found


def _outcome(side: _Side, key: _Key) -> Outcome | None:
    return side.results[key].outcome if key in side.results else None


def _unlike(key: _Key, sides: Iterable[_Side]) -> Unlike:
    feature, line, scenario, _ = key
    outcomes = {side.backend: _outcome(side, key) for side in sides}
    row = difference_of(feature, scenario)
    is_as_listed = row is not None and outcomes == {
        backend: "passed" if backend == row.only else "skipped" for backend in outcomes
    }
    messages = [side.results[key].message for side in sides if _outcome(side, key) not in (None, "passed")]
    return Unlike(
        feature=feature,
        line=line,
        scenario=scenario,
        outcomes=outcomes,
        reason=row.reason if row is not None and is_as_listed else "",
        message=" / ".join(filter(None, messages)),
    )
