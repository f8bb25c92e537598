"""Access tokens: issued by Entra, read by the Defender API. RS256, and every time in them is the tenant's.

Source of the claims: entra-docs access-token-claims-reference.md.
"""

import uuid
from dataclasses import dataclass
from functools import cached_property

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from mdelab.catalogue import timing
from mdelab.catalogue.permissions import permissions
from mdelab.cloud.estate import Estate, Estates
from mdelab.model.tenant import Tenant

AUTHORITY = "https://login.microsoftonline.com"
_BITS = 2048


class TokenRefused(Exception):
    """A bearer token is not good here; the message says why."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a good token allows."""

    estate: Estate
    app_id: str
    roles: frozenset[str]


def issuer(tenant: Tenant, version: str) -> str:
    return f"https://sts.windows.net/{tenant.id}/" if version == "1.0" else f"{AUTHORITY}/{tenant.id}/v2.0"


class Tokens:
    """One signing key for all tenants, as the real service has."""

    def __init__(self, estates: Estates) -> None:
        self._estates = estates

    @cached_property
    def key(self) -> RSAKey:
        """Made when it is first needed: many labs never sign in."""
        return RSAKey.generate_key(_BITS, {"use": "sig", "alg": "RS256"}, auto_kid=True)

    def issue(self, estate: Estate, audience: str, roles: tuple[str, ...]) -> tuple[str, int]:
        """A v1 access token, as the Defender API's manifest asks for, and how many seconds it is good for."""
        lifetime_s = timing().api_token.seconds
        now = int(estate.tenant.clock.now().timestamp())
        claims: jwt.Claims = {
            "aud": audience,
            "iss": issuer(estate.tenant, "1.0"),
            "iat": now,
            "nbf": now,
            "exp": now + lifetime_s,
            "appid": estate.client_id,
            "appidacr": "1",
            "idtyp": "app",
            "oid": estate.object_id,
            "sub": estate.object_id,
            "tid": estate.tenant.id,
            "uti": uuid.uuid4().hex,
            "ver": "1.0",
        }
        if roles:
            # A token without roles is legal; the API then answers 403.
            claims["roles"] = list(roles)
        header = {"alg": "RS256", "kid": self.key.kid, "x5t": self.key.kid}
        return jwt.encode(header, claims, self.key), lifetime_s

    def read(self, token: str) -> Access:
        """Check signature, issuer, audience, time and tenant. Raises TokenRefused."""
        try:
            claims = jwt.decode(token, self.key, algorithms=["RS256"]).claims
        except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise TokenRefused(
                f"it is not a token of this lab's login.microsoftonline.com ({type(error).__name__})"
            ) from error
        estate = self._estates.of(str(claims.get("tid", "")))
        if estate is None or claims.get("iss") not in (issuer(estate.tenant, "1.0"), issuer(estate.tenant, "2.0")):
            raise TokenRefused("its tenant is not known here (any more)")
        if str(claims.get("aud", "")).rstrip("/") not in (*permissions().audiences, permissions().app_id):
            raise TokenRefused(f"its audience is {claims.get('aud')!r}, not the Defender API")
        now = estate.tenant.clock.now().timestamp()
        if not int(claims.get("nbf", 0)) <= now < int(claims.get("exp", 0)):
            raise TokenRefused("it has expired, or is not valid yet, by the tenant's clock")
        return Access(estate, str(claims.get("appid", "")), frozenset(claims.get("roles", ())))
