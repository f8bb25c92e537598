"""`mdelab flows`: the connections of a tenant, with those that failed; on the terminal, as JSON, or as an HTTP Archive."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mdelab.cli.output import json_option, note, print_json, print_rows
from mdelab.cli.target import lab_option, reach_tenant, tenant_option
from mdelab.model.errors import LabError

if TYPE_CHECKING:
    from mdelab.model.evidence import Connection

_SHOWN = 100
"""Connections; more of them are searched in a file."""


@click.command()
@click.option("--endpoint", default="", metavar="NAME", help="Only connections of this endpoint.")
@click.option(
    "--har", "har_file", type=click.Path(path_type=Path, dir_okay=False), help="Write them to FILE as an HTTP Archive."
)
@lab_option
@tenant_option
@json_option
def command(endpoint: str, har_file: Path | None, lab: str, tenant: str, as_json: bool) -> None:
    """Show what a tenant's connections came to; failed tunnels and handshakes too.

    An HTTP Archive (HAR 1.2) opens in browsers' developer tools and in proxies; what it has no place for is in `_mdelab`.
    """
    from mdelab.report.har import har

    found = reach_tenant(lab, tenant).connections(endpoint)
    if har_file is not None:
        try:
            har_file.write_bytes(har(found))
        except OSError as error:
            raise LabError(
                f"{str(har_file)!r} cannot be written: {error.strerror}. Choose another file with --har."
            ) from error
        note(f"{len(found)} connections are in {har_file}")
    elif as_json:
        print_json(found)
    elif not found:
        note("no connection was made yet")
    else:
        print_rows([["id", "time", "endpoint", "purpose", "host", "by", "came to"], *map(_row, found[-_SHOWN:])])
        if len(found) > _SHOWN:
            note(f"these are the last {_SHOWN} of {len(found)}; --json and --har have all of them")


def _row(connection: "Connection") -> list[str]:
    from mdelab.report.har import exchanges, failure, reached

    at = connection.records[0].at
    came_to = [
        f"{one.http.method} {one.http.path} {one.http.status or 'unanswered'}"
        for one in exchanges(connection)
        if one.http
    ]
    if broke := failure(connection):
        came_to.append(f"{broke.step}: {broke.error}")
    hops = [one for one in connection.observers if one not in ("agent", "curl", "cloud", "dns")]
    return [
        str(connection.id),
        f"{at:%H:%M:%S}" if at else "",
        connection.endpoint or "-",
        connection.purpose or "-",
        connection.name or "-",
        ", ".join(hops) or "direct",
        "; ".join(came_to).replace("\n", "\\n").replace("\t", "\\t") or reached(connection),
    ]
