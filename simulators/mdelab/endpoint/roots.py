"""Whom a device believes: the certificates behind each kind of trust, and the signing authorities of packages."""

from functools import lru_cache

from cryptography import x509

from mdelab.catalogue.platforms import platform_row
from mdelab.endpoint.machine import Machine
from mdelab.model.trust import Trust


def roots_of(machine: Machine, trust: Trust) -> bytes:
    """PEM, read anew each time: an administrator may have changed the store."""
    match trust:
        case Trust.ROOT_SET:
            return _shared(machine.attachment.root_set.read_bytes())
        case Trust.OS_STORE:
            store = platform_row(machine.spec.platform).paths.os_store
            return _shared(machine.files.read(store)) if machine.files.exists(store) else b""
        case Trust.PLAIN:
            return b""


def package_roots(machine: Machine) -> tuple[x509.Certificate, ...]:
    return _certificates(machine.attachment.package_roots.read_bytes())


@lru_cache(maxsize=64)
def _shared(pem: bytes) -> bytes:
    """One copy of the same bytes for all devices: every open connection holds on to what it trusts."""
    return pem


@lru_cache(maxsize=16)
def _certificates(pem: bytes) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_pem_x509_certificates(pem))
