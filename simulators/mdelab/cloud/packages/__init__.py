"""packages.microsoft.com: what the Linux installer reads there. The packages themselves are not handed out."""

from mdelab.cloud.packages.service import packages

__all__ = ["packages"]
