"""What the tenant has bought, which of its users have a licence, and what its portal says of both."""

from mdelab.bdd.registry import given, then, when
from mdelab.bdd.steps.packages import order
from mdelab.bdd.verdict import Unmet
from mdelab.lab.client import TenantClient
from mdelab.lab.wire import PackageOrder, UserChange
from mdelab.model.errors import LabError
from mdelab.model.licence import Channel, Subscription
from mdelab.model.package import Kind
from mdelab.model.platform import Platform


@given("the tenant has bought {offer:Quoted} from {channel:Purchase}")
def has_bought(tenant: TenantClient, offer: str, channel: Channel) -> None:
    """This alone; a tenant of which nothing is said owns offers for clients and for servers."""
    tenant.subscribe(Subscription(offers=(offer,), purchase=channel))


@given("the tenant has bought nothing")
def has_nothing(tenant: TenantClient) -> None:
    """Neither an offer, nor from a Cloud Solution Provider, nor the free trial."""
    tenant.subscribe(Subscription(offers=()))


@when("the tenant signs up for the free trial")
def signs_up(tenant: TenantClient) -> None:
    """Beside what it has bought; the trial begins now."""
    bought = tenant.licences().subscription
    tenant.subscribe(Subscription(offers=bought.offers, purchase=bought.purchase, trial=True))


@given("the user {user:Account} has no licence")
def has_no_licence(tenant: TenantClient, user: str) -> None:
    """An administrator has taken it; everybody else has one."""
    tenant.change_user(user, UserChange(is_licensed=False))


@given("the user {user:Account} has the portal role {role:Quoted}")
@when("the user {user:Account} is given the portal role {role:Quoted}")
def has_role(tenant: TenantClient, user: str, role: str) -> None:
    """Such as Security Administrator or Security Reader; nobody has one unless it is given."""
    tenant.change_user(user, UserChange(portal_role=role))


@then("the portal hands out the {kind:Kind} download for {platform:Platform}")
def hands_out(tenant: TenantClient, kind: Kind, platform: Platform) -> None:
    """To an administrator of the tenant."""
    order(tenant, kind, platform, "script")


@then("the portal hands out the {kind:Kind} download for {platform:Platform} to the user {user:Account}")
def hands_out_to(tenant: TenantClient, kind: Kind, platform: Platform, user: str) -> None:
    """By the role that the user has in the portal."""
    tenant.package(PackageOrder(kind=kind, platform=platform, user=user))


@then("the portal refuses the {kind:Kind} download for {platform:Platform}, because {reason:Quoted}")
def refuses(tenant: TenantClient, kind: Kind, platform: Platform, reason: str) -> None:
    """To everybody; the reason is in what the portal says."""
    _refuses(tenant, PackageOrder(kind=kind, platform=platform), reason)


@then(
    "the portal refuses the {kind:Kind} download for {platform:Platform} to the user {user:Account}, because {reason:Quoted}"
)
def refuses_to(tenant: TenantClient, kind: Kind, platform: Platform, user: str, reason: str) -> None:
    """By the role that the user has in the portal."""
    _refuses(tenant, PackageOrder(kind=kind, platform=platform, user=user), reason)


@then("the portal shows {endpoint:Name} as {state:Quoted}")
def shows_state(tenant: TenantClient, endpoint: str, state: str) -> None:
    """How the device stands to the licences: licensed, beyond the licence, no licensed user or no subscription."""
    states = {row.endpoint: row.state for row in tenant.licences().devices}
    if states.get(endpoint) != state:
        seen = ", ".join(f"{name} as {found!r}" for name, found in states.items()) or "no device at all"
        raise Unmet(f"the portal does not show {endpoint} as {state!r}. It shows {seen}.")


def _refuses(tenant: TenantClient, asked: PackageOrder, reason: str) -> None:
    try:
        package = tenant.package(asked)
    except LabError as error:
        if reason in str(error):
            return
        raise Unmet(f"the portal refused the download for another reason than {reason!r}: {error}") from error
    raise Unmet(f"the portal handed out {package.file_name!r}, instead of refusing it because {reason!r}.")
