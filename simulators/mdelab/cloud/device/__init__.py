"""The device channels: probes, command and control, cyber telemetry. The wire types are in `model/channel.py`."""

from mdelab.cloud.device.service import DeviceService

__all__ = ["DeviceService"]
