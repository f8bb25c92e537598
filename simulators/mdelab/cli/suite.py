"""Runs what `mdelab verify` was asked for: pytest as a child process against a lab, then the load part against the same lab."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from mdelab import __version__
from mdelab.bdd.subjects import check_runnable
from mdelab.cli.output import note
from mdelab.model.errors import LabError
from mdelab.model.subject import Subject, SubjectKind
from mdelab.report import Gate, LoadReport, Run, ScenarioResult, SubjectReport, promises, read_run

if TYPE_CHECKING:
    from mdelab.lab.client import LabClient
    from mdelab.lab.launch import BackendName
    from mdelab.lab.wire import LabInfo

_MOST_WORKERS = 4
"""More gain little: all scenarios share one lab, which is one process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """What to run. Paths are as the user gave them."""

    path: Path | None
    """None: the shipped features."""
    out: Path
    """Where the reports will be; what is gathered meanwhile is in `unfinished`."""
    unfinished: Path
    keyword: str = ""
    mark: str = ""
    workers: int | None = None
    """None: as many as the machine has processors, within reason."""
    endpoints: int = 0
    """0: no load."""
    seconds: float = 5.0
    events: int = 10
    """In each report of the load."""
    gate: Gate = field(default_factory=Gate)
    subjects: Mapping[SubjectKind, Subject] = field(default_factory=dict)
    keep: bool = False
    """Whether failed scenarios keep their tenant."""
    backend: "BackendName" = "embedded"
    """Of the lab that is started."""
    is_quiet: bool = False


def shipped_features() -> Path:
    """The features that come with mdelab."""
    return Path(str(files("mdelab").joinpath("features"))).resolve()


def run_suite(suite: Suite, *, lab: str | None, seed: int | None) -> Run:
    """Run everything. A broken promise or a failing lab is in the run; LabError is for wrong usage only."""
    target = suite.path if suite.path is not None else shipped_features()
    if not target.exists():
        raise LabError(
            f"{str(target)!r} does not exist, so there is nothing to verify. "
            "Give a folder or a file with features; `mdelab new FOLDER` writes an example."
        )
    with _lab(lab, seed, suite) as client:
        check_runnable(client.tenant(), suite.subjects)
        info = client.info()
        run = _scenarios(suite, target, info)
        run = msgspec.structs.replace(
            run,
            lab=info.id,
            backend=info.backend,
            profile=info.profile,
            seed=info.seed,
            subjects=tuple(
                SubjectReport(kind=one.kind, file=one.file, sha256=one.sha256) for one in suite.subjects.values()
            ),
            gate=suite.gate,
            results=tuple(_seeded(result, info.seed) for result in run.results),
        )
        if suite.endpoints and not run.nothing_collected:
            run = msgspec.structs.replace(run, load=_load(suite, client))
    return run


@contextmanager
def _lab(name: str | None, seed: int | None, suite: Suite) -> Iterator["LabClient"]:
    from mdelab.lab.client import connect
    from mdelab.lab.launch import launch, launch_to_keep

    if name is not None:
        yield connect(name)
        return
    if suite.keep:
        with launch_to_keep(seed=seed, backend=suite.backend) as client:
            yield client
        return
    with launch(None, seed=seed, name=f"verify-{os.getpid()}", backend=suite.backend) as client:
        yield client


def _scenarios(suite: Suite, target: Path, lab: "LabInfo") -> Run:
    # One path for pytest and its workers, whatever folder they run in.
    command = [sys.executable, "-m", "pytest", str(target), *pytest_options(suite, lab)]
    log = suite.out / "pytest.txt"
    if suite.is_quiet:
        with log.open("wb") as output:
            code = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False).returncode
    else:
        sys.stdout.flush()
        code = subprocess.run(command, stdout=sys.stderr, check=False).returncode
    run = read_run(suite.unfinished)
    where = f"see {log}" if suite.is_quiet else "its text is above"
    if run is None:
        run = Run(mdelab=__version__)
        if code == pytest.ExitCode.USAGE_ERROR:
            return msgspec.structs.replace(run, nothing_collected=f"pytest refused what it was asked for; {where}")
        return msgspec.structs.replace(run, lab_failed=f"pytest ended with {code} and left no results; {where}")
    return _cross_check(run, code, suite, where)


def pytest_options(suite: Suite, lab: "LabInfo") -> list[str]:
    """pytest's options besides the path."""
    workers = suite.workers if suite.workers is not None else min(os.cpu_count() or 1, _MOST_WORKERS)
    return [
        *("-p", "mdelab.report.collect", "--mdelab-out", str(suite.unfinished)),
        *("--lab", lab.name, "--lab-backend", lab.backend),
        # Locust patches the process it is loaded into; a random order would make two runs harder to compare.
        *("-p", "no:locust", "-p", "no:randomly", "-p", "no:cacheprovider"),
        *("-q", "--no-header", "--tb=short", "-rN"),
        *(("-n", str(workers)) if workers > 1 else ()),
        *(("-k", suite.keyword) if suite.keyword else ()),
        *(("-m", suite.mark) if suite.mark else ()),
        *(part for subject in suite.subjects.values() for part in ("--subject", f"{subject.kind}={subject.file}")),
        *(("--lab-keep",) if suite.keep else ()),
    ]


def _cross_check(run: Run, code: int, suite: Suite, where: str) -> Run:
    """Hold pytest's own exit code against the results: neither may be green alone."""
    if run.nothing_collected and (suite.keyword or suite.mark):
        options = [f"-k {suite.keyword!r}"] * bool(suite.keyword) + [f"-m {suite.mark!r}"] * bool(suite.mark)
        return msgspec.structs.replace(run, nothing_collected=f"{run.nothing_collected} with {' '.join(options)}")
    if code < 0:
        return msgspec.structs.replace(run, lab_failed=f"pytest was killed by signal {-code}")
    if code != 0 and not promises(run):
        return msgspec.structs.replace(run, lab_failed=f"pytest ended with {code}, though no result says why; {where}")
    return run


def _seeded(result: ScenarioResult, seed: int) -> ScenarioResult:
    return result if result.seed else msgspec.structs.replace(result, seed=seed)


def _load(suite: Suite, client: "LabClient") -> LoadReport:
    if not suite.is_quiet:
        note(f"load: {suite.endpoints} endpoints for {suite.seconds:g} s")
    try:
        from mdelab.load.run import run_fleet

        result = run_fleet(
            client, endpoints=suite.endpoints, seconds=suite.seconds, events=suite.events, out=suite.out / "load"
        )
    except Exception as error:  # whatever stopped the load part, the scenarios' results must not be lost with it
        text = str(error) or type(error).__name__
        return LoadReport(endpoints=suite.endpoints, reason=text, is_valid=False)
    is_broken = result.lost != 0 or result.received - result.duplicates != result.stored
    return LoadReport(
        endpoints=result.endpoints,
        onboarded=result.onboarded,
        operations=result.operations,
        failures=result.failures,
        sent=result.sent,
        waiting=result.waiting,
        received=result.received,
        stored=result.stored,
        duplicates=result.duplicates,
        lost=result.lost,
        p50_ms=result.p50_ms,
        p95_ms=result.p95_ms,
        lag_ms=result.lag_ms,
        channels=result.channels,
        reason=result.reason,
        note=result.note,
        is_valid=is_broken or not result.reason,
    )
