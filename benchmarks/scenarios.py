"""How long the shipped scenarios take, one by one on a warm lab."""

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from benchmarks.measure import Figure, Skipped


class _Result(msgspec.Struct, frozen=True):
    scenario: str
    outcome: str
    duration_s: float


class _Summary(msgspec.Struct, frozen=True):
    results: list[_Result]


def median_scenario(rounds: int) -> list[Figure]:
    """The median over the scenarios that passed; each round is a whole run in a process of its own."""
    medians: list[float] = []
    passed = 0
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="mdelab-bench-") as out:
            command = [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "mdelab.report.collect",
                "--mdelab-out",
                out,
                "features",
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            summary = Path(out) / "summary.json"
            if not summary.exists():
                raise Skipped(f"the features did not run: {done.stdout.strip().splitlines()[-1:]}")
            results = msgspec.json.decode(summary.read_bytes(), type=_Summary).results
        times = [one.duration_s for one in results if one.outcome == "passed"]
        if not times:
            raise Skipped("no scenario passed")
        passed = len(times)
        medians.append(statistics.median(times) * 1000)
    return [
        Figure(
            name="median scenario, wall",
            unit="ms",
            rounds=medians,
            limit=100.0,
            note=f"{passed} scenarios, never gated",
        )
    ]
