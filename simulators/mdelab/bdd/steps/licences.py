"""Licences: what an offer includes, who may use the client on a Mac, and on how many devices."""

from datetime import timedelta

from mdelab.bdd.registry import then
from mdelab.bdd.verdict import Unmet
from mdelab.catalogue.licences import devices_per_user, entitlement, products
from mdelab.model.clock import EPOCH
from mdelab.model.licence import Channel, Entitlement, Use, devices_of


@then("the offer {offer:Quoted} includes {product:Quoted}")
def includes(offer: str, product: str) -> None:
    """By the offer alone, bought through Volume Licensing."""
    owned = entitlement([offer])
    if not owned.includes(product):
        raise Unmet(f"the offer {offer!r} does not include {product!r}. {_grants(owned)}")


@then("the Mac client belongs to the product {product:Quoted}")
def belongs_to(product: str) -> None:
    """Whoever is entitled to the product may use the client on a Mac."""
    known = products()
    if product not in known or not known[product].has_mac_client:
        names = ", ".join(one.name for one in known.values() if one.has_mac_client)
        raise Unmet(f"the Mac client does not belong to {product!r}. It belongs to: {names or 'no product'}.")


@then("{offer:Quoted} from {channel:Purchase} licenses the Mac client")
def licenses(offer: str, channel: Channel) -> None:
    """Its users may use the client on a Mac."""
    owned = entitlement([offer], channel)
    if not owned.licenses_mac:
        raise Unmet(f"{offer!r} from {channel.value} does not license the Mac client. {_grants(owned)}")


@then("{offer:Quoted} from {channel:Purchase} does not license the Mac client")
def does_not_license(offer: str, channel: Channel) -> None:
    """The offer exists, and gives no right to use the client on a Mac."""
    owned = entitlement([offer], channel)
    if owned.licenses_mac:
        raise Unmet(f"{offer!r} from {channel.value} licenses the Mac client. {_grants(owned)}")


@then("the free trial gives {product:Quoted} and licenses the Mac client")
def trial(product: str) -> None:
    """To a customer who has bought nothing; without the trial the customer has nothing."""
    before, after = entitlement([]), entitlement([], is_trial=True)
    if before.is_subscribed or not after.includes(product) or not after.licenses_mac:
        raise Unmet(f"the free trial does not give {product!r} to a customer who has nothing. {_grants(after)}")


@then("of {count:Count} devices of one user {within:Count} are within the licence")
def within_licence(count: int, within: int) -> None:
    """All in use at a time; those that have been in use longest are within."""
    uses = [Use(user="kim", device=f"dev-{at}", since=EPOCH + timedelta(minutes=at)) for at in range(count)]
    found = devices_of("kim", uses, most=devices_per_user())
    if len(found.within) != within or found.beyond != tuple(use.device for use in uses[within:]):
        raise Unmet(f"of {count} devices these are within the licence: {found.within}, and these not: {found.beyond}.")


def _grants(owned: Entitlement) -> str:
    given = ", ".join(f"{grant.product.name} (by {grant.source})" for grant in owned.grants)
    return f"What it gives: {given or 'nothing'}."
