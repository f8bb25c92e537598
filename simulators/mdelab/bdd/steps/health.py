"""What `mdatp health` says."""

from datetime import timedelta

from mdelab.bdd.eventually import NOW, Seen, eventually
from mdelab.bdd.registry import then
from mdelab.bdd.verdict import Inconclusive
from mdelab.lab.client import TenantClient


def health(tenant: TenantClient, endpoint: str) -> dict[str, str]:
    """Field -> value as printed, without the quotes of a string."""
    result = tenant.exec(endpoint, ["mdatp", "health"])
    if result.not_simulated:
        raise Inconclusive(f"`mdatp health` on {endpoint} is not simulated: {', '.join(result.not_simulated)}")
    rows = (line.partition(":") for line in result.stdout.splitlines() if not line.startswith("ATTENTION"))
    return {name.strip(): _value(value) for name, _, value in rows if name.strip()}


def health_managed(tenant: TenantClient, endpoint: str) -> set[str]:
    """The fields that are marked as decided by an administrator."""
    result = tenant.exec(endpoint, ["mdatp", "health"])
    return {line.partition(":")[0].strip() for line in result.stdout.splitlines() if line.endswith(" [managed]")}


def shows(tenant: TenantClient, endpoint: str, wanted: dict[str, str]) -> Seen:
    """Whether health has these values now."""
    found = health(tenant, endpoint)
    different = {name: found.get(name, "no such field") for name, value in wanted.items() if found.get(name) != value}
    text = ", ".join(f"{name} was {value}" for name, value in (different or wanted).items())
    return Seen(not different, f"on {endpoint}, {text}")


@then("mdatp health on {endpoint:Name} shows:")
def health_shows(tenant: TenantClient, endpoint: str, datatable: list[list[str]]) -> None:
    """Rows of a field and its value as printed, without the quotes of a string."""
    health_shows_within(tenant, endpoint, NOW, datatable)


@then("mdatp health on {endpoint:Name} shows within {limit:Duration}:")
def health_shows_within(tenant: TenantClient, endpoint: str, limit: timedelta, datatable: list[list[str]]) -> None:
    """All rows hold at one moment before the time is up."""
    wanted = {row[0]: row[1] for row in datatable}
    promise = f"mdatp health on {endpoint} shows {', '.join(f'{name} {value}' for name, value in wanted.items())}"
    eventually(tenant, promise, limit, lambda: shows(tenant, endpoint, wanted))


def _value(text: str) -> str:
    text = text.strip().removesuffix(" [managed]")
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
