"""A real mock cloud for tests, with real certificates, and a client that speaks to it by name over TLS."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from mdelab.cloud import Cloud, Signer
from mdelab.lab.authority import Authority
from mdelab.lab.time import TimeKeeper
from mdelab.model.channel import CYBER_PATH, Enrolment, Event, Offboarding, Poll, Profile, Report
from mdelab.model.clock import Clock
from mdelab.model.evidence import Evidence
from mdelab.model.licence import Subscription
from mdelab.model.tenant import Directory, Tenant, new_tenant

COMMAND = "winatp-gw-cus.microsoft.com"
CYBER = "us-v20.events.data.microsoft.com"
API = "api.securitycenter.microsoft.com"
MACHINE = "ab" * 20


@dataclass
class Got:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


@dataclass
class Ground:
    cloud: Cloud
    directory: Directory
    authority: Authority
    tenant: Tenant
    app: tuple[str, str]
    seen: list[Evidence]
    time: TimeKeeper
    tokens: dict[str, str] = field(default_factory=dict)

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority.cloud_root_file))

    async def send(
        self,
        url: str,
        body: bytes | None = None,
        *,
        method: str = "",
        token: str = "",
        source: str = "127.0.0.1",
        headers: dict[str, str] | None = None,
    ) -> Got:
        """One request on a connection of its own, to the host that `url` names."""
        scheme, _, rest = url.partition("://")
        host, slash, path = rest.partition("/")
        address = self.cloud.https if scheme == "https" else self.cloud.http
        tls = self.trust() if scheme == "https" else None
        reader, writer = await asyncio.open_connection(
            *address, ssl=tls, server_hostname=host if tls else None, local_addr=(source, 0)
        )
        method = method or ("GET" if body is None else "POST")
        lines = [f"{method} {slash}{path} HTTP/1.1", f"Host: {host}", "Connection: close"]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        if token:
            lines.append(f"Authorization: Bearer {token}")
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        try:
            writer.write("\r\n".join([*lines, "", ""]).encode() + (body or b""))
            raw = await reader.read()
        finally:
            writer.close()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)
        return parse_answer(raw)

    async def enrol(
        self, endpoint: str = "lin-1", machine: str = MACHINE, source: str = "127.0.0.1", **changes: Any
    ) -> str:
        """Enrol a device; returns its token. changes: of its profile."""
        self.directory.bind(source, self.tenant, endpoint)
        enrolment = self.enrolment(endpoint, machine, **changes)
        got = await self.send(f"https://{COMMAND}/commands/enrol", enrolment, source=source)
        assert got.status == 200, got.body
        self.tokens[endpoint] = str(got.json()["token"])
        return self.tokens[endpoint]

    def enrolment(self, endpoint: str = "lin-1", machine: str = MACHINE, **changes: Any) -> bytes:
        blob = self.cloud.package(self.tenant, kind="onboarding").blob
        return msgspec.json.encode(Enrolment(package=blob, profile=profile(endpoint, machine, **changes)))

    async def report(self, *events: Event, endpoint: str = "lin-1") -> Got:
        return await self.send(
            f"https://{CYBER}{CYBER_PATH}", msgspec.json.encode(Report(events=events)), token=self.tokens[endpoint]
        )

    async def poll(self, endpoint: str = "lin-1", machine: str = MACHINE) -> Got:
        body = msgspec.json.encode(Poll(profile=profile(endpoint, machine)))
        return await self.send(f"https://{COMMAND}/commands/poll", body, token=self.tokens[endpoint])

    async def offboard(self, endpoint: str = "lin-1") -> Got:
        blob = self.cloud.package(self.tenant, kind="offboarding").blob
        body = msgspec.json.encode(Offboarding(package=blob))
        return await self.send(f"https://{COMMAND}/commands/offboard", body, token=self.tokens[endpoint])

    async def sign_in(self, headers: dict[str, str] | None = None, **changes: str) -> Got:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.app[0],
            "client_secret": self.app[1],
            "scope": f"https://{API}/.default",
        } | changes
        body = "&".join(f"{name}={value}" for name, value in form.items())
        url = f"https://login.microsoftonline.com/{self.tenant.id}/oauth2/v2.0/token"
        return await self.send(url, body.encode(), headers=headers)

    async def api(self, path: str, body: dict[str, Any] | None = None, *, method: str = "") -> Got:
        token = (await self.sign_in()).json()["access_token"]
        content = None if body is None else msgspec.json.encode(body)
        return await self.send(f"https://{API}/api{path}", content, token=token, method=method)

    async def move(self, **span: float) -> None:
        await self.time.move(self.tenant, self.tenant.clock.now() + timedelta(**span))

    def event(self, number: int, kind: str = "Heartbeat", **fields: str) -> Event:
        return Event(id=f"event-{number}", at=self.tenant.clock.now(), type=kind, fields=fields)


def profile(endpoint: str = "lin-1", machine: str = MACHINE, **changes: Any) -> Profile:
    values = {"name": f"{endpoint}.corp.example", "os_platform": "Ubuntu", "os_version": "22.04"} | changes
    return Profile(machine_id=machine, **values)


def parse_answer(raw: bytes) -> Got:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return Got(int(first.split(" ")[1]), headers, body)


def on_cloud(tmp_path: Path, story: Callable[[Ground], Awaitable[None]], *, evidence: Any = "all") -> None:
    """Run `story` against a cloud of its own, and stop it."""

    async def run() -> None:
        authority = Authority(tmp_path / "certificates", "lab7")
        directory, seen = Directory(), list[Evidence]()
        signed = authority.package_signer
        cloud = Cloud(
            folder=tmp_path / "cloud",
            tls=authority.server_context(),
            signer=Signer(key=signed.key, certificate=signed.certificate, chain=(authority.package_root,)),
            directory=directory,
            sink=seen.append,
            lab_id="lab7",
        )
        tenant = new_tenant(name="contoso", scenario="s", seed=1, clock=Clock(), evidence=evidence)
        directory.add(tenant)
        directory.bind("127.0.0.1", tenant, "lin-1")
        keeper = TimeKeeper()
        keeper.watch(tenant)
        await cloud.start()
        try:
            ground = Ground(cloud, directory, authority, tenant, cloud.add_tenant(tenant, Subscription()), seen, keeper)
            await asyncio.wait_for(story(ground), 60)
        finally:
            await keeper.forget(tenant)
            await cloud.stop()

    asyncio.run(run())
