"""packages.microsoft.com: what the Linux installer reads there. The package in its repositories is the lab's own."""

from mdelab.cloud.packages.service import PackageHost

__all__ = ["PackageHost"]
