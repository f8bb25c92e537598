"""Licences: what a customer is entitled to, and which devices of a user are within the licence.

Which offer gives which product is data in `mdelab.catalogue.licences`; who uses what is kept in `mdelab.cloud.licence`.
The agent has no licence check of its own: what it calls `licensed` says only whether it is onboarded.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec


class Channel(StrEnum):
    """How a customer buys."""

    VOLUME_LICENSING = "volume-licensing"
    CSP = "csp"
    """From a Cloud Solution Provider."""


class Right(StrEnum):
    """What a licence covers."""

    CLIENT = "client"
    """Mac and Windows clients, for each licensed user."""
    SERVER = "server"
    """Linux and Windows Server, for each server."""


class Feature(StrEnum):
    """What a product does for the devices that it covers."""

    ANTIVIRUS = "antivirus"
    EDR = "edr"
    """Endpoint detection and response: alerts on behaviour, not on files."""


class Subscription(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a customer has bought. The default covers clients and servers, so that licences trouble only who asks for them."""

    offers: tuple[str, ...] = ("Microsoft 365 E5", "Microsoft Defender for Servers Plan 2")
    """Names of catalogue/licences.toml."""
    purchase: Channel = Channel.VOLUME_LICENSING
    trial: bool = False
    """Whether the customer has signed up for the free trial, which begins with this subscription."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    name: str
    right: Right
    has_mac_client: bool
    features: frozenset[Feature]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One product, and where it comes from."""

    source: str
    """An offer's name, a channel, or `free trial`."""
    product: Product


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """All that a customer is entitled to."""

    grants: tuple[Grant, ...]

    @property
    def is_subscribed(self) -> bool:
        """Whether the customer has any Defender product: without one there is no portal and no package."""
        return bool(self.grants)

    @property
    def licenses_mac(self) -> bool:
        """Whether users may use the Mac client."""
        return any(grant.product.has_mac_client for grant in self.grants)

    def covers(self, right: Right) -> bool:
        return any(grant.product.right is right for grant in self.grants)

    def has(self, feature: Feature, right: Right) -> bool:
        """Whether a product that covers such devices has the feature."""
        return any(grant.product.right is right and feature in grant.product.features for grant in self.grants)

    def includes(self, product: str) -> bool:
        """Whether the product of that name is among the grants."""
        return any(grant.product.name == product for grant in self.grants)


def entitlement(grants: Iterable[Grant]) -> Entitlement:
    """One source is enough: offers, channel and trial add up, and a product that comes twice counts once.

    grants: in the order in which they are named to people; the first source of a product is kept.
    """
    kept: dict[Product, Grant] = {}
    for grant in grants:
        kept.setdefault(grant.product, grant)
    return Entitlement(grants=tuple(kept.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A user uses the product on a device."""

    user: str
    device: str
    since: datetime
    """The tenant's time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """The devices that a user uses at a time, longest used first."""

    within: tuple[str, ...]
    beyond: tuple[str, ...]
    """More than one licence allows."""


def devices_of(user: str, uses: Iterable[Use], *, most: int) -> Devices:
    """Which devices of `user` are within the licence: the `most` that have been in use longest.

    uses: of all users, those that go on at the same time. A device that is named twice counts once, from its first use.
    """
    since: dict[str, datetime] = {}
    for use in uses:
        if use.user == user:
            since[use.device] = min(use.since, since.get(use.device, use.since))
    devices = tuple(sorted(since, key=lambda device: (since[device], device)))
    return Devices(within=devices[:most], beyond=devices[most:])
