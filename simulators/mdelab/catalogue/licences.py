"""What a customer can buy, and which Defender products that gives. How grants add up is `mdelab.model.licence`."""

from collections.abc import Sequence
from functools import cache

import msgspec

from mdelab.catalogue.read import read
from mdelab.model.basis import Basis
from mdelab.model.errors import LabError
from mdelab.model.licence import Channel, Entitlement, Feature, Grant, Product, Right
from mdelab.model.licence import entitlement as add_up

TRIAL = "free trial"
"""The source of what a trial grants."""


class _Product(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    right: Right
    mac_client: bool = False
    features: frozenset[Feature] = frozenset(Feature)
    """All of them unless the row says less."""
    basis: Basis
    source: str


class Offer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    products: tuple[str, ...]
    """What it includes, by name."""
    basis: Basis
    source: str


class _Channel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Channel
    products: tuple[str, ...]
    """What comes with buying there, whatever else is bought."""
    basis: Basis
    source: str


class _Trial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    products: tuple[str, ...]
    basis: Basis
    source: str


class _System(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    begins: str
    """How the operating system's name begins; "" fits every one."""
    right: Right
    basis: Basis
    source: str


class _User(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    devices: int
    basis: Basis
    source: str


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    user: _User
    system: tuple[_System, ...]
    product: tuple[_Product, ...]
    offer: tuple[Offer, ...]
    channel: tuple[_Channel, ...]
    trial: _Trial


@cache
def _file() -> _File:
    return read("licences.toml", _File)


@cache
def products() -> dict[str, Product]:
    """By name."""
    return {
        row.name: Product(name=row.name, right=row.right, has_mac_client=row.mac_client, features=row.features)
        for row in _file().product
    }


@cache
def offers() -> dict[str, Offer]:
    """By name."""
    return {row.name: row for row in _file().offer}


def right_of(os_platform: str) -> Right:
    """What a licence must cover for a device with this operating system, as the MDE API spells it."""
    return next(row.right for row in _file().system if os_platform.startswith(row.begins))


def devices_per_user() -> int:
    """How many devices one licensed user may use at a time."""
    return _file().user.devices


def entitlement(
    bought: Sequence[str], channel: Channel = Channel.VOLUME_LICENSING, *, is_trial: bool = False
) -> Entitlement:
    """What a customer is entitled to. bought: names of offers. Raises LabError that lists the known ones."""
    for name in bought:
        if name not in offers():
            raise LabError(f"offer {name!r} is not one of {', '.join(offers())}. Choose from these.")
    (way,) = [row for row in _file().channel if row.name is channel]
    given = [(name, product) for name in bought for product in offers()[name].products]
    given += [(channel.value, product) for product in way.products]
    given += [(TRIAL, product) for product in _file().trial.products if is_trial]
    return add_up(Grant(source=source, product=products()[name]) for source, name in given)
