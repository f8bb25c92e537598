"""What a client of the device believes in a handshake: OpenSSL contexts by root file, and OpenSSL's words for failures.

A context costs 21 KiB and half a millisecond with one root, and thirty times that with a public bundle, so contexts are
shared by every connection of the process that trusts the same bytes.
"""

import ssl
from functools import lru_cache

_SENT_ALERTS = {
    9: "bad certificate",
    10: "certificate expired",
    18: "unknown ca",
    19: "unknown ca",
    20: "unknown ca",
    21: "unknown ca",
    23: "certificate revoked",
    62: "bad certificate",
}
"""X509_V_ERR_* -> the alert that OpenSSL sends for it. Source: openssl ssl/statem/statem_lib.c (x509table)."""

_RECEIVED = ("TLSV1_ALERT_", "SSLV3_ALERT_", "TLSV13_ALERT_", "TLSV1_")


@lru_cache(maxsize=64)
def verifying(roots: bytes) -> ssl.SSLContext:
    """A client context that believes the PEM certificates in `roots` and nothing else; TLS 1.2 at the least.

    Raises ssl.SSLError or ValueError when `roots` holds no certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cadata=roots.decode("ascii", errors="replace"))
    return context


@lru_cache(maxsize=1)
def believing_all() -> ssl.SSLContext:
    """For the probe alone, which sends nothing: it looks at the chain that was refused."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def sent_alert(verify_code: int) -> str:
    """The alert with which this side refused a chain."""
    return _SENT_ALERTS.get(verify_code, "bad certificate")


def received_alert(error: ssl.SSLError) -> str:
    """The alert that the other side sent, as OpenSSL spells it (`unknown ca`); "" when `error` is none."""
    reason = error.reason or ""
    for prefix in _RECEIVED:
        if reason.startswith(prefix) and ("ALERT" in reason or "UNRECOGNIZED" in reason):
            return reason.removeprefix(prefix).replace("_", " ").lower()
    return ""


def openssl_words(error: ssl.SSLError) -> str:
    """What curl would print for it: OpenSSL's reason in lower case."""
    return (error.reason or str(error)).replace("_", " ").lower()
