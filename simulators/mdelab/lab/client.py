"""The lab's client: what the CLI, every pytest worker and the load tools speak to a running lab with."""

import contextlib
import socket
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlsplit

import msgspec
import urllib3

from mdelab import __version__
from mdelab.lab import wire
from mdelab.lab.answer import Answer
from mdelab.lab.mde_api import MdeApi
from mdelab.lab.state import DEFAULT_NAME, find
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError, NotReady
from mdelab.model.evidence import Connection, Evidence
from mdelab.model.fault import Fault
from mdelab.model.licence import Subscription
from mdelab.model.package import Kind
from mdelab.model.route import Route
from mdelab.model.site import Site
from mdelab.model.tenant import HopPolicy

if TYPE_CHECKING:
    from testinfra.host import Host

T = TypeVar("T")

_TIMEOUT = urllib3.Timeout(connect=5.0, read=180.0)
"""Moving a clock by days takes a while; a lab that is gone is noticed by the refused connection."""


def connect(name: str = DEFAULT_NAME) -> "LabClient":
    """A client of the running lab called `name`. Raises LabError with advice when there is none, or one of another version."""
    state = find(name)
    if state.version != __version__:
        raise LabError(
            f"the lab {name!r} runs mdelab {state.version}, and this is mdelab {__version__}: their control APIs may differ. "
            f"End it with `mdelab down --lab {name}` and start it anew, or use the mdelab that started it."
        )
    return LabClient(state.address, state.token)


class LabClient:
    """One running lab."""

    def __init__(self, address: str, token: str) -> None:
        """address: http://127.0.0.1:port of the control API."""
        self.address = address
        self.token = token
        parts = urlsplit(address)
        if parts.hostname is None or parts.port is None:
            raise LabError(f"{address!r} is not the address of a lab. It looks like http://127.0.0.1:41873.")
        self._pool = urllib3.HTTPConnectionPool(
            parts.hostname,
            parts.port,
            maxsize=4,
            retries=False,
            timeout=_TIMEOUT,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        self._info: wire.LabInfo | None = None
        self._front: urllib3.ProxyManager | None = None

    def close(self) -> None:
        """Close the connections; the lab goes on."""
        self._pool.close()
        if self._front is not None:
            self._front.clear()

    def info(self) -> wire.LabInfo:
        """Asked for once: a lab does not change."""
        if self._info is None:
            self._info = self.call("GET", "/v1/lab", answer=wire.LabInfo)
        return self._info

    def stop(self) -> None:
        """Ask the lab to end."""
        self.call("POST", "/v1/lab/stop", answer=None)

    def tenants(self) -> list[wire.TenantInfo]:
        return self.call("GET", "/v1/tenants", answer=list[wire.TenantInfo])

    def create_tenant(self, spec: wire.TenantSpec) -> "TenantClient":
        info = self.call("POST", "/v1/tenants", body=spec, answer=wire.TenantInfo)
        return TenantClient(self, info.id, info.api)

    def tenant(self, name: str = "") -> "TenantClient":
        """A tenant by id or name; the lab's default tenant for "". Raises LabError that lists the known ones."""
        info = self.call(
            "GET", f"/v1/tenants/{quote(name or self.info().default_tenant, safe='')}", answer=wire.TenantInfo
        )
        return TenantClient(self, info.id, info.api)

    def fetch(
        self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """Send a request to a simulated host by its real name, through the lab's entrance."""
        try:
            response = self._entrance().request(
                method, url, headers=dict(headers or {}), body=body or None, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise LabError(
                f"{url} cannot be reached through the lab: {error}. Is the name one that the lab simulates?"
            ) from error
        return Answer(response.status, {key.lower(): value for key, value in response.headers.items()}, response.data)

    def call(self, method: str, path: str, *, body: Any = None, answer: type[T] | None) -> T:
        """Make one call of the control API. Raises LabError or NotReady with the lab's own message."""
        try:
            response = self._pool.request(method, path, body=msgspec.json.encode(body) if body is not None else None)
        except urllib3.exceptions.HTTPError as error:
            raise NotReady(
                f"the lab at {self.address} does not answer: {error}. It may have ended; `mdelab status` lists the running ones."
            ) from error
        if response.status >= 300:
            raise _error(response.status, response.data)
        if answer is None:
            return None  # type: ignore[return-value]  # calls without an answer are made for their effect
        return msgspec.json.decode(response.data, type=answer)

    def _entrance(self) -> urllib3.ProxyManager:
        if self._front is None:
            info = self.info()
            self._front = urllib3.ProxyManager(
                info.entrance,
                ca_certs=info.ca_file,
                maxsize=4,
                retries=False,
                timeout=_TIMEOUT,
                # urllib3 leaves Nagle's algorithm on behind a proxy: 40 ms at the first request of each connection.
                socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
            )
        return self._front


class TenantClient:
    """One tenant of a running lab."""

    def __init__(self, lab: LabClient, tenant_id: str, app: wire.ApiApp) -> None:
        self.lab = lab
        self.id = tenant_id
        self._path = f"/v1/tenants/{tenant_id}"
        self._app = app
        self._apis: dict[str, MdeApi] = {}
        """By the name of the application; "" for the tenant's own."""

    def info(self) -> wire.TenantInfo:
        return self.lab.call("GET", self._path, answer=wire.TenantInfo)

    def delete(self) -> None:
        self.lab.call("DELETE", self._path, answer=None)

    def clock(self) -> wire.ClockInfo:
        return self.lab.call("GET", f"{self._path}/clock", answer=wire.ClockInfo)

    def move(
        self, *, seconds: float | None = None, until: datetime | None = None, step: bool = False
    ) -> wire.ClockInfo:
        """Move the tenant's time; returns when the tenant is quiet. Give `seconds` or `until`."""
        ask = wire.ClockMove(seconds=seconds, until=until, step=step)
        return self.lab.call("POST", f"{self._path}/clock", body=ask, answer=wire.ClockInfo)

    def licences(self) -> wire.LicenceReport:
        return self.lab.call("GET", f"{self._path}/licences", answer=wire.LicenceReport)

    def subscribe(self, subscription: Subscription) -> wire.LicenceReport:
        """Buy this, and nothing else any more."""
        return self.lab.call("PUT", f"{self._path}/subscription", body=subscription, answer=wire.LicenceReport)

    def users(self) -> list[wire.UserInfo]:
        return self.lab.call("GET", f"{self._path}/users", answer=list[wire.UserInfo])

    def user(self, account: str) -> wire.UserInfo:
        return self.lab.call("GET", self._user(account), answer=wire.UserInfo)

    def change_user(self, account: str, change: wire.UserChange) -> wire.UserInfo:
        return self.lab.call("PATCH", self._user(account), body=change, answer=wire.UserInfo)

    def applications(self) -> list[wire.ApplicationInfo]:
        return self.lab.call("GET", f"{self._path}/applications", answer=list[wire.ApplicationInfo])

    def create_application(self, spec: wire.ApplicationSpec) -> wire.ApplicationInfo:
        """Register an application; the answer tells its secret."""
        return self.lab.call("POST", f"{self._path}/applications", body=spec, answer=wire.ApplicationInfo)

    def change_application(self, name: str, change: wire.ApplicationChange) -> wire.ApplicationInfo:
        """name: or client id."""
        if change.secret_days is not None:
            # It signs in with the newest secret from now on.
            self._apis.pop(name, None)
        path = f"{self._path}/applications/{quote(name, safe='')}"
        return self.lab.call("PATCH", path, body=change, answer=wire.ApplicationInfo)

    def remove_application(self, name: str) -> None:
        self.lab.call("DELETE", f"{self._path}/applications/{quote(name, safe='')}", answer=None)

    def roll_over_keys(self, *, at_once: bool = False) -> None:
        """Let Entra sign with a new key; `at_once` withdraws the old ones now."""
        self.lab.call("POST", f"{self._path}/signing-keys", body=wire.KeyRollOver(at_once=at_once), answer=None)

    def set_api_pages(self, size: int) -> None:
        """Change how many objects the Defender API puts into one page."""
        self.lab.call("PUT", f"{self._path}/api-pages", body=wire.ApiPages(size=size), answer=None)

    def hops(self) -> list[HopPolicy]:
        return self.lab.call("GET", f"{self._path}/hops", answer=list[HopPolicy])

    def put_hop(self, policy: HopPolicy) -> HopPolicy:
        return self.lab.call("PUT", f"{self._path}/hops/{quote(policy.name, safe='')}", body=policy, answer=HopPolicy)

    def remove_hop(self, name: str) -> None:
        self.lab.call("DELETE", f"{self._path}/hops/{quote(name, safe='')}", answer=None)

    def site(self) -> Site:
        return self.lab.call("GET", f"{self._path}/site", answer=Site)

    def put_site(self, site: Site) -> Site:
        return self.lab.call("PUT", f"{self._path}/site", body=site, answer=Site)

    def judge_pac(self, question: wire.PacQuestion) -> wire.PacAnswer:
        """What a PAC file is worth: its own faults, else what it says about each URL."""
        return self.lab.call("POST", f"{self._path}/pac", body=question, answer=wire.PacAnswer)

    def faults(self) -> list[Fault]:
        return self.lab.call("GET", f"{self._path}/faults", answer=list[Fault])

    def put_fault(self, fault: Fault) -> Fault:
        """Let a fault begin when it says; one of the same id makes room."""
        named = quote(fault.id or fault.kind, safe="")
        return self.lab.call("PUT", f"{self._path}/faults/{named}", body=fault, answer=Fault)

    def remove_fault(self, fault_id: str) -> None:
        self.lab.call("DELETE", f"{self._path}/faults/{quote(fault_id, safe='')}", answer=None)

    def endpoints(self) -> list[wire.EndpointInfo]:
        return self.lab.call("GET", f"{self._path}/endpoints", answer=list[wire.EndpointInfo])

    def add_endpoint(self, spec: DeviceSpec) -> wire.EndpointInfo:
        return self.lab.call("POST", f"{self._path}/endpoints", body=spec, answer=wire.EndpointInfo)

    def endpoint(self, name: str) -> wire.EndpointInfo:
        return self.lab.call("GET", self._endpoint(name), answer=wire.EndpointInfo)

    def change_endpoint(self, name: str, change: wire.EndpointChange) -> wire.EndpointInfo:
        return self.lab.call("PATCH", self._endpoint(name), body=change, answer=wire.EndpointInfo)

    def remove_endpoint(self, name: str) -> None:
        self.lab.call("DELETE", self._endpoint(name), answer=None)

    def exec(
        self, name: str, argv: list[str], *, stdin: str = "", env: dict[str, str] | None = None, cwd: str = ""
    ) -> wire.ExecResult:
        """Run a program on an endpoint."""
        ask = wire.ExecRequest(argv=argv, stdin=stdin, env=env or {}, cwd=cwd)
        return self.lab.call("POST", f"{self._endpoint(name)}/exec", body=ask, answer=wire.ExecResult)

    def route(self, name: str, url: str) -> Route:
        """Which way the endpoint's client would take to `url` now."""
        ask = wire.RouteQuestion(url=url)
        return self.lab.call("POST", f"{self._endpoint(name)}/route", body=ask, answer=Route)

    def host(self, name: str) -> "Host":
        """An endpoint's container as testinfra sees it. Raises LabError where the endpoint is in none."""
        container = self.endpoint(name).container
        if not container:
            raise LabError(
                f"the endpoint {name!r} is no container, so there is no system to look into. "
                "Run the lab with --backend docker (pytest: --lab-backend docker)."
            )
        import testinfra  # here, because most clients never look inside

        return testinfra.get_host(f"docker://{container}")

    def files(self, name: str) -> list[str]:
        return self.lab.call("GET", f"{self._endpoint(name)}/files", answer=list[str])

    def read_file(self, name: str, path: str) -> wire.FileContent:
        return self.lab.call("GET", self._file(name, path), answer=wire.FileContent)

    def write_file(self, name: str, path: str, text: str, *, mode: int = 0o644) -> wire.FileContent:
        ask = wire.FileWrite(text=text, mode=mode)
        return self.lab.call("PUT", self._file(name, path), body=ask, answer=wire.FileContent)

    def remove_file(self, name: str, path: str) -> None:
        self.lab.call("DELETE", self._file(name, path), answer=None)

    def package(self, order: wire.PackageOrder) -> wire.PackageInfo:
        return self.lab.call("POST", f"{self._path}/packages", body=order, answer=wire.PackageInfo)

    def place_package(self, name: str, kind: Kind, blob: str = "") -> None:
        """Bring a package onto an endpoint as the platform's management tools do; "" for the tenant's own."""
        self.lab.call("PUT", f"{self._endpoint(name)}/packages/{kind}", body=wire.Placing(blob=blob), answer=None)

    def remove_package(self, name: str, kind: Kind) -> None:
        self.lab.call("DELETE", f"{self._endpoint(name)}/packages/{kind}", answer=None)

    def evidence(self, endpoint: str = "", *, after: int = 0) -> list[Evidence]:
        return self.lab.call("GET", f"{self._path}/evidence?{_query(endpoint, after)}", answer=list[Evidence])

    def connections(self, endpoint: str = "", *, after: int = 0) -> list[Connection]:
        return self.lab.call("GET", f"{self._path}/connections?{_query(endpoint, after)}", answer=list[Connection])

    def diagnosis(self, name: str) -> wire.Diagnosis:
        return self.lab.call("GET", f"{self._endpoint(name)}/diagnosis", answer=wire.Diagnosis)

    def accounting(self, endpoint: str = "") -> wire.Accounting:
        return self.lab.call("GET", f"{self._path}/accounting?{_query(endpoint, 0)}", answer=wire.Accounting)

    def create_fleet(self, order: wire.FleetOrder) -> wire.FleetRange:
        return self.lab.call("POST", f"{self._path}/fleets", body=order, answer=wire.FleetRange)

    def fleet_counts(self, prefix: str, counts: wire.FleetCounts) -> None:
        self.lab.call("PUT", f"{self._path}/fleets/{quote(prefix, safe='')}/counts", body=counts, answer=None)

    def api(self, application: str = "") -> MdeApi:
        """The tenant's Defender API, as a customer's automation reaches it: with one application's tokens.

        application: its name; "" for the one that has every permission. Raises LabError for one that is not there.
        """
        if application not in self._apis:
            self._apis[application] = MdeApi(self.lab.fetch, self.id, self._credentials(application))
        return self._apis[application]

    def _credentials(self, application: str) -> wire.ApiApp:
        if not application:
            return self._app
        known = {one.name: one for one in self.applications()}
        if application not in known:
            listed = ", ".join(sorted(known))
            raise LabError(f"the tenant has no application {application!r}. Known: {listed}. Register it first.")
        found = known[application]
        return wire.ApiApp(client_id=found.client_id, client_secret=found.client_secret)

    def _user(self, account: str) -> str:
        return f"{self._path}/users/{quote(account, safe='')}"

    def _endpoint(self, name: str) -> str:
        return f"{self._path}/endpoints/{quote(name, safe='')}"

    def _file(self, name: str, path: str) -> str:
        return f"{self._endpoint(name)}/files/{quote(path.lstrip('/'))}"


def _query(endpoint: str, after: int) -> str:
    return f"endpoint={quote(endpoint, safe='')}&after={after}"


def _error(status: int, body: bytes) -> LabError | NotReady:
    """The lab's own message, as the error type that says who must act."""
    with contextlib.suppress(msgspec.DecodeError):
        problem = msgspec.json.decode(body, type=wire.Problem)
        return NotReady(problem.message) if status >= 500 else LabError(problem.message)
    return NotReady(f"the lab answered {status} with a body that is not its own: {body[:200]!r}")
