"""A client assertion: a JWT that an application has signed with the key of a certificate that Entra knows.

Source: entra-docs certificate-credentials.md. Its times are held against the tenant's clock, as those of tokens are.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from joserfc import jwt
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from mdelab.catalogue import timing
from mdelab.cloud.application import Application
from mdelab.cloud.entra.failure import EntraFailure
from mdelab.cloud.entra.issuers import AUTHORITY, issuer
from mdelab.model.tenant import Tenant

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ALGORITHMS = ["RS256", "PS256"]
_UNREADABLE = (JoseError, ValueError, TypeError, KeyError, RecursionError)


def check_assertion(text: str, application: Application, tenant: Tenant) -> None:
    """Signature, issuer, subject, audience and time. Raises EntraFailure."""
    claims = _signed_claims(text, application)
    if (claims.get("iss"), claims.get("sub")) != (application.client_id, application.client_id):
        raise EntraFailure(
            700021,
            f"Client assertion application identifier doesn't match 'client_id' parameter: issuer {claims.get('iss')!r}, "
            f"subject {claims.get('sub')!r}. Both must be '{application.client_id}'.",
        )
    if not _audiences(claims).intersection(_own_audiences(tenant)):
        raise EntraFailure(
            700023,
            f"Client assertion audience claim does not match Realm issuer: {claims.get('aud')!r}. Use the token endpoint "
            f"that was called, such as '{AUTHORITY}/{tenant.id}/oauth2/v2.0/token'.",
        )
    now, skew = tenant.clock.now().timestamp(), timing().assertion_skew.seconds
    begins, ends = _seconds(claims.get("nbf", 0)), _seconds(claims.get("exp"))
    if begins is None or ends is None or not begins - skew <= now < ends + skew:
        raise EntraFailure(
            700024,
            f"Client assertion is not within its valid time range. The tenant's clock says {now:.0f}, the assertion is valid "
            f"from {claims.get('nbf')} to {claims.get('exp')}. Sign a new one, by the tenant's clock.",
        )


def _signed_claims(text: str, application: Application) -> Mapping[str, Any]:
    def key(signed: Any) -> RSAKey:
        header = signed.headers()
        for certificate in application.certificates:
            if _is_meant(header, certificate):
                public = certificate.public_key().public_bytes(
                    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
                )
                return RSAKey.import_key(public)
        raise _UnknownKey

    try:
        return jwt.decode(text, key, registry=_Registry(algorithms=_ALGORITHMS)).claims
    except (BadSignatureError, _UnknownKey) as error:
        raise EntraFailure(
            700027,
            "The certificate with identifier used to sign the client assertion is not registered on application "
            f"'{application.client_id}', or the signature is not its key's. Register the certificate, or sign with its key.",
        ) from error
    except _UNREADABLE as error:
        raise EntraFailure(50027, f"JWT token is invalid or malformed ({type(error).__name__}).") from error


class _Registry(JWSRegistry):
    max_header_length = 16_384
    """Room for `x5c`, a whole chain of certificates, which msal sends for an issuer and subject name."""


class _UnknownKey(Exception):
    """No certificate of the application is the one that the assertion names."""


def _is_meant(header: Mapping[str, Any], certificate: x509.Certificate) -> bool:
    """Whether the header names the certificate: `x5t#S256` by its SHA-256, `x5t` or `kid` by its SHA-1."""
    by_sha1 = certificate.fingerprint(hashes.SHA1())
    by_sha256 = certificate.fingerprint(hashes.SHA256())
    if "x5t#S256" in header:
        return _bytes(header["x5t#S256"]) == by_sha256
    if "x5t" in header:
        return _bytes(header["x5t"]) == by_sha1
    return str(header.get("kid", "")).lower() == by_sha1.hex()


def _bytes(text: object) -> bytes:
    """base64url, padded or not; b"" for anything else."""
    try:
        return base64.urlsafe_b64decode(f"{text}==")
    except (binascii.Error, ValueError):
        return b""


def _audiences(claims: Mapping[str, Any]) -> set[str]:
    named = claims.get("aud")
    return {str(one).rstrip("/") for one in (named if isinstance(named, list) else [named])}


def _own_audiences(tenant: Tenant) -> set[str]:
    endpoints = {f"{AUTHORITY}/{tenant.id}/oauth2/token", f"{AUTHORITY}/{tenant.id}/oauth2/v2.0/token"}
    return {*endpoints, f"{AUTHORITY}/{tenant.id}", issuer(tenant, "1.0").rstrip("/"), issuer(tenant, "2.0")}


def _seconds(value: object) -> float | None:
    """A NumericDate (RFC 7519); None for what is none."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
