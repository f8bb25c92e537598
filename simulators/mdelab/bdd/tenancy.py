"""The tenant of a scenario: how it begins and ends, and what is told of it when the scenario fails."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import msgspec
import pytest

from mdelab.bdd.verdict import Inconclusive
from mdelab.catalogue.readings import reading
from mdelab.model.errors import LabError

if TYPE_CHECKING:
    from mdelab.lab.client import LabClient, TenantClient
    from mdelab.lab.wire import TenantInfo
    from mdelab.model.evidence import Connection, Evidence

_TENANT: pytest.StashKey[TenantClient] = pytest.StashKey()
_SEED: pytest.StashKey[int] = pytest.StashKey()
_MOST_LINES = 20
_MOST_ENDPOINTS = 5


def begin(lab: LabClient, item: pytest.Item) -> TenantClient:
    """Make a tenant whose seed stream is the scenario's."""
    from mdelab.lab.wire import TenantSpec

    scenario = str(getattr(item, "scenario_id", item.nodeid))
    try:
        # Its ids are drawn from scenario and name, so the name must not differ from run to run.
        tenant = lab.create_tenant(TenantSpec(name=scenario.replace("/", "."), scenario=scenario))
    except LabError as taken:
        if "exists" not in str(taken):
            raise
        # The same scenario on the same lab, kept from an earlier run or running beside: any other name will do.
        tenant = lab.create_tenant(TenantSpec(scenario=scenario))
    item.stash[_TENANT] = tenant
    item.stash[_SEED] = lab.info().seed
    item.user_properties.append(("mdelab_seed", item.stash[_SEED]))
    return tenant


def other_name(tenant: TenantClient) -> str:
    """The name of the second organisation that a scenario about two of them makes."""
    return f"{tenant.info().name}-other"


def other_tenant(lab: LabClient, tenant: TenantClient) -> TenantClient:
    """The second organisation, made when it is first needed."""
    from mdelab.lab.wire import TenantSpec

    name = other_name(tenant)
    known = {one.name for one in lab.tenants()}
    return lab.tenant(name) if name in known else lab.create_tenant(TenantSpec(name=name))


def end(lab: LabClient, tenant: TenantClient) -> None:
    """Delete the tenant, and its second organisation if there is one."""
    other = other_name(tenant)
    tenant.delete()
    for one in lab.tenants():
        if one.name == other:
            lab.tenant(one.id).delete()


def explain(item: pytest.Item, error: BaseException) -> list[str]:
    """What a reader needs in order to understand and repeat a failure; also for the reports of `mdelab verify`."""
    if isinstance(error, Inconclusive):
        item.user_properties.append(("mdelab_inconclusive", str(error)))
    tenant = item.stash.get(_TENANT, None)
    if tenant is None:
        return []
    try:
        info, connections = tenant.info(), tenant.connections()
    except (LabError, OSError) as gone:
        return [f"the lab could not be asked what happened: {gone}"]
    lines = [line for connection in connections for line in _connection(connection)]
    item.user_properties.append(("mdelab_evidence", lines[-_MOST_LINES:]))
    item.user_properties.append(("mdelab_records", msgspec.to_builtins(connections)))
    return [
        f"seed {item.stash[_SEED]}, tenant {info.name}, lab time {info.clock.now:%Y-%m-%d %H:%M:%S}",
        *(
            [f"the last {_MOST_LINES} of {len(lines)} steps of its connections:"]
            if lines
            else ["no connection was made"]
        ),
        *(f"  {line}" for line in lines[-_MOST_LINES:]),
        f"repeat it: {again(item)}",
        *_ways_in(item, tenant, info),
    ]


def again(item: pytest.Item) -> str:
    """The command that runs this scenario alone, with its seed, in the folder in which the session was started."""
    place = f"{os.path.relpath(item.path, item.config.invocation_params.dir)}::{item.nodeid.partition('::')[2]}"
    seed = ["--lab-seed", str(item.stash[_SEED])]
    backend = item.config.getoption("--lab-backend")
    where = ["--lab-backend", backend] if backend != "embedded" else []
    subjects = [part for text in item.config.getoption("--subject") for part in ("--subject", text)]
    return shlex.join(["pytest", place, *seed, *where, *subjects])


def _ways_in(item: pytest.Item, tenant: TenantClient, info: TenantInfo) -> list[str]:
    """How to look into the tenant, which stays when `--lab-keep` was given."""
    if not item.config.getoption("--lab-keep"):
        return [
            "look into it: repeat it with --lab-keep; its tenant then stays, and the commands to look at it are printed"
        ]
    target = f"--lab {tenant.lab.info().name} --tenant {info.id}"
    commands = [f"mdelab flows {target}"]
    for name in info.endpoints[:_MOST_ENDPOINTS]:
        asks = reading(tenant.endpoint(name).platform, "licensed").command
        commands += [f"mdelab diagnose {target} {name}", f"mdelab exec {target} {name} -- {asks}"]
    commands += [again(item), f"mdelab down --lab {tenant.lab.info().name}"]
    item.user_properties.append(("mdelab_kept", commands))
    return ["its tenant was kept; look into it, repeat it, and end it:", *(f"  {line}" for line in commands)]


def _connection(connection: Connection) -> list[str]:
    who = f"{connection.endpoint or 'a client'} -> {connection.name or '(no name)'}"
    return [f"{who}: {_record(record)}" for record in connection.records]


def _record(record: Evidence) -> str:
    parts = [record.observer, record.step]
    if record.route is not None:
        parts.append(" then ".join(str(way) for way in record.route.ways) or "nowhere")
        parts += [f"({one.source} passed over: {one.reason})" for one in record.route.passed_over]
    if record.connect_status:
        parts.append(f"CONNECT {record.connect_status}")
    if record.tls is not None:
        presented = f" (shown a chain of {record.tls.presented_by})" if record.tls.presented_by else ""
        parts.append(f"{record.tls.outcome}{f' by {record.tls.alert}' if record.tls.alert else ''}{presented}")
    if record.http is not None:
        parts.append(f"{record.http.method} {record.http.path} {record.http.status or 'unanswered'}")
    if record.error:
        parts.append(record.error)
    return " ".join(parts)
