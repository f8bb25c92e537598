"""The agent's log on an endpoint."""

from datetime import timedelta

from mdelab.bdd.eventually import Seen, eventually
from mdelab.bdd.registry import then
from mdelab.lab.client import TenantClient

_CORE_LOG = "/var/log/microsoft/mdatp/microsoft_defender_core.log"


@then("the Defender log on {endpoint:Name} says {text:Quoted} within {limit:Duration}")
def says(tenant: TenantClient, endpoint: str, text: str, limit: timedelta) -> None:
    """One line of microsoft_defender_core.log holds the text."""

    def look() -> Seen:
        lines = (tenant.read_file(endpoint, _CORE_LOG).text or "").splitlines()
        return Seen(any(text in line for line in lines), f"its last lines were {lines[-3:]}")

    eventually(tenant, f"the Defender log on {endpoint} says {text!r}", limit, look)
