"""What a shell can complete besides options: faults, running labs, and the endpoints of one. Nothing here ever fails."""

import click

from mdelab.model.errors import LabError, NotReady


def faults(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Ids of faults that begin so."""
    from mdelab.catalogue.faults import fault_rows

    return [row.id for row in fault_rows() if row.id.startswith(begun)]


def endpoints(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Names of endpoints in the lab and tenant that the line names so far."""
    from mdelab.cli.target import DEFAULT_LAB, reach_tenant  # which knows this module for its own options

    try:
        tenant = reach_tenant(context.params.get("lab") or DEFAULT_LAB, context.params.get("tenant") or "")
        return [one.name for one in tenant.endpoints() if one.name.startswith(begun)]
    except (LabError, NotReady):
        return []


def labs(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Names of this user's running labs."""
    from mdelab.lab.launch import labs as running

    return [lab.name for lab in running() if lab.name.startswith(begun)]
