"""The table of the control API's calls: method, path, types, meaning, and the lab's verb that answers.

`server` serves this table and `openapi` describes it; `client` is its counterpart on the other side. What a row is made of is
`mdelab.lab.call`.
"""

from collections.abc import Awaitable
from typing import cast

import msgspec

from mdelab.lab import wire
from mdelab.lab.call import Ask, Call
from mdelab.lab.estate import Lab
from mdelab.lab.refusals import Unknown
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError
from mdelab.model.evidence import Connection, Evidence
from mdelab.model.fault import Fault
from mdelab.model.licence import Subscription
from mdelab.model.package import Kind
from mdelab.model.route import Route
from mdelab.model.site import Site
from mdelab.model.tenant import HopPolicy

_T = "/v1/tenants/{tenant}"
_A = f"{_T}/applications"
_E = f"{_T}/endpoints/{{endpoint}}"


def _put_hop(lab: Lab, ask: Ask) -> Awaitable[HopPolicy]:
    policy = cast(HopPolicy, ask.body)
    if policy.name != ask.path["hop"]:
        raise LabError(
            f"the path names hop {ask.path['hop']!r} and the body {policy.name!r}. Use one name in both places."
        )
    return lab.put_hop(ask.path["tenant"], policy)


def _put_fault(lab: Lab, ask: Ask) -> Awaitable[Fault]:
    fault = cast(Fault, ask.body)
    if (fault.id or ask.path["fault"]) != ask.path["fault"]:
        raise LabError(
            f"the path names fault {ask.path['fault']!r} and the body {fault.id!r}. Use one name in both places."
        )
    return lab.faults(ask.path["tenant"]).put(msgspec.structs.replace(fault, id=ask.path["fault"]))


def _stop(lab: Lab, ask: Ask) -> None:
    lab.ended.set()


def _kind(ask: Ask) -> Kind:
    match ask.path["kind"]:
        case "onboarding":
            return "onboarding"
        case "offboarding":
            return "offboarding"
        case other:
            raise Unknown("package", other, ["onboarding", "offboarding"])


def _device_path(ask: Ask) -> str:
    return "/" + ask.path["path"].lstrip("/")


CALLS: tuple[Call, ...] = (
    Call(
        method="GET", path="/v1/lab", summary="What this lab is", answer=wire.LabInfo, verb=lambda lab, ask: lab.info()
    ),
    Call(method="POST", path="/v1/lab/stop", summary="End the lab and its processes", verb=_stop),
    Call(
        method="GET",
        path="/v1/tenants",
        summary="All tenants",
        answer=list[wire.TenantInfo],
        verb=lambda lab, ask: lab.tenants.all(),
    ),
    Call(
        method="POST",
        path="/v1/tenants",
        summary="Make a tenant",
        body=wire.TenantSpec,
        answer=wire.TenantInfo,
        verb=lambda lab, ask: lab.tenants.add(ask.body),
    ),
    Call(
        method="GET",
        path=_T,
        summary="One tenant, by id or name",
        answer=wire.TenantInfo,
        verb=lambda lab, ask: lab.tenants.one(ask.path["tenant"]),
    ),
    Call(
        method="DELETE",
        path=_T,
        summary="Remove a tenant and everything in it",
        verb=lambda lab, ask: lab.tenants.remove(ask.path["tenant"]),
    ),
    Call(
        method="GET",
        path=f"{_T}/clock",
        summary="The tenant's time",
        answer=wire.ClockInfo,
        verb=lambda lab, ask: lab.tenants.clock(ask.path["tenant"]),
    ),
    Call(
        method="POST",
        path=f"{_T}/clock",
        summary="Move the tenant's time; answers when the tenant is quiet again",
        body=wire.ClockMove,
        answer=wire.ClockInfo,
        verb=lambda lab, ask: lab.tenants.move_clock(ask.path["tenant"], ask.body),
    ),
    Call(
        method="GET",
        path=f"{_T}/licences",
        summary="What the tenant has bought, and how its devices stand to it",
        answer=wire.LicenceReport,
        verb=lambda lab, ask: lab.licences(ask.path["tenant"]),
    ),
    Call(
        method="PUT",
        path=f"{_T}/subscription",
        summary="Buy something else; a trial begins now",
        body=Subscription,
        answer=wire.LicenceReport,
        verb=lambda lab, ask: lab.subscribe(ask.path["tenant"], ask.body),
    ),
    Call(
        method="GET",
        path=f"{_T}/users",
        summary="The people whose devices the tenant has",
        answer=list[wire.UserInfo],
        verb=lambda lab, ask: lab.users(ask.path["tenant"]),
    ),
    Call(
        method="GET",
        path=f"{_T}/users/{{user}}",
        summary="Somebody of the tenant, by account",
        answer=wire.UserInfo,
        verb=lambda lab, ask: lab.user(ask.path["tenant"], ask.path["user"]),
    ),
    Call(
        method="PATCH",
        path=f"{_T}/users/{{user}}",
        summary="Give a user a licence or a role in the portal, or take it",
        body=wire.UserChange,
        answer=wire.UserInfo,
        verb=lambda lab, ask: lab.user(ask.path["tenant"], ask.path["user"], ask.body),
    ),
    Call(
        method="GET",
        path=_A,
        summary="The tenant's application registrations",
        answer=list[wire.ApplicationInfo],
        verb=lambda lab, ask: lab.identity(ask.path["tenant"]).applications(),
    ),
    Call(
        method="POST",
        path=_A,
        summary="Register an application with permissions",
        body=wire.ApplicationSpec,
        answer=wire.ApplicationInfo,
        verb=lambda lab, ask: lab.identity(ask.path["tenant"]).register(ask.body),
    ),
    Call(
        method="PATCH",
        path=f"{_A}/{{application}}",
        summary="Change an application, by client id or name, as an administrator would",
        body=wire.ApplicationChange,
        answer=wire.ApplicationInfo,
        verb=lambda lab, ask: lab.identity(ask.path["tenant"]).change(ask.path["application"], ask.body),
    ),
    Call(
        method="DELETE",
        path=f"{_A}/{{application}}",
        summary="Delete an application",
        verb=lambda lab, ask: lab.identity(ask.path["tenant"]).remove(ask.path["application"]),
    ),
    Call(
        method="POST",
        path=f"{_T}/signing-keys",
        summary="Roll the keys over that Entra signs the tenant's tokens with",
        body=wire.KeyRollOver,
        verb=lambda lab, ask: lab.identity(ask.path["tenant"]).roll_over_keys(ask.body),
    ),
    Call(
        method="PUT",
        path=f"{_T}/api-pages",
        summary="Change how many objects the Defender API puts into one page",
        body=wire.ApiPages,
        verb=lambda lab, ask: lab.identity(ask.path["tenant"]).set_api_pages(ask.body),
    ),
    Call(
        method="GET",
        path=f"{_T}/hops",
        summary="The tenant's hops",
        answer=list[HopPolicy],
        verb=lambda lab, ask: lab.hops(ask.path["tenant"]),
    ),
    Call(
        method="PUT",
        path=f"{_T}/hops/{{hop}}",
        summary="Make or change a hop",
        body=HopPolicy,
        answer=HopPolicy,
        verb=_put_hop,
    ),
    Call(
        method="DELETE",
        path=f"{_T}/hops/{{hop}}",
        summary="Remove a hop",
        verb=lambda lab, ask: lab.remove_hop(ask.path["tenant"], ask.path["hop"]),
    ),
    Call(
        method="GET",
        path=f"{_T}/site",
        summary="What the tenant's own network tells its devices",
        answer=Site,
        verb=lambda lab, ask: lab.site(ask.path["tenant"]),
    ),
    Call(
        method="PUT",
        path=f"{_T}/site",
        summary="Change what the tenant's own network tells its devices",
        body=Site,
        answer=Site,
        verb=lambda lab, ask: lab.put_site(ask.path["tenant"], ask.body),
    ),
    Call(
        method="POST",
        path=f"{_T}/pac",
        summary="Judge a PAC file: its faults, and what it says about URLs",
        body=wire.PacQuestion,
        answer=wire.PacAnswer,
        verb=lambda lab, ask: lab.judge_pac(ask.path["tenant"], ask.body),
    ),
    Call(
        method="GET",
        path=f"{_T}/faults",
        summary="The faults that act in the tenant, or are still to begin",
        answer=list[Fault],
        verb=lambda lab, ask: lab.faults(ask.path["tenant"]).all(),
    ),
    Call(
        method="GET",
        path=f"{_T}/faults/{{fault}}",
        summary="One fault",
        answer=Fault,
        verb=lambda lab, ask: lab.faults(ask.path["tenant"]).one(ask.path["fault"]),
    ),
    Call(
        method="PUT",
        path=f"{_T}/faults/{{fault}}",
        summary="Let a fault begin",
        body=Fault,
        answer=Fault,
        verb=_put_fault,
    ),
    Call(
        method="DELETE",
        path=f"{_T}/faults/{{fault}}",
        summary="End a fault",
        verb=lambda lab, ask: lab.faults(ask.path["tenant"]).remove(ask.path["fault"]),
    ),
    Call(
        method="GET",
        path=f"{_T}/endpoints",
        summary="The tenant's endpoints",
        answer=list[wire.EndpointInfo],
        verb=lambda lab, ask: lab.endpoints.all(ask.path["tenant"]),
    ),
    Call(
        method="POST",
        path=f"{_T}/endpoints",
        summary="Make an endpoint",
        body=DeviceSpec,
        answer=wire.EndpointInfo,
        verb=lambda lab, ask: lab.endpoints.add(ask.path["tenant"], ask.body),
    ),
    Call(
        method="GET",
        path=_E,
        summary="One endpoint",
        answer=wire.EndpointInfo,
        verb=lambda lab, ask: lab.endpoints.one(ask.path["tenant"], ask.path["endpoint"]),
    ),
    Call(
        method="PATCH",
        path=_E,
        summary="Change an endpoint as its administrator or its network would",
        body=wire.EndpointChange,
        answer=wire.EndpointInfo,
        verb=lambda lab, ask: lab.endpoints.change(ask.path["tenant"], ask.path["endpoint"], ask.body),
    ),
    Call(
        method="DELETE",
        path=_E,
        summary="Remove an endpoint",
        verb=lambda lab, ask: lab.endpoints.remove(ask.path["tenant"], ask.path["endpoint"]),
    ),
    Call(
        method="POST",
        path=f"{_E}/exec",
        summary="Run a program on an endpoint; answers when it has ended",
        body=wire.ExecRequest,
        answer=wire.ExecResult,
        verb=lambda lab, ask: lab.endpoints.execute(ask.path["tenant"], ask.path["endpoint"], ask.body),
    ),
    Call(
        method="POST",
        path=f"{_E}/route",
        summary="Which way the endpoint's client would take to a URL, and which setting says so",
        body=wire.RouteQuestion,
        answer=Route,
        verb=lambda lab, ask: lab.endpoints.route(ask.path["tenant"], ask.path["endpoint"], ask.body),
    ),
    Call(
        method="GET",
        path=f"{_E}/files",
        summary="The paths of all files of an endpoint",
        answer=list[str],
        verb=lambda lab, ask: lab.endpoints.files(ask.path["tenant"], ask.path["endpoint"]),
    ),
    Call(
        method="GET",
        path=f"{_E}/files/{{path:path}}",
        summary="Read a file",
        answer=wire.FileContent,
        verb=lambda lab, ask: lab.endpoints.read_file(ask.path["tenant"], ask.path["endpoint"], _device_path(ask)),
    ),
    Call(
        method="PUT",
        path=f"{_E}/files/{{path:path}}",
        summary="Write a file",
        body=wire.FileWrite,
        answer=wire.FileContent,
        verb=lambda lab, ask: lab.endpoints.write_file(
            ask.path["tenant"], ask.path["endpoint"], _device_path(ask), ask.body
        ),
    ),
    Call(
        method="DELETE",
        path=f"{_E}/files/{{path:path}}",
        summary="Remove a file",
        verb=lambda lab, ask: lab.endpoints.remove_file(ask.path["tenant"], ask.path["endpoint"], _device_path(ask)),
    ),
    Call(
        method="GET",
        path=f"{_E}/diagnosis",
        summary="Why the endpoint does not get through, or that it does",
        answer=wire.Diagnosis,
        verb=lambda lab, ask: lab.seen.diagnosis(ask.path["tenant"], ask.path["endpoint"]),
    ),
    Call(
        method="POST",
        path=f"{_T}/packages",
        summary="What the portal's download gives",
        body=wire.PackageOrder,
        answer=wire.PackageInfo,
        verb=lambda lab, ask: lab.endpoints.package(ask.path["tenant"], ask.body),
    ),
    Call(
        method="PUT",
        path=f"{_E}/packages/{{kind}}",
        summary="Bring a package onto an endpoint as the platform's management tools do",
        body=wire.Placing,
        verb=lambda lab, ask: lab.endpoints.place_package(
            ask.path["tenant"], ask.path["endpoint"], _kind(ask), ask.body
        ),
    ),
    Call(
        method="DELETE",
        path=f"{_E}/packages/{{kind}}",
        summary="Take a package off an endpoint",
        verb=lambda lab, ask: lab.endpoints.remove_package(ask.path["tenant"], ask.path["endpoint"], _kind(ask)),
    ),
    Call(
        method="GET",
        path=f"{_T}/evidence",
        summary="What every observer saw",
        query=("endpoint", "after"),
        answer=list[Evidence],
        verb=lambda lab, ask: lab.seen.evidence(ask.path["tenant"], ask.query.get("endpoint", ""), ask.after()),
    ),
    Call(
        method="GET",
        path=f"{_T}/connections",
        summary="The evidence, joined by connection",
        query=("endpoint", "after"),
        answer=list[Connection],
        verb=lambda lab, ask: lab.seen.connections(ask.path["tenant"], ask.query.get("endpoint", ""), ask.after()),
    ),
    Call(
        method="GET",
        path=f"{_T}/accounting",
        summary="Events sent, received and stored",
        query=("endpoint",),
        answer=wire.Accounting,
        verb=lambda lab, ask: lab.seen.accounting(ask.path["tenant"], ask.query.get("endpoint", "")),
    ),
    Call(
        method="POST",
        path=f"{_T}/fleets",
        summary="Addresses for endpoints whose agents run in other processes",
        body=wire.FleetOrder,
        answer=wire.FleetRange,
        verb=lambda lab, ask: lab.endpoints.add_fleet(ask.path["tenant"], ask.body),
    ),
    Call(
        method="PUT",
        path=f"{_T}/fleets/{{prefix}}/counts",
        summary="What a fleet's own counters say",
        body=wire.FleetCounts,
        verb=lambda lab, ask: lab.endpoints.count_fleet(ask.path["tenant"], ask.path["prefix"], ask.body),
    ),
)
