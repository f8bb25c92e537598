"""What agent, hops and cloud recorded, and what follows from it."""

from datetime import timedelta

from mdelab.bdd.eventually import Seen, eventually
from mdelab.bdd.registry import then
from mdelab.bdd.verdict import Unmet
from mdelab.diagnosis import refused_because_of_interception
from mdelab.lab.client import TenantClient


@then("the diagnosis of {endpoint:Name} is {cause:Quoted}")
def diagnosed(tenant: TenantClient, endpoint: str, cause: str) -> None:
    """The cause as `mdelab diagnose` names it."""
    found = tenant.diagnosis(endpoint)
    if found.cause != cause:
        lines = "\n".join(f"    {line.observer}: {line.text}" for line in found.evidence)
        raise Unmet(f"the diagnosis of {endpoint} is {found.cause!r} ({found.summary}), not {cause!r}.\n{lines}")


@then("events of {endpoint:Name} wait on it within {limit:Duration}")
def waiting(tenant: TenantClient, endpoint: str, limit: timedelta) -> None:
    """Its queue holds reports that the cloud has not acknowledged."""

    def look() -> Seen:
        count = tenant.endpoint(endpoint).waiting
        return Seen(count > 0, f"{count} events waited")

    eventually(tenant, f"events of {endpoint} wait on it", limit, look)


@then("every event of {endpoint:Name} is stored within {limit:Duration}")
def stored(tenant: TenantClient, endpoint: str, limit: timedelta) -> None:
    """Sent by the agent's count, stored by the cloud's: the same number, more than none, and nothing waits."""

    def look() -> Seen:
        counts = tenant.accounting(endpoint)
        holds = counts.sent > 0 and counts.waiting == 0 and counts.stored == counts.sent
        return Seen(holds, f"sent {counts.sent}, waiting {counts.waiting}, stored {counts.stored}, lost {counts.lost}")

    eventually(tenant, f"every event of {endpoint} is stored", limit, look)


@then("{endpoint:Name} refuses because of interception within {limit:Duration}")
def refuses(tenant: TenantClient, endpoint: str, limit: timedelta) -> None:
    """Four things together: the proxy presented its own chain, the agent broke off, nothing was readable, curl got through."""

    def look() -> Seen:
        found = refused_because_of_interception(tenant.connections(endpoint))
        return Seen(found.holds, f"these were found:\n{found}\n")

    eventually(tenant, f"{endpoint} refuses because of interception", limit, look)
