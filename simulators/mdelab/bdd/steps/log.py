"""The agent's log on an endpoint: a file on Linux and macOS, the event log on Windows."""

from datetime import timedelta

from mdelab.bdd.asking import ask
from mdelab.bdd.eventually import Seen, eventually
from mdelab.bdd.registry import then
from mdelab.lab.client import TenantClient


@then("the Defender log on {endpoint:Name} says {text:Quoted} within {limit:Duration}")
def says(tenant: TenantClient, endpoint: str, text: str, limit: timedelta) -> None:
    """One line of it holds the text."""

    def look() -> Seen:
        lines = ask(tenant, endpoint, "log").splitlines()
        return Seen(any(text in line for line in lines), f"its last lines were {lines[-3:]}")

    eventually(tenant, f"the Defender log on {endpoint} says {text!r}", limit, look)
