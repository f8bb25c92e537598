"""`mdelab requirements`: what the lab must make true, and how far that is checked."""

from collections import Counter

import click

from mdelab.cli.output import json_option, print_json, print_rows

STATUSES = ("held", "recorded", "reasoned", "planned")


@click.command()
@click.option("--status", type=click.Choice(STATUSES), help="Only rows with this status.")
@json_option
def command(status: str | None, as_json: bool) -> None:
    """List the requirements with their status, and count them.

    held: a scenario reads traffic, a device program or a public API, and a planted defect turned it red. recorded: only a
    label or a flag can satisfy it. reasoned: nothing can check it. planned: not done yet.
    """
    from mdelab.catalogue.requirements import requirements

    rows = [row for row in requirements() if status in (None, row.status)]
    counts = Counter(str(row.status) for row in rows)
    if as_json:
        print_json({"counts": {name: counts[name] for name in STATUSES}, "requirements": rows})
        return
    if rows:
        print_rows([[row.id, str(row.status), row.text] for row in rows])
    click.echo("\n" + " · ".join(f"{counts[name]} {name}" for name in STATUSES))
