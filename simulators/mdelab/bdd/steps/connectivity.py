"""The agent's own connectivity test."""

from mdelab.bdd.last import Last, describe
from mdelab.bdd.registry import then, when
from mdelab.bdd.steps.commands import run
from mdelab.bdd.verdict import Unmet
from mdelab.lab.client import TenantClient


@when("{endpoint:Name} tests its connectivity")
def tests(tenant: TenantClient, last: Last, endpoint: str) -> None:
    """`mdatp connectivity test`."""
    run(tenant, last, endpoint, "mdatp connectivity test")


@then("all {count:Count} URLs of the connectivity test on {endpoint:Name} are OK")
def all_ok(last: Last, endpoint: str, count: int) -> None:
    """Exactly that many lines, each of them ending in [OK]."""
    lines = _tested(last, endpoint)
    bad = [line for line in lines if not line.endswith("[OK]")]
    if bad or len(lines) != count:
        raise Unmet(
            f"the connectivity test on {endpoint} has {len(lines)} URLs, {len(bad)} of them not OK, instead of {count} "
            f"that are. {describe(last.of(endpoint))}"
        )


@then("the connectivity test on {endpoint:Name} fails for {host:Quoted} with curl error {code:Count}")
def fails_with(last: Last, endpoint: str, host: str, code: int) -> None:
    """The lines after that host's URL name the error as libcurl numbers it."""
    lines = last.of(endpoint).stdout.splitlines()
    at = next((index for index, line in enumerate(lines) if f"//{host}/" in line), None)
    if at is None or "[OK]" in lines[at] or f"code: {code})" not in " ".join(lines[at : at + 2]):
        raise Unmet(
            f"the connectivity test on {endpoint} does not fail for {host} with curl error {code}. "
            f"{describe(last.of(endpoint))}"
        )


def _tested(last: Last, endpoint: str) -> list[str]:
    return [
        line.strip() for line in last.of(endpoint).stdout.splitlines() if line.startswith("Testing connection with")
    ]
