"""The operations on machines. How one is shown is `machines.py`."""

import ipaddress
import re
from collections.abc import Sequence
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mdelab.cloud.entra.tokens import Access
from mdelab.cloud.estate import Estates
from mdelab.cloud.machine import Device
from mdelab.cloud.mde_api import machines, odata
from mdelab.cloud.mde_api.access import MACHINE_READ, MACHINE_WRITE, Gate
from mdelab.cloud.mde_api.failure import ApiFailure
from mdelab.cloud.mde_api.pages import counted, listed, single
from mdelab.cloud.mde_api.parameters import ManyTagging, Tagging, Valuing, parameters

_MOST_TAGGED = 500
"""Source: defender-docs api/add-or-remove-multiple-machine-tags.md."""
_BY_IP = re.compile(r"ip='(?P<ip>[^']*)',timestamp=(?P<timestamp>[^)]+)")
_FOUND_WITHIN = timedelta(minutes=15)
"""How long before or after the asked moment a device may have had the address (defender-docs api/find-machines-by-ip.md)."""


class MachineCalls:
    def __init__(self, estates: Estates, gate: Gate) -> None:
        self._estates = estates
        self._gate = gate

    def routes(self) -> list[Route]:
        return [
            Route("/machines", self.list),
            Route("/machines/$count", self.count),
            Route("/machines/findbytag", self.find_by_tag),
            Route("/machines/findbyip({question})", self.find_by_ip),
            Route("/machines/addorremovetagformultiplemachines", self.tag_many, methods=["POST"]),
            Route("/machines/{id}", self.get),
            Route("/machines/{id}/tags", self.tag, methods=["POST"]),
            Route("/machines/{id}/setdevicevalue", self.set_value, methods=["POST"]),
        ]

    async def list(self, request: Request) -> Response:
        access = self._gate.admit(request, MACHINE_READ)
        return _listed(request, access, machines.listed(access.estate))

    async def count(self, request: Request) -> Response:
        access = self._gate.admit(request, MACHINE_READ)
        return counted(request, _rows(access, machines.listed(access.estate)), machines.FILTERABLE)

    async def find_by_tag(self, request: Request) -> Response:
        access = self._gate.admit(request, MACHINE_READ)
        tag = request.query_params.get("tag", "")
        if not tag:
            raise ApiFailure("MissingRequiredParameter", "the query has no 'tag'. Add one.")
        by_start = request.query_params.get("useStartsWithFilter", "false").lower() == "true"
        found = [
            device
            for device in machines.listed(access.estate)
            if any(own.startswith(tag) if by_start else own == tag for own in device.tags())
        ]
        return _listed(request, access, found)

    async def find_by_ip(self, request: Request) -> Response:
        access = self._gate.admit(request, MACHINE_READ)
        asked = _BY_IP.fullmatch(request.path_params["question"])
        if asked is None:
            raise ApiFailure("BadRequest", "write it as findbyip(ip='10.0.0.1',timestamp=2026-01-05T09:00:00Z).")
        try:
            address = str(ipaddress.ip_address(asked["ip"]))
        except ValueError as error:
            raise ApiFailure("InvalidIpAddress", f"{asked['ip']!r} is no IP address.") from error
        try:
            at = odata.moment(asked["timestamp"].upper())
        except ValueError as error:
            raise ApiFailure("InvalidInput", f"{asked['timestamp']!r} is no time: {error}.") from error
        found = [
            device
            for device in machines.listed(access.estate)
            if device.profile.address == address
            and device.first_seen - _FOUND_WITHIN <= at <= device.last_seen() + _FOUND_WITHIN
        ]
        return _listed(request, access, found)

    async def get(self, request: Request) -> Response:
        access = self._gate.admit(request, MACHINE_READ)
        return shown(request, access, the_device(access, request.path_params["id"]))

    async def tag(self, request: Request) -> Response:
        access = self._gate.admit(request, MACHINE_WRITE)
        device = the_device(access, request.path_params["id"])
        self._tag(access, [device], await parameters(request, Tagging))
        return shown(request, access, device)

    async def tag_many(self, request: Request) -> Response:
        access = self._gate.admit(request, MACHINE_WRITE)
        wanted = await parameters(request, ManyTagging)
        if len(wanted.machine_ids) > _MOST_TAGGED:
            raise ApiFailure(
                "MaximumBatchSizeExceeded",
                f"{len(wanted.machine_ids)} machines are more than {_MOST_TAGGED}. Send them in several calls.",
            )
        devices = [the_device(access, name) for name in wanted.machine_ids]
        self._tag(access, devices, wanted)
        return _listed(request, access, devices)

    async def set_value(self, request: Request) -> Response:
        access = self._gate.admit(request, MACHINE_WRITE)
        device = the_device(access, request.path_params["id"])
        wanted = await parameters(request, Valuing)
        if wanted.device_value not in machines.VALUES:
            raise ApiFailure(
                "InvalidInput", f"DeviceValue {wanted.device_value!r} is not one of {', '.join(machines.VALUES)}."
            )
        device.value = wanted.device_value
        self._estates.save_later(access.estate, device)
        return shown(request, access, device)

    def _tag(self, access: Access, devices: Sequence[Device], wanted: Tagging) -> None:
        if wanted.action not in ("Add", "Remove"):
            raise ApiFailure("InvalidInput", f"Action {wanted.action!r} is not Add or Remove.")
        for device in devices:
            held = [tag for tag in device.portal_tags if tag != wanted.value]
            device.portal_tags = [*held, wanted.value] if wanted.action == "Add" else held
            self._estates.save_later(access.estate, device)


def the_device(access: Access, name: str) -> Device:
    """A listed device by id or computerDnsName. Raises ApiFailure."""
    device = machines.find(access.estate, name)
    if device is None:
        raise ApiFailure(
            "ResourceNotFound",
            f"Machine {name} was not found. A new device appears some minutes after it was onboarded.",
        )
    return device


def shown(request: Request, access: Access, device: Device) -> Response:
    return single(request, "Machines", machines.as_machine(access.estate, device, access.estate.tenant.clock.now()))


def _rows(access: Access, devices: Sequence[Device]) -> list[odata.Row]:
    now = access.estate.tenant.clock.now()
    return [machines.as_machine(access.estate, device, now) for device in devices]


def _listed(request: Request, access: Access, devices: Sequence[Device]) -> Response:
    return listed(request, access.estate, "Machines", _rows(access, devices), machines.FILTERABLE)
