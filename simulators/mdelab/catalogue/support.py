"""Which devices the Defender client is for: the health issues of one that it does not support.

The lists are the platforms' own: distributions.toml and macos.toml. On Windows the client is part of the editions that it is
for, see `platforms`.
"""

from collections.abc import Callable

from mdelab.catalogue.distributions import is_compatible
from mdelab.catalogue.macos import unmet
from mdelab.model.device import DeviceSpec
from mdelab.model.platform import Platform


def unsupported(spec: DeviceSpec) -> tuple[str, ...]:
    """Why the client does not work on the device; empty when it does. Raises LabError for an unknown system."""
    asks = _OF_PLATFORM.get(spec.platform)
    return asks(spec) if asks else ()


def _linux(spec: DeviceSpec) -> tuple[str, ...]:
    """The text is the lab's."""
    compatible = is_compatible(spec.distribution, spec.release)
    return () if compatible else (f"distribution {spec.distribution} {spec.release} is not supported",)


def _macos(spec: DeviceSpec) -> tuple[str, ...]:
    return tuple(row.issue for row in unmet(spec))


_OF_PLATFORM: dict[Platform, Callable[[DeviceSpec], tuple[str, ...]]] = {
    Platform.LINUX: _linux,
    Platform.MACOS: _macos,
}
