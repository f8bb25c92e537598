"""The mock Microsoft services, by their real host names, over one store. One folder a service."""

from mdelab.cloud.cloud import Cloud
from mdelab.cloud.portal.package import PortalPackage, Signer

__all__ = ["Cloud", "PortalPackage", "Signer"]
