"""A real TLS cloud, certificates, a directory with endpoints, and real curl, for the tests of the hops."""

import asyncio
import os
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mdelab.model.clock import Clock
from mdelab.model.evidence import Evidence, HttpSeen
from mdelab.model.tenant import Directory, HopPolicy, Tenant, new_tenant
from mdelab.model.work import Address
from mdelab.model.zone import Zone

CLOUD = "127.0.0.1"
ENDPOINT = "127.21.0.1"
NAME = "x.cp.wd.microsoft.com"
OTHER = "cdn.x.cp.wd.microsoft.com"
INTERCEPTION = "mdelab simulated interception"
UNKNOWN = "www.example.com"


@dataclass(frozen=True)
class Authorities:
    """The cloud's CA and the interception CA, as files."""

    cloud: trustme.CA
    cloud_roots: Path
    interception_pem: Path
    interception_roots: Path


def authorities(folder: Path) -> Authorities:
    cloud = trustme.CA(organization_name="mdelab simulated cloud")
    cloud.cert_pem.write_to_path(folder / "cloud.pem")
    key, certificate = _named_authority(INTERCEPTION)
    (folder / "interception.pem").write_bytes(certificate)
    (folder / "interception-ca.pem").write_bytes(key + certificate)
    return Authorities(cloud, folder / "cloud.pem", folder / "interception-ca.pem", folder / "interception.pem")


def _named_authority(name: str) -> tuple[bytes, bytes]:
    """Key and certificate of a CA with a common name, which trustme's have not."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    usage = {"digital_signature": True, "key_cert_sign": True, "crl_sign": True, "content_commitment": False}
    usage |= dict.fromkeys(["key_encipherment", "data_encipherment", "key_agreement", "encipher_only"], False)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(**usage, decipher_only=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    return key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain), certificate.public_bytes(pem)


@dataclass
class Cloud:
    """A real HTTP server, with and without TLS, that answers `OK <path>` and records who called."""

    seen: list[Evidence] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    blob: bytes = bytes(range(256)) * 16_384

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        local, peer = writer.get_extra_info("sockname"), writer.get_extra_info("peername")
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                method, path, _ = head.decode().split(" ", 2)
                fields = head.decode().lower().split("\r\n")
                length = next((int(line[15:]) for line in fields if line.startswith("content-length:")), 0)
                self.bodies.append(await reader.readexactly(length))
                http = HttpSeen(method=method, path=path, status=200)
                self.seen.append(Evidence(observer="cloud", step="http", local=local, peer=peer, http=http))
                body = self.blob if path == "/blob" else f"OK {path}".encode()
                last = "connection: close" in fields
                closing = b"Connection: close\r\n" if last else b""
                writer.write(b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n%b" % (closing, len(body), body))
                await writer.drain()
                if last:
                    break
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()


@dataclass
class Rig:
    """What a hop needs around it."""

    cloud: Cloud
    zone: Zone
    directory: Directory
    tenant: Tenant
    seen: list[Evidence]
    authorities: Authorities
    cloud_port: int

    def hop(self, policy: HopPolicy) -> HopPolicy:
        self.tenant.hops[policy.name] = policy
        return policy

    def of(self, observer: str) -> list[Evidence]:
        return [record for record in self.seen if record.observer == observer]


@asynccontextmanager
async def rig(authorities: Authorities) -> AsyncIterator[Rig]:
    """A running cloud, its zone, and a tenant with one endpoint."""
    cloud = Cloud()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authorities.cloud.issue_cert(NAME, OTHER).configure_cert(context)
    secure = await asyncio.start_server(cloud.serve, CLOUD, 0, ssl=context)
    plain = await asyncio.start_server(cloud.serve, CLOUD, 0)
    port = secure.sockets[0].getsockname()[1]
    ports = {(CLOUD, 443): (CLOUD, port), (CLOUD, 80): (CLOUD, plain.sockets[0].getsockname()[1])}
    zone = Zone(lambda name: name.endswith(".microsoft.com"), CLOUD, ports)
    directory = Directory()
    tenant = new_tenant(name="contoso", scenario="test", seed=1, clock=Clock())
    directory.add(tenant)
    directory.bind(ENDPOINT, tenant, "lin-1")
    try:
        yield Rig(cloud, zone, directory, tenant, [], authorities, port)
    finally:
        for server in (secure, plain):
            server.close()
            await server.wait_closed()


@dataclass(frozen=True)
class Answer:
    """What curl said."""

    code: int
    out: str
    err: str
    source: Address | None


async def curl(proxy: Address, url: str, *options: str, source: str = ENDPOINT, roots: Path | None = None) -> Answer:
    """Run real curl through a proxy, from an endpoint's address, with no trust but `roots`."""
    command = ["curl", "--disable", "--silent", "--show-error", "--max-time", "60", "--interface", source]
    command += ["--proxy", f"http://{proxy[0]}:{proxy[1]}", "--write-out", "\n%{local_ip} %{local_port}"]
    if roots:
        command += ["--cacert", str(roots)]
    command += [*options, url]
    done = await asyncio.to_thread(
        subprocess.run,
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={"PATH": os.environ["PATH"]},
        check=False,
    )
    text, _, last = done.stdout.decode().rpartition("\n")
    ip, _, port = last.partition(" ")
    return Answer(done.returncode, text, done.stderr.decode(), (ip, int(port)) if ip and port.isdigit() else None)
