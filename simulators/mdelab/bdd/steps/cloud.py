"""What the Defender API says about devices."""

from datetime import timedelta

from mdelab.bdd.eventually import Seen, eventually, never
from mdelab.bdd.registry import then
from mdelab.bdd.verdict import Unmet
from mdelab.lab.client import TenantClient
from mdelab.lab.mde_api import Rows
from mdelab.model.errors import LabError


def machines(tenant: TenantClient, endpoint: str) -> Rows:
    """The rows of the device inventory that are this endpoint."""
    own = tenant.endpoint(endpoint).machine_id
    return [row for row in tenant.api().machines() if row["id"] == own]


def listed_as(tenant: TenantClient, endpoint: str, status: str) -> Seen:
    """Whether the API lists the endpoint once, with this health status."""
    rows = machines(tenant, endpoint)
    found = ", ".join(str(row["healthStatus"]) for row in rows)
    return Seen(
        [row["healthStatus"] for row in rows] == [status], f"the API lists {endpoint} {len(rows)} times ({found})"
    )


@then("the API lists {endpoint:Name} as {status:Status} within {limit:Duration}")
def lists_as(tenant: TenantClient, endpoint: str, status: str, limit: timedelta) -> None:
    """`healthStatus` of GET /api/machines, where the endpoint stands exactly once."""
    promise = f"the API lists {endpoint} as {status}"
    eventually(tenant, promise, limit, lambda: listed_as(tenant, endpoint, status))


@then("for {span:Duration} the API goes on listing {endpoint:Name} as {status:Status}")
def goes_on_listing(tenant: TenantClient, endpoint: str, status: str, span: timedelta) -> None:
    """Never another status, and never twice, through all of the time."""

    def changed() -> Seen:
        seen = listed_as(tenant, endpoint, status)
        return Seen(not seen.holds, seen.text)

    promise = f"the API goes on listing {endpoint} as {status}"
    never(tenant, promise, span, changed, lambda: listed_as(tenant, endpoint, status))


@then("for {span:Duration} the API does not list {endpoint:Name}")
def does_not_list(tenant: TenantClient, endpoint: str, span: timedelta) -> None:
    """The positive control is another endpoint of the tenant that it lists."""

    def look() -> Seen:
        rows = machines(tenant, endpoint)
        return Seen(bool(rows), f"the API lists it {len(rows)} times")

    def control() -> Seen:
        return Seen(bool(tenant.api().machines()), "the API lists no endpoint of the tenant at all")

    never(tenant, f"the API does not list {endpoint}", span, look, control)


@then("the API refuses to offboard {endpoint:Name} with {code:Quoted}")
def refuses_to_offboard(tenant: TenantClient, endpoint: str, code: str) -> None:
    """POST /api/machines/{id}/offboard answers with an error of this code."""
    machine = tenant.endpoint(endpoint).machine_id
    try:
        tenant.api().post(f"/api/machines/{machine}/offboard", {"Comment": "scenario"})
    except LabError as error:
        if code in str(error):
            return
        raise Unmet(f"the API refused to offboard {endpoint}, but not with {code!r}: {error}") from error
    raise Unmet(f"the API took the order to offboard {endpoint}, instead of refusing it with {code!r}.")


@then("the API shows the tag {tag:Quoted} on {endpoint:Name} within {limit:Duration}")
def shows_tag(tenant: TenantClient, tag: str, endpoint: str, limit: timedelta) -> None:
    """In `machineTags` of the device."""

    def look() -> Seen:
        tags = [one for row in machines(tenant, endpoint) for one in row["machineTags"]]
        return Seen(tag in tags, f"the tags of {endpoint} were {tags}")

    eventually(tenant, f"the API shows the tag {tag!r} on {endpoint}", limit, look)


@then("the API shows the client version {version:Quoted} of {endpoint:Name} within {limit:Duration}")
def shows_version(tenant: TenantClient, version: str, endpoint: str, limit: timedelta) -> None:
    """`agentVersion` of the device, which stands in the inventory exactly once."""

    def look() -> Seen:
        found = [row["agentVersion"] for row in machines(tenant, endpoint)]
        return Seen(found == [version], f"the client versions of {endpoint} were {found}")

    eventually(tenant, f"the API shows the client version {version!r} of {endpoint}", limit, look)
