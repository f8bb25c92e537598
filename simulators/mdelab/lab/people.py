"""The people of a tenant and the names of its devices, where a spec or a scenario leaves them open.

Drawn with Faker over the tenant's seed streams: the same seed and scenario have the same people, in whatever order their
devices are made.
"""

import re
from collections.abc import Collection
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from mdelab.model.device import DeviceSpec
from mdelab.model.person import Person
from mdelab.model.platform import Platform
from mdelab.model.tenant import Tenant

if TYPE_CHECKING:
    from faker import Faker

_LOCALE = "en_GB"

_NOT_IN_ACCOUNTS = re.compile(r"[^a-z.]")


@cache
def _faker() -> "Faker":
    """Made once, and only when somebody is drawn: its word lists cost more to read than a lab takes to start."""
    from faker import Faker

    return Faker(_LOCALE)


def complete(tenant: Tenant, spec: DeviceSpec, taken: Collection[str]) -> DeviceSpec:
    """The device with a name and an owner: those that it asks for, or others that are made up. taken: names."""
    name = spec.name or device_name(tenant, spec.platform, taken)
    return msgspec.structs.replace(spec, name=name, user=spec.user or owner_account(tenant, name))


def owner_account(tenant: Tenant, device: str) -> str:
    """The account of the person whose device it is."""
    faker = _seeded(tenant, "owner", device)
    return _NOT_IN_ACCOUNTS.sub("", f"{faker.first_name()}.{faker.last_name()}".lower())


def person(tenant: Tenant, account: str) -> Person:
    """Who has the account: the name follows from it, the rest is drawn."""
    first, _, last = account.partition(".")
    faker = _seeded(tenant, "person", account)
    return Person(
        account=account,
        name=f"{first.capitalize()} {(last or faker.last_name()).capitalize()}",
        mail=f"{account}@{_domain(tenant)}",
        address=", ".join(faker.address().splitlines()),
    )


def device_name(tenant: Tenant, platform: Platform, taken: Collection[str]) -> str:
    """A host name for the next device that has none, such as `mac-harris`."""
    number = 1
    while True:
        faker = _seeded(tenant, "device name", platform.value, str(number))
        name = f"{platform.value[:3]}-{_NOT_IN_ACCOUNTS.sub('', faker.last_name().lower())}"
        if name not in taken:
            return name
        number += 1


def _domain(tenant: Tenant) -> str:
    """A scenario's tenant has a name that no domain could have."""
    return f"{'tenant' if not tenant.name.isalnum() else tenant.name.lower()}.example"


def _seeded(tenant: Tenant, *purpose: str) -> "Faker":
    """The generator, seeded for this draw alone, so that no draw depends on another."""
    faker = _faker()
    faker.seed_instance(tenant.derive("people", *purpose))
    return faker
