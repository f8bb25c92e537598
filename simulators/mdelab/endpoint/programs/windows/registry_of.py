"""The registry and the event log of the device that a program runs on."""

from mdelab.endpoint.event_log import EventLog
from mdelab.endpoint.program import Device
from mdelab.endpoint.registry import Registry
from mdelab.model.errors import LabError


def registry_of(device: Device) -> Registry:
    """Raises LabError for a device that has none, which no Windows device is."""
    if device.machine.registry is None:
        raise LabError(f"{device.machine.spec.name!r} has no registry: it is no Windows device. Ask one that is.")
    return device.machine.registry


def event_log_of(device: Device) -> EventLog:
    """Raises LabError for a device that has none, which no Windows device is."""
    if device.machine.event_log is None:
        raise LabError(f"{device.machine.spec.name!r} has no event log: it is no Windows device. Ask one that is.")
    return device.machine.event_log
