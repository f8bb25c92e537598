"""The certificates of one lab: made anew at each start, short-lived, constrained to the simulated names.

Three authorities that never vouch for each other: the *cloud root* signs what the mock cloud shows, and is all that
pinned channels believe; the *interception CA* is what an inspecting hop signs with; the *package root* vouches for the
signer of packages. Every subject says `mdelab simulated`, so that nobody takes one for Microsoft's.
"""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mdelab import catalogue
from mdelab.catalogue.services import read_services

VALID_FOR = timedelta(days=7)
"""Long enough for a lab that a person keeps over a weekend; nothing that leaked stays useful."""

_NOBODY = "nobody.microsoft.com"

BACKDATED_BY = timedelta(hours=1)
"""Containers and virtual machines start with clocks that lag."""

_ENDPOINT_WILDCARDS = tuple(
    f"*.{label}.endpoint.security.microsoft.com" for label in ("us", "eu", "uk", "au", "events")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A key with its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def pem(self) -> bytes:
        """Key and certificate in one file, as mitmproxy and OpenSSL read them."""
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        return key + self.certificate.public_bytes(Encoding.PEM)


class Authority:
    """The lab's certificates, and the files that hold them."""

    def __init__(self, folder: Path, lab_id: str) -> None:
        """folder: made if missing; private keys in it are readable by their owner only."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        cloud_root = _authority(f"cloud root {lab_id}")
        interception = _authority(f"interception CA {lab_id}")
        package_root = _authority(f"package root {lab_id}", names_hosts=False)
        names = _server_names()
        server = _leaf(cloud_root, names[0], names)
        self.package_root = package_root.certificate
        self.package_signer = _leaf(package_root, f"mdelab simulated Seville {lab_id}", ())
        self.interception_name = f"mdelab simulated interception CA {lab_id}"
        self.cloud_root_file = _certificate_file(folder / "cloud-root.pem", cloud_root)
        self.interception_file = _certificate_file(folder / "interception-ca.pem", interception)
        self.package_root_file = _certificate_file(folder / "package-root.pem", package_root)
        self.interception_key_file = _private_file(folder / "interception-ca-key.pem", interception.pem())
        self._server_file = _private_file(folder / "cloud-server.pem", server.pem())
        now, gone = datetime.now(UTC), timedelta(days=1)
        flawed = {
            "expired": _leaf(cloud_root, names[0], names, since=now - VALID_FOR, until=now - gone),
            "not-yet-valid": _leaf(cloud_root, names[0], names, since=now + gone, until=now + VALID_FOR),
            # A name that the authority may sign for, but no service has.
            "wrong-host": _leaf(cloud_root, _NOBODY, (_NOBODY,)),
            "self-signed": _self_signed(names[0], names),
        }
        self._flawed = {name: _private_file(folder / f"cloud-{name}.pem", one.pem()) for name, one in flawed.items()}
        self.portal_name = f"mdelab simulated captive portal {lab_id}"
        portal = _self_signed(self.portal_name, names)
        self._portal_file = _private_file(folder / "portal.pem", portal.pem())

    def server_context(self) -> ssl.SSLContext:
        """What the mock cloud serves with: TLS 1.2 and later, HTTP/1.1."""
        return self._context(self._server_file)

    def flawed_contexts(self) -> dict[str, ssl.SSLContext]:
        """The same with certificates that no client should believe, by what is wrong with them."""
        return {name: self._context(file) for name, file in self._flawed.items()}

    def portal_context(self) -> ssl.SSLContext:
        """What a captive portal shows for every name: a certificate that nobody vouches for."""
        return self._context(self._portal_file)

    @staticmethod
    def _context(file: Path) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(file)
        context.set_alpn_protocols(["http/1.1"])
        context.num_tickets = 0  # the agent never resumes; a ticket a handshake would be sent for nothing
        return context


def _server_names() -> tuple[str, ...]:
    """Every simulated name. A wildcard covers one label only, so the names below the streamlined domain are spelled out."""
    hosts = {row.host for row in catalogue.services()}
    hosts |= {row.url.split("/")[2] for row in read_services().probe}
    return tuple(sorted(hosts | set(_ENDPOINT_WILDCARDS)))


def _authority(name: str, *, names_hosts: bool = True) -> Signed:
    """A self-signed CA that may sign for the simulated names only.

    names_hosts: False for an authority that never signs for a host; it may then sign for no DNS name at all.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject(f"mdelab simulated {name}")
    permitted = [x509.DNSName(suffix) for suffix in catalogue.simulated_suffixes()] if names_hosts else []
    constraints = (
        x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None)
        if permitted
        # No host can be named: everything is excluded.
        else x509.NameConstraints(
            permitted_subtrees=None,
            excluded_subtrees=[x509.DNSName(""), x509.IPAddress(ipaddress.IPv4Network("0.0.0.0/0"))],
        )
    )
    certificate = (
        _builder(subject, subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(constraints, critical=True)
        .sign(key, hashes.SHA256())
    )
    return Signed(key=key, certificate=certificate)


def _leaf(
    issuer: Signed,
    common_name: str,
    hosts: tuple[str, ...],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Signed:
    """common_name: for a server one of its hosts, because a proxy that forges the certificate copies it among the names.

    since, until: when it is valid; now when left out.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        _builder(_subject(common_name), issuer.certificate.subject, key.public_key(), since, until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
    )
    if hosts:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False
        ).add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return Signed(key=key, certificate=builder.sign(issuer.key, hashes.SHA256()))


def _self_signed(common_name: str, hosts: tuple[str, ...]) -> Signed:
    """A server's certificate that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject(common_name)
    certificate = (
        _builder(subject, subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Signed(key=key, certificate=certificate)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    since: datetime | None = None,
    until: datetime | None = None,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(since or now - BACKDATED_BY)
        .not_valid_after(until or now + VALID_FOR)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _subject(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "mdelab simulated"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _certificate_file(path: Path, signed: Signed) -> Path:
    path.write_bytes(signed.certificate.public_bytes(Encoding.PEM))
    return path


def _private_file(path: Path, content: bytes) -> Path:
    path.touch(mode=0o600)
    path.write_bytes(content)
    return path
