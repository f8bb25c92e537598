"""`mdelab diagnose ENDPOINT`: the layer that failed, the cause and the fix."""

from typing import TYPE_CHECKING

import click

from mdelab.cli import known
from mdelab.cli.output import json_option, print_json, print_rows
from mdelab.cli.target import lab_option, reach_tenant, tenant_option

if TYPE_CHECKING:
    from mdelab.lab.wire import Diagnosis

_MOST_LINES = 12
"""A diagnosis is read, not searched; the rest is in --json."""


@click.command()
@click.argument("endpoint", shell_complete=known.endpoints)
@lab_option
@tenant_option
@json_option
def command(endpoint: str, lab: str, tenant: str, as_json: bool) -> None:
    """Say why ENDPOINT does not get through, on which evidence, and what to do."""
    found = reach_tenant(lab, tenant).diagnosis(endpoint)
    if as_json:
        print_json(found)
        return
    print_rows(rows(found, _MOST_LINES))


def rows(found: "Diagnosis", most: int) -> list[list[str]]:
    """A diagnosis on `most` lines; what does not fit is evidence, the last of it."""
    first = [[found.endpoint, found.summary], ["layer", found.layer], ["cause", found.cause]]
    last = [["fix", found.fix]] if found.fix else []
    last.append(["basis", f"{found.basis} ({found.source})" if found.source else found.basis])
    room = most - len(first) - len(last)
    return [*first, *([line.observer, line.text] for line in found.evidence[:room]), *last]
