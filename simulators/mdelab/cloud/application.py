"""An application registration of a tenant, with its service principal: who may ask for tokens, and with which permissions.

How a request proves to be the application's is `entra/authentication.py`. Secrets are kept in memory only.
"""

from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A client secret."""

    value: str
    expires: datetime
    """By the tenant's clock."""


@dataclass(slots=True, kw_only=True, eq=False)
class Application:
    client_id: str
    object_id: str
    """Of its service principal."""
    name: str
    roles: tuple[str, ...]
    """Application permissions that an administrator has consented to, of whatever API."""
    secrets: list[Secret] = field(default_factory=list)
    certificates: list[x509.Certificate] = field(default_factory=list)
    """With whose keys it may sign assertions instead of sending a secret."""
    is_enabled: bool = True
