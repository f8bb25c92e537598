"""What the cloud knows of each tenant: its devices, alerts, actions and applications, by id.

Kept in memory because device channels ask at every call, and written through to the store's `records` before the caller
is answered. Contact times are memory only: they change at every poll and nobody is promised them. So are applications,
which have secrets.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from mdelab.cloud.action import Action
from mdelab.cloud.alert import Alert
from mdelab.cloud.application import Application
from mdelab.cloud.licence import Licences
from mdelab.cloud.machine import Device
from mdelab.cloud.portal.access import PortalAccess
from mdelab.cloud.store import Job, Store
from mdelab.cloud.ticks import ticks
from mdelab.model.licence import Subscription
from mdelab.model.tenant import Tenant

_INT32 = 1 << 31

Record = Device | Alert | Action


@dataclass(slots=True, kw_only=True)
class Traffic:
    """Events of an endpoint, counted on the wire."""

    received: int = 0
    duplicates: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class Estate:
    """One tenant in the cloud."""

    tenant: Tenant
    licences: Licences
    portal: PortalAccess = field(default_factory=PortalAccess)
    applications: dict[str, Application] = field(default_factory=dict)
    """By client id."""
    devices: dict[str, Device] = field(default_factory=dict)
    """By machine id."""
    alerts: dict[str, Alert] = field(default_factory=dict)
    actions: dict[str, Action] = field(default_factory=dict)
    traffic: dict[str, Traffic] = field(default_factory=dict)
    """By endpoint name."""
    api_page_size: int = 10_000
    """Objects in one page of the Defender API; 10,000 is documented."""

    def device_named(self, endpoint: str) -> Device | None:
        """The device of an endpoint: the one seen last, when it had several machine ids."""
        found = [device for device in self.devices.values() if device.endpoint == endpoint]
        return max(found, key=Device.last_seen, default=None)

    def alerts_of(self, machine_id: str) -> list[Alert]:
        return [alert for alert in self.alerts.values() if alert.machine_id == machine_id]


def new_alert_id(estate: Estate, *names: str) -> str:
    """`da<ticks>_<a 32-bit integer>`, as defender-docs api/alerts.md shows it. names: what the alert is about."""
    ids = estate.tenant.stream("alert", *names, str(len(estate.alerts)))
    return f"da{ticks(estate.tenant.clock.now())}_{ids.randrange(-_INT32, _INT32)}"


class Estates:
    """All tenants of the cloud."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_tenant: dict[str, Estate] = {}
        self._by_organisation: dict[str, Estate] = {}
        self._tokens: dict[str, tuple[Estate, Device]] = {}

    def add(self, tenant: Tenant, subscription: Subscription) -> Estate:
        """Begin a tenant. Raises LabError for an offer that does not exist."""
        estate = Estate(tenant=tenant, licences=Licences(subscription, tenant.clock.now()))
        self._by_tenant[tenant.id] = self._by_organisation[tenant.org_id] = estate
        return estate

    def remove(self, tenant: Tenant) -> None:
        """Forget the tenant and delete its rows; its devices' tokens are worth nothing from now on."""
        estate = self._by_tenant.pop(tenant.id, None)
        if estate is None:
            return
        del self._by_organisation[tenant.org_id]
        for device in estate.devices.values():
            self._tokens.pop(device.token, None)

        def job(connection: sqlite3.Connection) -> None:
            for table in ("events", "reports", "records"):
                connection.execute(f"DELETE FROM {table} WHERE tenant = ?", (tenant.id,))

        self._store.commit_later(job)

    def of(self, tenant_id: str) -> Estate | None:
        return self._by_tenant.get(tenant_id)

    def of_organisation(self, org_id: str) -> Estate | None:
        return self._by_organisation.get(org_id)

    def called(self, name: str) -> Estate | None:
        """The tenant with this name, in lower case."""
        return next((one for one in self._by_tenant.values() if one.tenant.name.lower() == name), None)

    def all(self) -> Iterator[Estate]:
        yield from self._by_tenant.values()

    def by_token(self, token: str) -> tuple[Estate, Device] | None:
        """Whose device token this is; the caller checks when it expires."""
        return self._tokens.get(token)

    def hand_token(self, estate: Estate, device: Device, token: str) -> None:
        """Replace the device's token; "" takes it away."""
        self._tokens.pop(device.token, None)
        device.token = token
        if token:
            self._tokens[token] = (estate, device)

    async def save(self, estate: Estate, record: Record) -> None:
        """Write a changed record through; returns after the commit. Raises StoreUnavailable."""
        await self._store.commit(_upsert(estate, record))

    def save_later(self, estate: Estate, record: Record) -> None:
        """The same for what nobody waits for; a full disk loses only the copy on disk, not what the lab answers."""
        self._store.commit_later(_upsert(estate, record))


def _upsert(estate: Estate, record: Record) -> Job[None]:
    kind = type(record).__name__
    document = msgspec.json.encode(_without_secret(record))
    row = (estate.tenant.id, kind, record.id, document)

    def job(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT OR REPLACE INTO records (tenant, kind, id, document) VALUES (?, ?, ?, ?)", row)

    return job


def _without_secret(record: Record) -> object:
    """Tokens never reach the disk."""
    if isinstance(record, Device):
        return {name: getattr(record, name) for name in Device.__slots__ if name != "token"}
    return record
