"""The keys that Entra signs tokens with, and their roll-over.

All tenants share one key, as at the real service, until a tenant's own are rolled over: so one scenario's roll-over does not
touch the tokens of another.
"""

import base64
from datetime import UTC, datetime, timedelta
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from joserfc.jwk import RSAKey

from mdelab.catalogue import timing
from mdelab.model.tenant import Tenant

_BITS = 2048
_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mdelab simulated accounts.accesscontrol.windows.net")])


class Keys:
    def __init__(self) -> None:
        self._own: dict[str, list[RSAKey]] = {}
        """Tenant id -> its published keys, the newest first, once they were rolled over."""

    @cached_property
    def _shared(self) -> RSAKey:
        """Made when it is first needed: many labs never sign in."""
        return _new_key()

    def published(self, tenant: Tenant | None) -> list[RSAKey]:
        """The keys by which a tenant's tokens can be checked, the newest first; for None those of all tenants."""
        if tenant is not None:
            return list(self._own.get(tenant.id, [self._shared]))
        return list({key.kid: key for keys in ([self._shared], *self._own.values()) for key in keys}.values())

    def current(self, tenant: Tenant) -> RSAKey:
        """The key that new tokens are signed with."""
        return self.published(tenant)[0]

    def roll_over(self, tenant: Tenant, *, at_once: bool = False) -> None:
        """Sign with a new key from now on. The keys before it stay published for the time of the catalogue.

        at_once: withdraw them now, as after a theft: tokens that they signed are worth nothing any more.
        """
        old = self.published(tenant)
        self._own[tenant.id] = [_new_key(), *([] if at_once else old)]

        async def withdraw() -> None:
            with tenant.work.item("cloud: signing keys are withdrawn"):
                kept = [key for key in self._own.get(tenant.id, []) if all(key is not one for one in old)]
                if kept:
                    self._own[tenant.id] = kept

        if not at_once:
            tenant.clock.call_after(timing().after("signing_key_overlap"), "signing keys: withdrawal", withdraw)

    def forget(self, tenant: Tenant) -> None:
        self._own.pop(tenant.id, None)


def _new_key() -> RSAKey:
    """A key with a certificate of its own, by whose thumbprint it is called. The certificate lives on the host's time."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_NAME)
        .issuer_name(_NAME)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .sign(private, hashes.SHA256())
    )
    thumbprint = base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA1())).rstrip(b"=").decode()
    der = certificate.public_bytes(serialization.Encoding.DER)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return RSAKey.import_key(
        pem, {"use": "sig", "kid": thumbprint, "x5t": thumbprint, "x5c": [base64.b64encode(der).decode()]}
    )
