"""Who a device is to the cloud, for as long as it lives: its machine id and its network card, the same in every run."""

from mdelab.catalogue.platforms import os_platform, os_version
from mdelab.model.attachment import Attachment
from mdelab.model.channel import Profile
from mdelab.model.device import DeviceSpec
from mdelab.model.tenant import Tenant


class Identity:
    """Derived from the tenant's seed and the device's name."""

    __slots__ = ("mac", "machine_id")

    def __init__(self, tenant: Tenant, name: str) -> None:
        ids = tenant.stream("endpoint", name, "machine id")
        self.machine_id = f"{ids.getrandbits(160):040x}"
        """40 hex digits."""
        self.mac = "02:" + ":".join(f"{ids.getrandbits(8):02x}" for _ in range(5))

    def profile(self, spec: DeviceSpec, attachment: Attachment, client_version: str) -> Profile:
        """What the cloud is told of the device, as far as it changes only with the device itself or its client."""
        return Profile(
            machine_id=self.machine_id,
            name=spec.name,
            os_platform=os_platform(spec),
            os_version=os_version(spec),
            client_version=client_version,
            address=attachment.address,
            mac=self.mac,
            user=spec.user,
        )
