"""Runs the benchmarks: `python -m benchmarks [--rounds N] [--write] [NAME ...]`. See README.md for the method."""

import argparse
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import agents, containers, lab, reports, scenarios
from benchmarks.measure import Figure, Skipped, machine

_ALL: dict[str, Callable[[int], list[Figure]]] = {
    "ready": lab.ready,
    "scenario": scenarios.median_scenario,
    "report": reports.committed_report,
    "endpoint-memory": lab.endpoint_memory,
    "fleet-memory": agents.fleet_agents,
    "twelve-hours": lab.twelve_hours,
    "containers": containers.thirty_containers,
}

_RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> int:
    options = _options()
    rows: list[str] = []
    failed = False
    for name in options.names or list(_ALL):
        try:
            rows += [_row(figure) for figure in _ALL[name](options.rounds)]
        except Skipped as reason:
            rows.append(f"| {name} | skipped | | | {reason} |")
        except Exception:
            # One benchmark that cannot run must not cost the figures of the others.
            traceback.print_exc()
            rows.append(f"| {name} | failed | | | see the error output |")
            failed = True
        print(f"{name} done", file=sys.stderr)
    text = _page(rows, options.rounds)
    print(text)
    if options.write:
        _RESULTS.write_text(text, encoding="utf-8")
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(_ALL))
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured (default 5)")
    parser.add_argument("--write", action="store_true", help=f"write the table to {_RESULTS.name}")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in _ALL]:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(_ALL)}")
    return options


def _row(figure: Figure) -> str:
    limit = f"{figure.limit:g}" if figure.limit is not None else ""
    spread = f"{min(figure.rounds):.3g} to {max(figure.rounds):.3g}"
    return f"| {figure.name} | {figure.median:.3g} {figure.unit} | {spread} | {limit} | {figure.note} |"


def _page(rows: list[str], rounds: int) -> str:
    head = (
        f"# Results\n\nMeasured by `python -m benchmarks --write` on {datetime.now(UTC):%Y-%m-%d}: {machine()}, Python "
        f"{sys.version.split()[0]}.\nMedian of {rounds} rounds; method and meaning are in README.md.\n\n"
        "| what | median | range | must | note |\n|---|---|---|---|---|\n"
    )
    return head + "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.exit(main())
