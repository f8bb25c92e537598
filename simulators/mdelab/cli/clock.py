"""`mdelab clock`: a tenant's time."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from mdelab.cli.durations import parse_duration
from mdelab.cli.output import json_option, print_json, print_rows
from mdelab.cli.target import lab_option, reach_tenant, tenant_option
from mdelab.model.errors import LabError

if TYPE_CHECKING:
    from mdelab.lab.client import TenantClient
    from mdelab.lab.wire import ClockInfo


@click.command()
@click.argument("duration", required=False)
@click.option("--until", metavar="TIME", default=None, help="Move to this moment, such as 2026-01-05T12:00:00Z.")
@click.option("--step", is_flag=True, help="Stop after the first moment at which something was due.")
@lab_option
@tenant_option
@json_option
def command(duration: str | None, until: str | None, step: bool, lab: str, tenant: str, as_json: bool) -> None:
    """Show a tenant's clock, or move it by DURATION ('10m', '12 hours', '7 days').

    What is due meanwhile happens, in order; the command returns when the tenant is quiet again.
    """
    if duration and until:
        raise click.UsageError("DURATION and --until exclude each other. Give one of them.")
    seconds = parse_duration(duration).total_seconds() if duration else None
    moment = _moment(until) if until else None
    info = _move(reach_tenant(lab, tenant), seconds, moment, step)
    if as_json:
        print_json(info)
    else:
        due = info.next_due.isoformat() if info.next_due else "nothing waits"
        print_rows([["clock", info.mode], ["now", info.now.isoformat()], ["next due", due]])


def _move(tenant: "TenantClient", seconds: float | None, moment: datetime | None, step: bool) -> "ClockInfo":
    if seconds is not None:
        return tenant.move(seconds=seconds, step=step)
    info = tenant.clock()
    moment = moment or (info.next_due if step else None)
    return tenant.move(until=moment, step=step) if moment else info


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise LabError(f"{text!r} is not a moment: {error}. Write it as 2026-01-05T12:00:00Z.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
