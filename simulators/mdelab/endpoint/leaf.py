"""What a leaf certificate says to a device: who issued it, and whether its dates fit the device's clock."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from cryptography import x509
from cryptography.x509.oid import NameOID

from mdelab.endpoint.wire import Wire
from mdelab.model.evidence import TlsSeen


def established(wire: Wire, sni: str) -> TlsSeen:
    """The handshake of `wire`, which ended well, as evidence."""
    leaf = wire.leaf()
    return TlsSeen(
        outcome="established",
        sni=sni,
        version=wire.tls_version,
        presented_by=_issuer(leaf),
        leaf_sha256=sha256(leaf).hexdigest(),
    )


def judge_dates(leaf: bytes, skew: timedelta) -> tuple[int, str]:
    """What a device whose clock is off by `skew` thinks of the leaf's dates: X509_V_ERR code and text, or (0, "").

    leaf: DER. OpenSSL judges by the host's clock, which is right, so only a wrong refusal is added here.
    """
    certificate = x509.load_der_x509_certificate(leaf)
    believed = datetime.now(UTC) + skew
    if believed > certificate.not_valid_after_utc:
        return 10, "certificate has expired"
    if believed < certificate.not_valid_before_utc:
        return 9, "certificate is not yet valid"
    return 0, ""


def _issuer(leaf: bytes) -> str:
    """The common name of a DER certificate's issuer; its whole name when it has none."""
    issuer = x509.load_der_x509_certificate(leaf).issuer
    names = issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else issuer.rfc4514_string()
