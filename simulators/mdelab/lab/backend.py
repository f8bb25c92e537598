"""The seam between a lab and what carries its traffic: loopback in one process (`embedded`), or containers.

`mdelab.lab.estate` speaks to a backend and to its devices in these words only, so that a lab cannot tell which one it has.
"""

from pathlib import Path
from typing import Literal, Protocol

from mdelab.lab.wire import (
    ApiApp,
    ApiPages,
    ApplicationChange,
    ApplicationInfo,
    ApplicationSpec,
    EndpointChange,
    EndpointInfo,
    ExecRequest,
    ExecResult,
    FileContent,
    FileWrite,
    FleetRange,
    KeyRollOver,
    LicenceReport,
    PacAnswer,
    PackageInfo,
    PackageOrder,
    PacQuestion,
    UserChange,
    UserRights,
)
from mdelab.model.device import DeviceSpec
from mdelab.model.fault import InForce
from mdelab.model.licence import Subscription
from mdelab.model.package import Kind
from mdelab.model.route import Route
from mdelab.model.tenant import HopPolicy, Tenant


class Device(Protocol):
    """One endpoint, wherever its sensor runs. A verb returns when the device has done it; each may raise LabError."""

    async def info(self) -> EndpointInfo: ...

    async def counts(self) -> tuple[int, int]:
        """(made, waiting): events that its agent made ever, and those that are not acknowledged."""
        ...

    async def execute(self, ask: ExecRequest) -> ExecResult: ...

    async def change(self, change: EndpointChange) -> None:
        """Hops that are named are known to exist."""
        ...

    async def begin_fault(self, fault: InForce) -> None:
        """Carry a fault out that sits in devices."""
        ...

    async def end_fault(self, fault_id: str) -> None:
        """Give back what a fault took; harmless when it was not carried out here."""
        ...

    async def route(self, url: str) -> Route:
        """Which way its client would take to `url` now; what it has to find out for that, it really does."""
        ...

    async def files(self) -> list[str]:
        """Every path of the device, sorted."""
        ...

    async def read_file(self, path: str) -> FileContent: ...

    async def write_file(self, path: str, write: FileWrite) -> FileContent: ...

    async def remove_file(self, path: str) -> None: ...

    async def place_package(self, kind: Kind, blob: str) -> None:
        """Put a package where the platform keeps it: a file, a property list, the registry."""
        ...

    async def remove_package(self, kind: Kind) -> None: ...


class Identity(Protocol):
    """What a tenant's administrator does in Entra. name: or client id, of an application. Each may raise LabError."""

    async def applications(self) -> list[ApplicationInfo]: ...

    async def register(self, spec: ApplicationSpec) -> ApplicationInfo: ...

    async def change(self, name: str, wanted: ApplicationChange) -> ApplicationInfo: ...

    async def remove(self, name: str) -> None: ...

    async def roll_over_keys(self, wanted: KeyRollOver) -> None: ...

    async def set_api_pages(self, pages: ApiPages) -> None: ...


class Backend(Protocol):
    """What carries the traffic of a lab. The calls about a tenant come between its `add_tenant` and `remove_tenant`."""

    @property
    def name(self) -> Literal["embedded", "docker"]: ...

    @property
    def entrance(self) -> str:
        """URL of the proxy by which clients that are no endpoints come in; known after `start`, as `ca_file` is."""
        ...

    @property
    def ca_file(self) -> Path:
        """PEM file of the authority that signs for the simulated names."""
        ...

    async def start(self) -> None:
        """Start what every lab needs. When something cannot start, what was started is stopped."""
        ...

    async def stop(self) -> None:
        """End everything that was started; harmless when nothing was."""
        ...

    async def add_tenant(self, tenant: Tenant, subscription: Subscription) -> ApiApp:
        """Raises LabError for an offer that does not exist."""
        ...

    async def remove_tenant(self, tenant: Tenant) -> None:
        """Forget the tenant, and end its devices."""
        ...

    async def put_hop(self, tenant: Tenant, policy: HopPolicy) -> None:
        """Make the tenant's hop act as `policy`, which `tenant.hops` holds already, says from the next request on."""
        ...

    async def remove_hop(self, tenant: Tenant, name: str) -> None: ...

    async def put_site(self, tenant: Tenant) -> None:
        """Make the tenant's network tell its devices what `tenant.site` says."""
        ...

    async def judge_pac(self, tenant: Tenant, question: PacQuestion) -> PacAnswer:
        """What a PAC file is worth, by the names that the tenant's devices can resolve. Raises LabError."""
        ...

    async def faults_changed(self, tenant: Tenant) -> None:
        """Let the faults that `tenant.faults` holds act from the next request of its endpoints on, and no others."""
        ...

    async def begin_host_fault(self, tenant: Tenant, endpoint: str, fault: InForce) -> None:
        """Carry out a fault that sits in what an endpoint runs on."""
        ...

    async def end_host_fault(self, tenant: Tenant, endpoint: str, fault_id: str) -> None:
        """Give back what it took; harmless when it took nothing."""
        ...

    async def add_endpoint(self, tenant: Tenant, spec: DeviceSpec) -> Device:
        """Make a device and switch it on."""
        ...

    async def remove_endpoint(self, tenant: Tenant, name: str) -> None: ...

    async def package(self, tenant: Tenant, order: PackageOrder) -> PackageInfo:
        """What the portal's download gives. Raises LabError for what it does not offer."""
        ...

    async def licences(self, tenant: Tenant) -> LicenceReport:
        """What the portal says of the tenant's licences and devices."""
        ...

    async def subscribe(self, tenant: Tenant, subscription: Subscription) -> None:
        """Make this what the tenant has bought. Raises LabError for an offer that does not exist."""
        ...

    async def change_user(self, tenant: Tenant, account: str, change: UserChange) -> UserRights:
        """What the user may do after the change. Raises LabError for a role that the portal does not have."""
        ...

    def identity(self, tenant: Tenant) -> Identity: ...

    async def accounting(self, tenant: Tenant, endpoint: str) -> tuple[int, int, int]:
        """(received, stored, duplicates) events of a tenant, or of one endpoint; "" for all."""
        ...

    async def flush(self) -> None:
        """Return when every record of what happened so far has arrived."""
        ...

    async def tell_time(self, tenant: Tenant) -> None:
        """See `mdelab.lab.time.Elsewhere`."""
        ...

    async def look(self, tenant: Tenant) -> None:
        """See `mdelab.lab.time.Elsewhere`."""
        ...

    def add_fleet(self, tenant: Tenant, names: list[str]) -> FleetRange:
        """Addresses for endpoints of these names, whose agents run in other processes."""
        ...
