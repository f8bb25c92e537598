"""The mock cloud: assembled here, on one screen, and what the lab asks of it."""

import ssl
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from mdelab.catalogue.resources import DEFENDER, resource
from mdelab.catalogue.rules import rules
from mdelab.cloud.acceptor import Acceptor
from mdelab.cloud.detection.detector import Detector
from mdelab.cloud.detection.matcher import Matcher
from mdelab.cloud.device import DeviceService
from mdelab.cloud.device.command import CommandChannel
from mdelab.cloud.device.cyber import CyberChannel
from mdelab.cloud.dispatch import Dispatcher
from mdelab.cloud.downloads import downloads
from mdelab.cloud.entra import EntraService
from mdelab.cloud.entra.registrations import register
from mdelab.cloud.estate import Estate, Estates
from mdelab.cloud.inventory import Inventory
from mdelab.cloud.machine import Device
from mdelab.cloud.mde_api import mde_api
from mdelab.cloud.mde_api.limits import Limits
from mdelab.cloud.packages import PackageHost
from mdelab.cloud.portal.package import PortalPackage, Signer, make_package
from mdelab.cloud.portal.site import portal
from mdelab.cloud.revocation import revocation
from mdelab.cloud.store import Store
from mdelab.cloud.telemetry import Telemetry
from mdelab.model.errors import LabError
from mdelab.model.evidence import EvidenceSink
from mdelab.model.licence import Subscription
from mdelab.model.package import Connectivity, Kind
from mdelab.model.platform import Platform
from mdelab.model.tenant import Directory, Tenant
from mdelab.model.work import Address

_OWN_SECRET_LIVES = timedelta(days=10_000)
"""Of the application that every tenant begins with: scenarios move clocks by years."""


class Cloud:
    """The Microsoft services of one lab, for all its tenants."""

    https: Address
    """Where port 443 of every simulated host is; known after `start`."""
    http: Address
    """Where port 80 is."""

    def __init__(
        self,
        *,
        folder: Path,
        tls: ssl.SSLContext,
        signer: Signer,
        directory: Directory,
        sink: EvidenceSink,
        lab_id: str,
        flawed: Mapping[str, ssl.SSLContext] | None = None,
    ) -> None:
        """folder: made if missing; the store's files are in it. tls: the server's context, the cloud's own from now on.

        flawed: contexts for faults, by what is wrong with their certificates.
        """
        self._folder = folder
        self._signer = signer
        self._lab_id = lab_id
        self._directory = directory
        self._store = Store(folder / "cloud.sqlite")
        self._estates = Estates(self._store)
        self._telemetry = Telemetry(self._store)
        self._detector = Detector(Matcher(rules()), self._estates)
        entra = EntraService(self._estates)
        self.keys = entra.keys
        self._limits = Limits()
        device = DeviceService(
            CommandChannel(self._estates, Inventory(self._estates), signer.chain),
            CyberChannel(self._estates, self._telemetry, self._detector),
        )
        dispatcher = Dispatcher(
            bare={
                "device": device.answer,
                "packages": PackageHost().answer,
                "downloads": downloads(),
                "portal": portal,
                "revocation": revocation,
            },
            apps={"entra": entra.app, "mde-api": mde_api(self._estates, entra.tokens, self._telemetry, self._limits)},
            directory=directory,
            sink=sink,
        )
        self._acceptor = Acceptor(dispatcher, tls, directory, sink, lab_id, flawed or {})

    async def start(self, address: str = "127.0.0.1", https_port: int = 0, http_port: int = 0) -> None:
        """Open the store and listen on two ports of `address`; 0 for one that the system chooses."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        await self._store.open()
        try:
            self.https, self.http = await self._acceptor.start(address, https_port, http_port)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close every port, connection and file."""
        await self._acceptor.stop()
        await self._store.close()

    def add_tenant(self, tenant: Tenant, subscription: Subscription) -> tuple[str, str]:
        """Begin to serve a tenant; returns id and secret of an application that has every permission of the Defender API.

        Raises LabError for an offer that does not exist.
        """
        estate = self._estates.add(tenant, subscription)
        own = register(estate, "mdelab", resource(DEFENDER).roles, secret_lives=_OWN_SECRET_LIVES)
        return own.client_id, own.secrets[0].value

    def remove_tenant(self, tenant: Tenant) -> None:
        """Stop serving a tenant and delete what was stored of it."""
        self._detector.forget(tenant.id)
        self.keys.forget(tenant)
        self._limits.forget(tenant.id)
        self._estates.remove(tenant)

    def package(
        self,
        tenant: Tenant,
        *,
        kind: Kind,
        platform: Platform = Platform.LINUX,
        method: str = "script",
        connectivity: Connectivity = "standard",
        geography: str = "US",
        user: str = "",
        age: timedelta = timedelta(),
    ) -> PortalPackage:
        """What the portal's download gives. user: who asks for it; "" for the lab's own administrator. age: since when it lies.

        Raises LabError for what the portal does not offer, to this tenant or to this user.
        """
        estate = self.estate(tenant)
        estate.portal.check_download(user)
        estate.licences.check_download(tenant.name, tenant.clock.now())
        return make_package(
            tenant, self._signer, self._lab_id,
            kind=kind, platform=platform, method=method, connectivity=connectivity, geography=geography, age=age,
        )  # fmt: skip

    def accounting(self, tenant: Tenant, endpoint: str = "") -> tuple[int, int, int]:
        """(received, stored, duplicates) events of a tenant or of one endpoint: on the wire, by SQL, repeats."""
        estate = self.estate(tenant)
        named = [estate.traffic[endpoint]] if endpoint in estate.traffic else []
        counted = named if endpoint else list(estate.traffic.values())
        received = sum(one.received for one in counted)
        duplicates = sum(one.duplicates for one in counted)
        return received, self._telemetry.stored(tenant.id, endpoint), duplicates

    def device(self, tenant: Tenant, endpoint: str) -> Device | None:
        """The cloud's record of an endpoint; None when it never enrolled."""
        return self.estate(tenant).device_named(endpoint)

    def estate(self, tenant: Tenant) -> Estate:
        """What the cloud keeps of a tenant. Raises LabError for one that it does not serve."""
        estate = self._estates.of(tenant.id)
        if estate is None:
            raise LabError(f"tenant {tenant.name!r} is not in the cloud (any more). Make it first.")
        return estate
