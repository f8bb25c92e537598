"""The onboarding and offboarding packages: their structure, signature and rules.

The outer JSON holds `body` (a JSON *string*), `sig` and `sha256sig` (base64 over the bytes of `body`), `cert` (base64 DER
of the signer) and `chain` (base64 DER, issuers). Onboarding packages have no expiry; offboarding ones carry
`expirationTimestamp`, a Windows FILETIME. Source: public copies of portal-generated scripts, read for structure only.
The lab's packages carry `"lab"` in their body beside the documented fields, and are signed by the lab's own
certificates, never Microsoft's.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

Kind = Literal["onboarding", "offboarding"]
Connectivity = Literal["standard", "streamlined"]

LAB_MARKER = "mdelab"
"""The body's `lab` field begins with this; a package without it is not the lab's."""

_FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


class Refusal(StrEnum):
    """Why an agent does not accept a package."""

    MALFORMED = "malformed"
    """Not JSON, or a field is missing or has another type: also what a truncated file looks like."""
    TAMPERED = "tampered"
    """The signature does not fit the body."""
    FOREIGN_CHAIN = "foreign chain"
    """Signed by someone whom the agent does not know; also a real Microsoft package, which the lab never takes."""
    EXPIRED = "expired"
    OTHER_ORGANISATION = "other organisation"
    """The device belongs to another organisation, which the package does not name as a previous one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package whose structure could be read. Nothing is verified yet."""

    kind: Kind
    org_id: str
    command_url: str
    """`geoLocationUrl`: base of command and control, ends with a slash."""
    cyber_url: str
    """Where cyber telemetry goes: `vortexServerUrl` of a streamlined package, "" for the documented standard host."""
    geography: str
    """`vortexGeoLocation`: US, EU, UK or AU; "" in an offboarding package."""
    connectivity: Connectivity
    expires: datetime | None
    previous_org_ids: tuple[str, ...]
    lab: str
    body: str
    signature: bytes
    signer: x509.Certificate
    text: str
    """The outer JSON as it was read: what a report to the cloud carries."""


class PackageRefused(Exception):
    """A package cannot be accepted; `.refusal` says why, the message says it in words."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal


def filetime(moment: datetime) -> int:
    """`moment` as a Windows FILETIME: units of 100 ns since 1601-01-01 UTC."""
    return (moment - _FILETIME_EPOCH) // timedelta(microseconds=1) * 10


def from_filetime(value: int) -> datetime:
    return _FILETIME_EPOCH + timedelta(microseconds=value // 10)


def seal(
    body: dict[str, Any], key: ec.EllipticCurvePrivateKey, signer: x509.Certificate, chain: Sequence[x509.Certificate]
) -> str:
    """Sign `body` and return the outer JSON."""
    text = json.dumps(body, separators=(",", ":"))
    signature = base64.b64encode(key.sign(text.encode(), ec.ECDSA(hashes.SHA256()))).decode()
    outer = {
        "body": text,
        "sig": signature,
        "sha256sig": signature,
        "cert": _der(signer),
        "chain": [_der(certificate) for certificate in chain],
    }
    return json.dumps(outer, separators=(",", ":"))


def parse(text: str, kind: Kind) -> Package:
    """Read the outer JSON of a package. Raises PackageRefused(MALFORMED)."""
    try:
        outer = json.loads(text)
        body = json.loads(outer["body"])
        # An offboarding package without a time, or with null, would be good for ever: it is no package.
        expiry = int(body["expirationTimestamp"]) if kind == "offboarding" else None
        outer["body"].encode()  # what cannot be written as UTF-8 cannot have been signed either
        return Package(
            kind=kind,
            org_id=str(body["orgId"]),
            command_url=str(body["geoLocationUrl"]) if kind == "onboarding" else str(body.get("geoLocationUrl", "")),
            cyber_url=str(body.get("vortexServerUrl", "")),
            geography=str(body.get("vortexGeoLocation", "")),
            connectivity="streamlined" if "partnerGeoLocation" in body else "standard",
            expires=from_filetime(expiry) if expiry is not None else None,
            previous_org_ids=tuple(str(one) for one in body.get("previousOrgIds", ())),
            lab=str(body.get("lab", "")),
            body=outer["body"],
            signature=base64.b64decode(outer["sig"], validate=True),
            signer=x509.load_der_x509_certificate(base64.b64decode(outer["cert"], validate=True)),
            text=text,
        )
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
        x509.InvalidVersion,
    ) as error:
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise PackageRefused(Refusal.MALFORMED, f"the {kind} package cannot be read ({what})") from error


def verify(package: Package, roots: Sequence[x509.Certificate], now: datetime) -> None:
    """Check chain, signature and expiry, in that order. Raises PackageRefused.

    roots: the signing authorities that the agent ships. now: the tenant's time.
    """
    if not any(_issued(root, package.signer) for root in roots):
        raise PackageRefused(Refusal.FOREIGN_CHAIN, f"the package is signed by {_issuer(package)}, not by this lab")
    key = package.signer.public_key()
    try:
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise InvalidSignature
        key.verify(package.signature, package.body.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise PackageRefused(Refusal.TAMPERED, "the package's signature does not fit its body") from error
    if package.expires is not None and now >= package.expires:
        raise PackageRefused(Refusal.EXPIRED, f"the package expired at {package.expires:%Y-%m-%d %H:%M:%S} UTC")


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, KeyError, InvalidSignature):
        return False
    return True


def _issuer(package: Package) -> str:
    """Who signed it, in words; a damaged certificate can hold a name that cannot be read."""
    try:
        return package.signer.issuer.rfc4514_string()
    except (ValueError, TypeError, KeyError):
        return "someone whose name cannot be read"


def _der(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
