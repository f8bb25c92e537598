"""`mdelab verify`: scenarios, then load, in one lab; one table, one report, one exit code.

pytest runs in a process of its own, with the collector of `mdelab.report`; the load part is `mdelab.load`. What is asked of
the two is in `mdelab.cli.suite`.
"""

from pathlib import Path

import click

from mdelab.cli.output import json_option, print_json
from mdelab.model.errors import LabError


@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--endpoints", type=click.IntRange(min=0), default=0, metavar="N", help="Load the lab with N endpoints.")
@click.option(
    "--seconds", type=click.FloatRange(min=1), default=5.0, show_default=True, help="How long the load lasts."
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("out"), show_default=True)
@click.option("-k", "keyword", default="", metavar="EXPR", help="Only scenarios whose names match, as for pytest.")
@click.option("-m", "mark", default="", metavar="EXPR", help="Only scenarios whose tags match, as for pytest.")
@click.option("--seed", type=int, default=None, help="What every random choice is drawn from.")
@click.option(
    "--workers", type=click.IntRange(min=0), default=None, help="Processes that run scenarios; 0: none extra."
)
@click.option("--lab", default=None, envvar="MDELAB_LAB", metavar="NAME", help="Use this running lab; else a new one.")
@click.option("--quiet", is_flag=True, help="No progress; pytest's output goes to OUT/pytest.txt.")
@json_option
def command(
    path: Path | None,
    endpoints: int,
    seconds: float,
    out: Path,
    keyword: str,
    mark: str,
    seed: int | None,
    workers: int | None,
    lab: str | None,
    quiet: bool,
    as_json: bool,
) -> int:
    """Run the scenarios in PATH (the shipped ones when left out), then the load; print a table and write a report.

    OUT holds junit.xml, summary.json and report.html afterwards.
    """
    from mdelab.cli.suite import Suite, run_suite
    from mdelab.report import write_all
    from mdelab.report.terminal import show

    if lab is not None and seed is not None:
        raise LabError(
            f"--seed cannot be given for the running lab {lab!r}: a lab has its seed from its start. "
            "Leave --lab out, or start a lab with `mdelab up --seed`."
        )
    suite = Suite(
        path=path,
        out=out,
        keyword=keyword,
        mark=mark,
        workers=workers,
        endpoints=endpoints,
        seconds=seconds,
        is_quiet=quiet or as_json,
    )
    run = run_suite(suite, lab=lab, seed=seed)
    summary = write_all(out, run)
    if as_json:
        print_json(summary)
    else:
        show(run, summary, out)
    return summary.exit_code
