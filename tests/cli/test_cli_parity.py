"""`mdelab parity`: a table of both backends, and 1 for what nothing explains; `verify --backend` makes what it compares."""

import json
from pathlib import Path

import msgspec
import pytest

from mdelab.cli.main import run
from mdelab.model.basis import Basis
from mdelab.report import Run, ScenarioResult
from mdelab.report.summary import summarise


def _write(folder: Path, backend: str, outcome: str) -> str:
    result = ScenarioResult(
        id="one",
        feature="features/health/linux.feature",
        line=3,
        title="Health",
        scenario="a fresh endpoint has no licence",
        outcome=outcome,  # type: ignore[arg-type]
        basis=Basis.SEED,
        message="" if outcome == "passed" else "licensed was true",
    )
    folder.mkdir()
    (folder / "summary.json").write_bytes(
        msgspec.json.encode(summarise(Run(mdelab="1", backend=backend, results=(result,))))
    )
    return str(folder)


@pytest.fixture
def folders(tmp_path):
    return lambda docker: [_write(tmp_path / "a", "embedded", "passed"), _write(tmp_path / "b", "docker", docker)]


def test_two_runs_that_agree_end_with_0(folders, capsys):
    assert run(["parity", *folders("passed")]) == 0

    out = capsys.readouterr().out
    assert [line.split() for line in out.splitlines()[:2]] == [
        ["feature", "embedded", "docker"],
        ["features/health/linux.feature", "1", "passed", "1", "passed"],
    ]
    assert "1 scenarios, 0 listed differences, 0 that nothing explains" in out


def test_a_difference_ends_with_1_and_is_told(folders, capsys):
    assert run(["parity", *folders("failed")]) == 1

    out = capsys.readouterr().out
    assert "a fresh endpoint has no licence: embedded passed, docker failed" in out
    assert "licensed was true" in out


def test_it_speaks_json(folders, capsys):
    assert run(["parity", "--json", *folders("failed")]) == 1

    assert json.loads(capsys.readouterr().out)["unlike"][0]["outcomes"] == {"embedded": "passed", "docker": "failed"}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--backend", "docker", "--lab", "mine"], "a lab has its backend from its start"),
        (["--backend", "docker", "--endpoints", "5"], "does not lead into containers"),
    ],
)
def test_verify_refuses_what_a_backend_cannot_do(options, why, tmp_path, capsys):
    assert run(["verify", "--out", str(tmp_path / "out"), *options]) == 2

    assert why in capsys.readouterr().err
