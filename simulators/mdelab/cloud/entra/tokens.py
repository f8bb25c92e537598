"""Access tokens: issued by Entra, read by the APIs. RS256, and every time in them is the tenant's.

Source of the claims: entra-docs access-token-claims-reference.md.
"""

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from mdelab.catalogue import timing
from mdelab.catalogue.resources import Resource
from mdelab.cloud.application import Application
from mdelab.cloud.entra.authentication import Proof
from mdelab.cloud.entra.grant import Target
from mdelab.cloud.entra.issuers import issuer
from mdelab.cloud.entra.keys import Keys
from mdelab.cloud.estate import Estate, Estates

_UNREADABLE = (JoseError, ValueError, TypeError, KeyError, RecursionError)


class TokenRefused(Exception):
    """A bearer token is not good here; the message says why."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a good token allows."""

    estate: Estate
    app_id: str
    roles: frozenset[str]


class Tokens:
    def __init__(self, estates: Estates, keys: Keys) -> None:
        self._estates = estates
        self._keys = keys

    def issue(self, estate: Estate, application: Application, proof: Proof, target: Target) -> tuple[str, int]:
        """An access token of the version that the API takes, and how many seconds it is good for."""
        lifetime_s = timing().api_token.seconds
        now = int(estate.tenant.clock.now().timestamp())
        key = self._keys.current(estate.tenant)
        is_v1 = target.version == "1.0"
        claims: jwt.Claims = {
            "aud": target.audience,
            "iss": issuer(estate.tenant, target.version),
            "iat": now,
            "nbf": now,
            "exp": now + lifetime_s,
            "aio": secrets.token_urlsafe(24),
            ("appid" if is_v1 else "azp"): application.client_id,
            ("appidacr" if is_v1 else "azpacr"): proof,
            "idtyp": "app",
            "oid": application.object_id,
            "rh": f"1.{secrets.token_urlsafe(16)}.",
            "sub": application.object_id,
            "tid": estate.tenant.id,
            "uti": uuid.uuid4().hex,
            "ver": target.version,
        }
        granted = [role for role in application.roles if role in target.roles]
        if granted:
            # A token without roles is legal; the API then answers 403.
            claims["roles"] = granted
        header = {"typ": "JWT", "alg": "RS256", "kid": key.kid} | ({"x5t": key.kid} if is_v1 else {})
        return jwt.encode(header, claims, key), lifetime_s

    def read(self, token: str, api: Resource) -> Access:
        """Check that a token is good for `api`: signature, issuer, audience, time and tenant. Raises TokenRefused."""
        claims, kid = self._signed(token)
        estate = self._estates.of(str(claims.get("tid", "")))
        if estate is None or claims.get("iss") != issuer(estate.tenant, "1.0"):
            raise TokenRefused("its tenant is not known here (any more)")
        if kid not in [key.kid for key in self._keys.published(estate.tenant)]:
            raise TokenRefused("the key that signed it is not its tenant's (any more)")
        if not api.is_named(str(claims.get("aud", ""))):
            raise TokenRefused(f"its audience is {claims.get('aud')!r}, not {api.name}")
        now = estate.tenant.clock.now().timestamp()
        if not int(claims.get("nbf", 0)) <= now < int(claims.get("exp", 0)):
            raise TokenRefused("it has expired, or is not valid yet, by the tenant's clock")
        return Access(estate, str(claims.get("appid", "")), frozenset(claims.get("roles", ())))

    def _signed(self, token: str) -> tuple[Mapping[str, Any], str]:
        """Claims and key id of a token that a published key of any tenant has signed."""
        known = {key.kid: key for key in self._keys.published(None)}

        def key(signed: Any) -> RSAKey:
            return known[signed.headers()["kid"]]

        try:
            read = jwt.decode(token, key, algorithms=["RS256"])
        except _UNREADABLE as error:
            raise TokenRefused(
                f"it is not a token of this lab's login.microsoftonline.com ({type(error).__name__})"
            ) from error
        return read.claims, str(read.header["kid"])
