"""Microsoft Entra ID, as far as an application's token for the Defender API needs it."""

from mdelab.cloud.entra.service import EntraService

__all__ = ["EntraService"]
