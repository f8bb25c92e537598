"""`mdelab verify`: scenarios, then load, in one lab; one table, one report, one exit code.

pytest runs in a process of its own, with the collector of `mdelab.report`; the load part is `mdelab.load`. What is asked of
the two is in `mdelab.cli.suite`; what a gate asks of the results in `mdelab.report`.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mdelab.cli.output import json_option, print_json
from mdelab.cli.subjects import subject_option
from mdelab.model.basis import Basis
from mdelab.model.errors import LabError

if TYPE_CHECKING:
    from mdelab.lab.launch import BackendName
    from mdelab.report import Gate


@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--endpoints", type=click.IntRange(min=0), default=0, metavar="N", help="Load the lab with N endpoints.")
@click.option(
    "--seconds", type=click.FloatRange(min=1), default=5.0, show_default=True, help="How long the load lasts."
)
@click.option(
    "--events",
    type=click.IntRange(min=1, max=1000),
    default=10,
    show_default=True,
    help="Events in each report of the load; the more, the rarer a loss that shows.",
)
@click.option(
    "--fail-if",
    multiple=True,
    metavar="EXPR",
    help="A threshold on the load, such as 'lost > 0' or 'p95(cyber) > 200ms'; may be repeated.",
)
@click.option("--no-skips", is_flag=True, help="A scenario that was skipped fails the run.")
@click.option(
    "--require-basis",
    type=click.Choice([basis.value for basis in Basis]),
    default=None,
    help="Scenarios on a weaker basis are listed and decide nothing.",
)
@subject_option
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("out"), show_default=True)
@click.option("-k", "keyword", default="", metavar="EXPR", help="Only scenarios whose names match, as for pytest.")
@click.option("-m", "mark", default="", metavar="EXPR", help="Only scenarios whose tags match, as for pytest.")
@click.option("--seed", type=int, default=None, help="What every random choice is drawn from.")
@click.option(
    "--workers", type=click.IntRange(min=0), default=None, help="Processes that run scenarios; 0: none extra."
)
@click.option(
    "--backend", type=click.Choice(["embedded", "docker"]), default=None, help="Where endpoints run; else embedded."
)
@click.option("--lab", default=None, envvar="MDELAB_LAB", metavar="NAME", help="Use this running lab; else a new one.")
@click.option("--lab-keep", is_flag=True, help="Failed scenarios keep their tenant, in a lab that stays up.")
@click.option("--quiet", is_flag=True, help="No progress; pytest's output goes to OUT/pytest.txt.")
@json_option
def command(
    path: Path | None,
    endpoints: int,
    seconds: float,
    events: int,
    fail_if: tuple[str, ...],
    no_skips: bool,
    require_basis: str | None,
    subject: tuple[str, ...],
    out: Path,
    keyword: str,
    mark: str,
    seed: int | None,
    workers: int | None,
    backend: "BackendName | None",
    lab: str | None,
    lab_keep: bool,
    quiet: bool,
    as_json: bool,
) -> int:
    """Run the scenarios in PATH (the shipped ones when left out), then the load; print a table and write a report.

    OUT holds junit.xml, summary.json, summary.md and report.html afterwards.
    """
    from mdelab.bdd.subjects import read_subjects
    from mdelab.cli.suite import Suite, run_suite
    from mdelab.report import claim, publish
    from mdelab.report.ci import announce
    from mdelab.report.terminal import show

    if lab is not None and seed is not None:
        raise LabError(
            f"--seed cannot be given for the running lab {lab!r}: a lab has its seed from its start. "
            "Leave --lab out, or start a lab with `mdelab up --seed`."
        )
    if lab is not None and backend is not None:
        raise LabError(
            f"--backend cannot be given for the running lab {lab!r}: a lab has its backend from its start. "
            "Leave --lab out, or start a lab with `mdelab up --backend`."
        )
    if backend == "docker" and endpoints:
        raise LabError(
            "--endpoints makes a load from this machine's loopback, which does not lead into containers. "
            "Run the load without --backend docker."
        )
    gate = _gate(fail_if, no_skips, require_basis, endpoints)
    subjects = read_subjects(subject)
    with _ended_by_sigterm_too(), claim(out) as unfinished:
        suite = Suite(
            path=path,
            out=out,
            unfinished=unfinished,
            keyword=keyword,
            mark=mark,
            workers=workers,
            endpoints=endpoints,
            seconds=seconds,
            events=events,
            gate=gate,
            subjects=subjects,
            keep=lab_keep,
            backend=backend or "embedded",
            is_quiet=quiet or as_json,
        )
        run = run_suite(suite, lab=lab, seed=seed)
        summary = publish(unfinished, out, run)
    if as_json:
        print_json(summary)
    else:
        show(run, summary, out)
    announce(run, summary, out, os.environ)
    return summary.exit_code


def _gate(fail_if: tuple[str, ...], no_skips: bool, require_basis: str | None, endpoints: int) -> "Gate":
    """What the gate asks. Raises LabError for a threshold that cannot be read or that nothing would measure."""
    from mdelab.report import Gate, parse_threshold

    for text in fail_if:
        parse_threshold(text)
    if fail_if and not endpoints:
        raise LabError(
            f"--fail-if {fail_if[0]!r} is about a load, and none was asked for, so nothing would be measured. "
            "Say how many endpoints make it: --endpoints 500."
        )
    return Gate(fail_if=fail_if, no_skips=no_skips, require_basis=Basis(require_basis) if require_basis else None)


@contextmanager
def _ended_by_sigterm_too() -> Iterator[None]:
    """SIGTERM, with which CI servers cancel, unwinds like Ctrl-C, so that no half of a result stays."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
