"""The names under which Entra issues tokens for a tenant."""

from typing import Literal

from mdelab.model.tenant import Tenant

AUTHORITY = "https://login.microsoftonline.com"

Version = Literal["1.0", "2.0"]


def issuer(tenant: Tenant, version: Version) -> str:
    """Source: entra-docs access-token-claims-reference.md."""
    return f"https://sts.windows.net/{tenant.id}/" if version == "1.0" else f"{AUTHORITY}/{tenant.id}/v2.0"
