"""A device as the API shows it. Source: defender-docs api/machine.md; conflicting spellings as the lab decided."""

import re
from datetime import datetime
from typing import Any

from mdelab.cloud.estate import Estate
from mdelab.cloud.machine import Device, risk_score, sensor_health
from mdelab.cloud.ticks import stamp

FILTERABLE = frozenset(
    ("computerDnsName", "id", "version", "deviceValue", "aadDeviceId", "machineTags", "lastSeen", "exposureLevel",
     "onboardingStatus", "lastIpAddress", "healthStatus", "osPlatform", "riskScore", "rbacGroupId")
)  # fmt: skip
"""Source: defender-docs api/get-machines.md."""

VALUES = ("Normal", "Low", "High")
"""Of `deviceValue`."""

_PROCESSORS = {"64-bit": "x64", "32-bit": "x86"}


def listed(estate: Estate) -> list[Device]:
    """The devices that the inventory shows, the first seen first."""
    return sorted((one for one in estate.devices.values() if one.is_listed), key=lambda one: (one.first_seen, one.id))


def find(estate: Estate, name: str) -> Device | None:
    """A listed device by id or computerDnsName (any case); the newest of several with one name."""
    wanted = name.lower()
    found = [one for one in listed(estate) if wanted in (one.id, one.profile.name.lower())]
    return max(found, key=Device.last_seen, default=None)


def as_machine(estate: Estate, device: Device, now: datetime) -> dict[str, Any]:
    """The API's JSON object."""
    profile = device.profile
    return {
        "id": device.id,
        "mergedIntoMachineId": None,
        "isPotentialDuplication": False,
        "isExcluded": False,
        "exclusionReason": None,
        "computerDnsName": profile.name,
        "firstSeen": stamp(device.first_seen),
        "lastSeen": stamp(device.last_seen()),
        "osPlatform": profile.os_platform,
        "osVersion": None,
        "osProcessor": _PROCESSORS[profile.architecture],
        "version": profile.os_version,
        "lastIpAddress": profile.address or None,
        "lastExternalIpAddress": None,
        "agentVersion": profile.client_version or None,
        "osBuild": None,
        "healthStatus": sensor_health(device, now),
        "deviceValue": device.value,
        "rbacGroupId": 0,
        "rbacGroupName": None,
        "riskScore": risk_score(estate.alerts_of(device.id)),
        "exposureLevel": "None",
        "isAadJoined": False,
        "aadDeviceId": None,
        "machineTags": device.tags(),
        # The documentation has no value for an offboarded device: its record stays as it was and goes inactive.
        "onboardingStatus": "Onboarded",
        "osArchitecture": profile.architecture,
        "managedBy": "Unknown",
        "managedByStatus": "Unknown",
        "ipAddresses": _addresses(device),
        "vmMetadata": None,
    }


def _addresses(device: Device) -> list[dict[str, Any]]:
    if not device.profile.address:
        return []
    mac = re.sub(r"[^0-9A-Fa-f]", "", device.profile.mac).upper()
    return [
        {
            "ipAddress": device.profile.address,
            "macAddress": mac or None,
            "type": "Ethernet",
            "operationalStatus": "Up",
        }
    ]
