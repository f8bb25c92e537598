"""`mdelab parity`: two runs of the same scenarios, one on each backend, side by side."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mdelab.cli.output import json_option, print_json, print_rows, printable

if TYPE_CHECKING:
    from mdelab.report.parity import Parity, Unlike
    from mdelab.report.run import Outcome

_BROKEN = 1


@click.command()
@click.argument("one", type=click.Path(path_type=Path))
@click.argument("other", type=click.Path(path_type=Path))
@json_option
def command(one: Path, other: Path, as_json: bool) -> int:
    """Compare two runs of `mdelab verify`, one on each backend: their folders, or their summary.json.

    Ends with 1 when a scenario came to different things and the catalogue does not say why it may.
    """
    from mdelab.report.parity import compare, read_summary

    parity = compare(read_summary(one), read_summary(other))
    if as_json:
        print_json(parity)
    else:
        _show(parity)
    return _BROKEN if parity.unexplained else 0


def _show(parity: "Parity") -> None:
    print_rows(
        [
            ("feature", *parity.backends),
            *(
                (feature, *(_counts(by_backend[backend]) for backend in parity.backends))
                for feature, by_backend in parity.features.items()
            ),
        ]
    )
    listed = [one for one in parity.unlike if one.reason]
    if listed:
        click.echo("\nlisted differences:")
        for reason in dict.fromkeys(one.reason for one in listed):
            number = sum(one.reason == reason for one in listed)
            click.echo(printable(f"  {number} {'scenario' if number == 1 else 'scenarios'}: {reason}"))
    if parity.unexplained:
        click.echo("\ndifferences that nothing explains:")
        for one in parity.unexplained:
            click.echo(printable(_told(one)))
    scenarios = sum(sum(counts[parity.backends[0]].values()) for counts in parity.features.values())
    click.echo(
        f"\n{scenarios} scenarios, {len(listed)} listed differences, {len(parity.unexplained)} that nothing explains"
    )


def _counts(counts: "Mapping[Outcome, int]") -> str:
    return ", ".join(f"{number} {outcome}" for outcome, number in sorted(counts.items())) or "not run"


def _told(one: "Unlike") -> str:
    outcomes = ", ".join(f"{backend} {outcome or 'not run'}" for backend, outcome in one.outcomes.items())
    why = f"\n    {one.message}" if one.message else ""
    return f"  {one.feature}:{one.line}: {one.scenario}: {outcomes}{why}"
