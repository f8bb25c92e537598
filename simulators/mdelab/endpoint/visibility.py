"""Whether the system lets the client see what happens on its device: files that change, processes that begin.

What it cannot see it neither reports nor scans. Packages and settings it finds all the same: it looks for those by itself.
"""

from collections.abc import Callable

from mdelab.catalogue.macos import approvals
from mdelab.model.device import DeviceSpec
from mdelab.model.platform import Platform


def sees(spec: DeviceSpec) -> bool:
    """Raises LabError for a configuration profile that the lab does not know."""
    asks = _OF_PLATFORM.get(spec.platform)
    return asks is None or asks(spec)


def _mac(spec: DeviceSpec) -> bool:
    """Without its Endpoint Security extension there is `no active event provider` (defender-docs mac-support-sys-ext.md)."""
    return "endpoint_security" in approvals(spec)


_OF_PLATFORM: dict[Platform, Callable[[DeviceSpec], bool]] = {Platform.MACOS: _mac}
