"""A small real cloud for the fleet's tests: DNS over UDP and device channels over TLS, with counters and planted faults."""

import asyncio
import contextlib
import itertools
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import msgspec
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from dnslib import QTYPE, RR, A, DNSRecord

from mdelab.lab.wire import Accounting, FleetRange
from mdelab.load.protocol import FleetPlan
from mdelab.model.channel import Commands, Enrolled, Report, Stored
from mdelab.model.package import LAB_MARKER, filetime, seal

CLOUD = "127.35.0.1"
_addresses = itertools.count(1)


class TinyCloud:
    """Runs in a thread of its own. The attributes that plant faults may be set from the test at any time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.received = 0
        self.duplicates = 0
        self.enrolled = 0
        self.offboarded = 0
        self.ids: set[str] = set()
        self.peers: set[str] = set()
        self.busy_answers = 0
        """So many reports are answered with 503 before one is taken."""
        self.forgets = 0
        """So many reports are acknowledged and not stored: the defect that the accounting must find."""
        self._authority = trustme.CA()
        self._authority.cert_pem.write_to_path(folder / "roots.pem")
        self._key, self._signer, root = _signing_authority()
        (folder / "package-roots.pem").write_bytes(root.public_bytes(Encoding.PEM))
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="tiny cloud")

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    def accounting(self) -> Accounting:
        """What the lab would answer, from this cloud's own counters."""
        return Accounting(sent=0, waiting=0, received=self.received, stored=len(self.ids), duplicates=self.duplicates)

    def plan(self, endpoints: int, *, offboard: bool = False) -> FleetPlan:
        number = next(_addresses)
        return FleetPlan(
            tenant="8b2f8f3a-0d1c-4a66-9a0e-3f5b7c6d1e21",
            org_id="2d6c2a37-6d0a-4c4e-8b5a-5f1f6f0a9c11",
            tenant_name="load",
            scenario="load",
            seed=7,
            prefix="fleet",
            range=FleetRange(
                addresses=[f"127.7{number % 10}.{number // 10}.{endpoint + 1}" for endpoint in range(endpoints)],
                resolver=self.resolver,
                ports=[((CLOUD, 443), self.https)],
                root_set=str(self.folder / "roots.pem"),
                public_roots=str(self.folder / "roots.pem"),
                package_roots=str(self.folder / "package-roots.pem"),
            ),
            onboarding=self._package("onboarding"),
            offboarding=self._package("offboarding") if offboard else "",
        )

    def _package(self, kind: str) -> str:
        body: dict[str, object] = {
            "orgId": "2d6c2a37-6d0a-4c4e-8b5a-5f1f6f0a9c11",
            "geoLocationUrl": "https://winatp-gw-eus.microsoft.com/",
            "datacenter": "EastUs",
            "vortexGeoLocation": "US",
            "version": "1.0",
            "lab": f"{LAB_MARKER} test",
        }
        if kind == "offboarding":
            body["expirationTimestamp"] = filetime(datetime.now(UTC) + timedelta(days=7))
        return seal(body, self._key, self._signer, [self._signer])

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._authority.issue_cert("*.microsoft.com", "*.events.data.microsoft.com").configure_cert(context)
        server = await asyncio.start_server(self._talk, CLOUD, 0, ssl=context)
        self.https = server.sockets[0].getsockname()[:2]
        names, _ = await self._loop.create_datagram_endpoint(_Names, ("127.35.0.53", 0))
        self.resolver = names.get_extra_info("sockname")[:2]
        self._talks: set[asyncio.Task[None]] = set()
        self._ready.set()
        await self._end.wait()
        names.close()
        server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        await server.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                while True:
                    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                    length = head.partition("content-length:")[2].partition("\r\n")[0].strip()
                    body = await reader.readexactly(int(length or 0))
                    self.peers.add(writer.get_extra_info("peername")[0])
                    status, answer = self._answer(head.split()[1], body)
                    retry = "Retry-After: 1\r\n" if status == 503 else ""
                    writer.write(
                        f"HTTP/1.1 {status} x\r\n{retry}Content-Type: application/json\r\n"
                        f"Content-Length: {len(answer)}\r\n\r\n".encode()
                        + answer
                    )
                    await writer.drain()
        finally:
            self._talks.discard(task)
            writer.close()

    def _answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        match path.rsplit("/", 1)[-1]:
            case "enrol":
                self.enrolled += 1
                return 200, msgspec.json.encode(Enrolled(token=f"device-{self.enrolled}", configuration_version="1"))
            case "poll":
                return 200, msgspec.json.encode(Commands())
            case "offboard":
                self.offboarded += 1
                return 204, b""
            case "1.0":
                return self._report(msgspec.json.decode(body, type=Report))
        return 404, b"{}"

    def _report(self, report: Report) -> tuple[int, bytes]:
        if self.busy_answers:
            self.busy_answers -= 1
            return 503, b'{"error": {"code": "busy", "message": "planted"}}'
        new = {event.id for event in report.events} - self.ids
        self.received += len(report.events)
        self.duplicates += len(report.events) - len(new)
        if self.forgets:
            self.forgets -= 1
        else:
            self.ids |= new
        return 200, msgspec.json.encode(Stored(stored=len(new), duplicates=len(report.events) - len(new)))


class _Names(asyncio.DatagramProtocol):
    """Every name is the cloud."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # asyncio's own is no subclass of it

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = DNSRecord.parse(data)
        answer = query.reply()
        if query.q.qtype == QTYPE.A:
            answer.add_answer(RR(query.q.qname, QTYPE.A, rdata=A(CLOUD), ttl=60))
        self._transport.sendto(answer.pack(), addr)


def _signing_authority() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate, x509.Certificate]:
    """A key, its certificate, and the root that issued it."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mdelab simulated package root")])
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mdelab simulated package signer")])
    now = datetime.now(UTC)

    def certificate(subject: x509.Name, public: ec.EllipticCurvePublicKey, *, is_root: bool) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(root_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
            .sign(root_key, hashes.SHA256())
        )

    root = certificate(root_name, root_key.public_key(), is_root=True)
    return key, certificate(name, key.public_key(), is_root=False), root
