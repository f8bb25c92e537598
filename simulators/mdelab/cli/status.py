"""`mdelab status`: the labs that run."""

from typing import TYPE_CHECKING

import click
import msgspec

from mdelab.cli.output import json_option, note, print_json, print_rows
from mdelab.lab.wire import EndpointInfo, LabInfo, LicenceReport, TenantInfo
from mdelab.model.errors import LabError

if TYPE_CHECKING:
    from mdelab.lab.client import TenantClient

_SHOWN = 20
"""Endpoints a tenant; more of them make a list that nobody reads."""


class _Tenant(msgspec.Struct, frozen=True):
    info: TenantInfo
    endpoints: list[EndpointInfo]
    licences: LicenceReport


class _Lab(msgspec.Struct, frozen=True):
    info: LabInfo
    tenants: list[_Tenant]


@click.command()
@json_option
def command(as_json: bool) -> int:
    """Show the labs that were started with `up`, their tenants and endpoints. Exit code 3 when none runs."""
    from mdelab.lab.client import connect
    from mdelab.lab.launch import labs

    found = []
    for state in labs():
        try:
            client = connect(state.name)
        except LabError as error:  # of another version; the others are shown all the same
            note(f"mdelab: {error}")
            continue
        tenants = [_tenant(client.tenant(info.id), info) for info in client.tenants()]
        found.append(_Lab(client.info(), tenants))
    if as_json:
        print_json(found)
    elif not found:
        note("no lab runs. Start one with `mdelab up`.")
    else:
        for lab in found:
            _show(lab)
    return 0 if found else 3


def _tenant(tenant: "TenantClient", info: TenantInfo) -> _Tenant:
    return _Tenant(info, tenant.endpoints(), tenant.licences())


def _show(lab: _Lab) -> None:
    info = lab.info
    rows = [
        ["lab", f"{info.name} ({info.id}), pid {info.pid}"],
        ["", f"mdelab {info.version}, {info.backend}, profile {info.profile}, seed {info.seed}"],
        ["entrance", f"{info.entrance}  ca={info.ca_file}"],
        ["folder", info.folder],
    ]
    for tenant in lab.tenants:
        clock = tenant.info.clock
        mark = ", default" if info.default_tenant in (tenant.info.name, tenant.info.id) else ""
        rows.append(["tenant", f"{tenant.info.name} ({clock.mode} clock, {clock.now:%Y-%m-%d %H:%M:%S}{mark})"])
        rows.append(["licences", ", ".join(tenant.licences.products) or "none: the portal hands out no packages"])
        wrong = {row.endpoint: row.state for row in tenant.licences.devices if row.state != "licensed"}
        rows += [["", _endpoint(endpoint, wrong.get(endpoint.name, ""))] for endpoint in tenant.endpoints[:_SHOWN]]
        if len(tenant.endpoints) > _SHOWN:
            rows.append(["", f"and {len(tenant.endpoints) - _SHOWN} more; --json lists all"])
    print_rows(rows)


def _endpoint(endpoint: EndpointInfo, licence: str) -> str:
    """licence: what is wrong with it; "" when nothing is."""
    waiting = f"  {endpoint.waiting} events waiting" if endpoint.waiting else ""
    outside = f"  {licence}" if licence else ""
    who = f"{endpoint.name}  {endpoint.platform}  {endpoint.spec.user}"
    return f"{who}  {endpoint.address}  {endpoint.state}{outside}{waiting}"
