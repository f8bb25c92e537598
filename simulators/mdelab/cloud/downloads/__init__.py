"""Small downloads that devices and administrators fetch: definitions, the Linux EDR test, the EICAR test file."""

from mdelab.cloud.downloads.service import downloads

__all__ = ["downloads"]
