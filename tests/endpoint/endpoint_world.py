"""What an endpoint needs around it in a test: a DNS server, a cloud over TLS, a proxy, all tiny, real and on loopback.

The cloud is a fake with a history: it answers by the contract of `mdelab.model.channel` and remembers what it was asked.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from dnslib import QTYPE, RCODE, RR, A, DNSRecord

from mdelab.endpoint import artifacts
from mdelab.endpoint.files import FileTree, FolderTree
from mdelab.endpoint.route import Always
from mdelab.endpoint.sensor import Sensor
from mdelab.endpoint.transport import Transport
from mdelab.lab.time import TimeKeeper
from mdelab.model.attachment import Attachment
from mdelab.model.channel import Command, Commands, Enrolled, Enrolment, Event, Report, Stored
from mdelab.model.clock import Clock
from mdelab.model.device import DeviceSpec
from mdelab.model.evidence import Evidence
from mdelab.model.package import Kind, filetime, seal
from mdelab.model.proxy import Proxy
from mdelab.model.tenant import Tenant, new_tenant
from mdelab.model.trust import Trust
from mdelab.model.work import Address

CLOUD = "127.0.0.1"
GATEWAY = "winatp-gw-cus.microsoft.com"
NAMES = (
    GATEWAY,
    "us-v20.events.data.microsoft.com",
    "go.microsoft.com",
    "definitionupdates.microsoft.com",
    "x.cp.wd.microsoft.com",
)


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    peer: Address


Answer = tuple[int, dict[str, str], bytes]


class Server:
    """HTTP/1.1 over TCP, with TLS when given a context; one handler answers everything."""

    def __init__(
        self, handler: Callable[[Asked], Answer | Awaitable[Answer]], tls: ssl.SSLContext | None = None
    ) -> None:
        self.handler = handler
        self.tls = tls
        self.asked: list[Asked] = []
        self.connections = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> Address:
        self._server = await asyncio.start_server(self._serve, CLOUD, 0, ssl=self.tls)
        address: Address = self._server.sockets[0].getsockname()
        return address

    async def stop(self) -> None:
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Close every connection."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                method, path, _ = head[0].split(" ")
                headers = {line.split(": ", 1)[0].lower(): line.split(": ", 1)[1] for line in head[1:] if line}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                asked = Asked(method, path, headers, body, writer.get_extra_info("peername")[:2])
                self.asked.append(asked)
                answer = self.handler(asked)
                status, extra, content = answer if isinstance(answer, tuple) else await answer
                extra = {"Content-Length": str(len(content)), **extra} if "Transfer-Encoding" not in extra else extra
                lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in extra.items()), "", ""]
                writer.write("\r\n".join(lines).encode() + content)
                await writer.drain()
                if extra.get("Connection") == "close":
                    break
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()
            self._writers.discard(writer)


class Cloud:
    """Answers the device channels and remembers."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.enrolled: list[Enrolment] = []
        self.events: list[Event] = []
        self.reports = 0
        self.commands: list[Command] = []
        self.results: list[dict[str, Any]] = []
        self.goodbyes = 0
        self.asked_at: list[tuple[datetime, str]] = []
        self.override: dict[str, Answer] = {}
        """Path -> answer instead of the usual one."""

    def answer(self, asked: Asked) -> Answer:
        path = asked.path.partition("?")[0]
        self.asked_at.append((self._clock.now(), path))
        if path in self.override:
            return self.override[path]
        match path:
            case "/commands/enrol":
                self.enrolled.append(msgspec.json.decode(asked.body, type=Enrolment))
                return self._json(Enrolled(token=f"token-{len(self.enrolled)}", configuration_version="30.1"))
            case "/commands/poll":
                return self._json(Commands(commands=tuple(self.commands)))
            case "/commands/result":
                self.results.append(msgspec.json.decode(asked.body))
                return 204, {}, b""
            case "/commands/offboard":
                self.goodbyes += 1
                return 204, {}, b""
            case "/OneCollector/1.0":
                report = msgspec.json.decode(asked.body, type=Report)
                self.reports += 1
                known = {event.id for event in self.events}
                fresh = [event for event in report.events if event.id not in known]
                self.events += fresh
                return self._json(Stored(stored=len(fresh), duplicates=len(report.events) - len(fresh)))
            case "/fwlink/":
                return 302, {"Location": "https://definitionupdates.microsoft.com/definitions/linux/latest.json"}, b""
            case "/definitions/linux/latest.json":
                body = {"version": "1.400.1.0", "sha256": "00", "released": "2026-01-05T00:00:00Z"}
                return 200, {}, msgspec.json.encode(body)
            case "/ping" | "/api/report" | "/test":
                return 200, {"Content-Type": "text/plain"}, b"OK"
            case _:
                return 404, {}, b""

    @staticmethod
    def _json(body: msgspec.Struct) -> Answer:
        return 200, {"Content-Type": "application/json"}, msgspec.json.encode(body)


class Dns(asyncio.DatagramProtocol):
    """Answers for the names that it has; remembers who asked."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names
        self.asked: list[tuple[str, Address]] = []
        self.is_silent = False

    async def start(self) -> Address:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(CLOUD, 0))
        address: Address = self._transport.get_extra_info("sockname")
        return address

    def stop(self) -> None:
        self._transport.close()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        query = DNSRecord.parse(data)
        name = str(query.q.qname).rstrip(".")
        self.asked.append((name, addr))
        if self.is_silent:
            return
        reply = query.reply()
        if name in self.names:
            reply.add_answer(RR(name, QTYPE.A, rdata=A(self.names[name])))
        else:
            reply.header.rcode = RCODE.NXDOMAIN
        self._transport.sendto(reply.pack(), addr)


class ConnectProxy:
    """A tunnel proxy: answers CONNECT with `status`, and leads every name to `onward`."""

    def __init__(self, onward: Address) -> None:
        self.onward = onward
        self.answer = b"HTTP/1.1 200 Connection established\r\n\r\n"
        self.asked: list[str] = []
        self.is_silent = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> Address:
        self._server = await asyncio.start_server(self._serve, CLOUD, 0)
        address: Address = self._server.sockets[0].getsockname()
        return address

    async def stop(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.asked.append(head.split(b" ")[1].decode())
            if self.is_silent:
                await reader.read()
                return
            writer.write(self.answer)
            await writer.drain()
            if b" 200 " in self.answer:
                far_reader, far_writer = await asyncio.open_connection(*self.onward)
                await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await writer.wait_closed()


class Signer:
    """Signs packages, as the lab's cloud does."""

    def __init__(self, name: str = "mdelab package signing") -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self.key, hashes.SHA256())
        )
        self.pem = self.certificate.public_bytes(Encoding.PEM)

    def package(self, kind: Kind, org_id: str, *, expires: datetime | None = None, **more: object) -> str:
        """The outer JSON."""
        body: dict[str, object] = {"orgId": org_id, "lab": "mdelab test"}
        if kind == "onboarding":
            body |= {"geoLocationUrl": f"https://{GATEWAY}/", "vortexGeoLocation": "US", "previousOrgIds": []}
        else:
            body["expirationTimestamp"] = filetime(expires or datetime(2027, 1, 1, tzinfo=UTC))
        return seal({**body, **more}, self.key, self.certificate, [])


SIGNER = Signer()
"""Key generation is slow: one signer for all tests."""


@dataclass
class World:
    """`async with World(folder) as world:` one tenant with everything that an endpoint talks to."""

    folder: Path
    address: str = "127.0.0.9"
    evidence: list[Evidence] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self.tenant: Tenant = new_tenant(name="contoso", scenario="test", seed=1, clock=Clock())
        self.keeper = TimeKeeper(quiet_within_s=10)
        self.keeper.watch(self.tenant)
        self.ca = trustme.CA(organization_name="cloud")
        self.interceptor = trustme.CA(organization_name="interceptor")
        self.cloud = Cloud(self.tenant.clock)
        self.server = Server(self.cloud.answer, self.tls(self.ca, *NAMES))
        self.https = await self.server.start()
        self.dns = Dns(dict.fromkeys(NAMES, CLOUD))
        resolver = await self.dns.start()
        self.proxy = ConnectProxy(self.https)
        self.proxy_address = await self.proxy.start()
        self._sensors: list[Sensor] = []
        self._transports: list[Transport] = []
        self._more: list[Server] = []
        self.attachment = Attachment(
            address=self.address,
            resolver=resolver,
            ports={(CLOUD, 443): self.https},
            proxies={"corp-proxy": f"http://{CLOUD}:{self.proxy_address[1]}"},
            root_set=self._file("roots.pem", self.ca.cert_pem.bytes()),
            public_roots=self._file("public.pem", self.ca.cert_pem.bytes()),
            interception_cas={"corp-proxy": self._file("interceptor.pem", self.interceptor.cert_pem.bytes())},
            package_roots=self._file("packages.pem", SIGNER.pem),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for sensor in self._sensors:
            await sensor.stop()
        for transport in self._transports:
            await transport.close()
        await self.keeper.forget(self.tenant)
        await self.proxy.stop()
        self.dns.stop()
        for server in [self.server, *self._more]:
            await server.stop()

    def tls(self, ca: trustme.CA, *names: str, **dates: Any) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert(*names, **dates).configure_cert(context)
        return context

    def transport(
        self, *, proxy: Proxy | None = None, roots: bytes | None = None, skew: timedelta = timedelta()
    ) -> Transport:
        transport = Transport(
            name="lin-1",
            tenant=self.tenant,
            attachment=self.attachment,
            sink=self.evidence.append,
            router=Always(proxy),
            roots=lambda trust: b"" if trust is Trust.PLAIN else roots or self.ca.cert_pem.bytes(),
            skew=lambda: skew,
        )
        self._transports.append(transport)
        return transport

    async def behind(self, server: Server) -> Server:
        """Let `server` answer for the cloud's address instead of the cloud."""
        self._more.append(server)
        self.lead_to(await server.start())
        return server

    def lead_to(self, address: Address) -> None:
        self.attachment.ports[(CLOUD, 443)] = address
        self.proxy.onward = address

    async def sensor(self, *, files: FileTree | None = None, lean: bool = False, **spec: Any) -> Sensor:
        sensor = Sensor(
            spec=DeviceSpec(**{"name": "lin-1", **spec}),
            tenant=self.tenant,
            attachment=self.attachment,
            files=files or FolderTree(self.folder / "device"),
            sink=self.evidence.append,
            lean=lean,
        )
        self._sensors.append(sensor)
        await sensor.start()
        return sensor

    def onboard(self, sensor: Sensor, *, org_id: str = "", signer: Signer = SIGNER) -> None:
        artifacts.write(sensor.machine, "onboarding", signer.package("onboarding", org_id or self.tenant.org_id))

    def offboard(self, sensor: Sensor, *, org_id: str = "", expires: datetime | None = None) -> None:
        text = SIGNER.package("offboarding", org_id or self.tenant.org_id, expires=expires)
        artifacts.write(sensor.machine, "offboarding", text)

    async def advance(self, **delay: float) -> None:
        """Move the tenant's clock, with all that is due on the way, until the tenant is quiet."""
        await self.keeper.move(self.tenant, self.tenant.clock.now() + timedelta(**delay))
        await self.keeper.settle(self.tenant)

    def errors(self) -> list[Evidence]:
        return [record for record in self.evidence if record.error]

    def _file(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path


def log_of(sensor: Sensor) -> str:
    return sensor.machine.files.read("/var/log/microsoft/mdatp/microsoft_defender_core.log").decode()


def eicar() -> bytes:
    """The antivirus test file, made here so that no file of the repository holds it."""
    return b"".join([b"X5O!P%@AP[4", b"\\PZX54(P^)7CC)7}$", b"EICAR-STANDARD-", b"ANTIVIRUS-TEST-FILE!$H+H*"])
