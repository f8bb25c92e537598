"""`mdelab diagnose ENDPOINT`: the layer that failed, the cause and the fix."""

import click

from mdelab.cli.output import json_option, print_json, print_rows
from mdelab.cli.target import lab_option, reach_tenant, tenant_option


@click.command()
@click.argument("endpoint")
@lab_option
@tenant_option
@json_option
def command(endpoint: str, lab: str, tenant: str, as_json: bool) -> None:
    """Say why ENDPOINT does not get through, on which evidence, and what to do."""
    found = reach_tenant(lab, tenant).diagnosis(endpoint)
    if as_json:
        print_json(found)
        return
    rows = [[found.endpoint, found.summary], ["layer", found.layer], ["cause", found.cause]]
    # Twelve lines at the most: a diagnosis is read, not searched. The rest is in --json.
    rows += [[line.observer, line.text] for line in found.evidence[:7]]
    rows += [["fix", found.fix]] if found.fix else []
    rows.append(["basis", f"{found.basis} ({found.source})" if found.source else found.basis])
    print_rows(rows)
