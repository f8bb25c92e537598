"""What an administrator or the network changes about a device that runs: its spec, its store, its proxy."""

import msgspec

from mdelab.catalogue.platforms import os_platform
from mdelab.endpoint import layout
from mdelab.endpoint.machine import Machine
from mdelab.endpoint.system_files import forget_release, write_system_files
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError


def change(machine: Machine, fields: dict[str, object]) -> None:
    """Change the device and the files that follow from its spec; a field that is None stays as it is.

    Raises LabError for a hop or a field that is not known; nothing is changed then.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    before = machine.spec
    try:
        spec = msgspec.convert({**msgspec.structs.asdict(before), **given}, DeviceSpec)
    except msgspec.ValidationError as error:
        raise LabError(f"{before.name!r} cannot be changed: {error}. See `EndpointChange` in the API.") from error
    spec.check()
    if spec.distribution != before.distribution or spec.release != before.release:
        os_platform(spec)
    layout.check_proxy(machine, spec.proxy)
    layout.fixed_place(machine, spec.proxy_source, spec.bypass)
    layout.check_pac(machine, spec.pac)
    machine.spec = spec
    try:
        if "trusts" in given:
            layout.write_store(machine)
        if "release" in given:
            forget_release(machine)
        if "release" in given or "profiles" in given:
            write_system_files(machine)
        machine.lock_registry()
        if not given.keys().isdisjoint(("proxy", "proxy_source", "bypass")):
            if before.proxy and before.proxy_source != spec.proxy_source:
                layout.write_proxy(machine, "", before.proxy_source)
            layout.write_proxy(machine, spec.proxy, spec.proxy_source, spec.bypass)
        if "pac" in given:
            layout.write_pac(machine, spec.pac)
        if "wpad" in given:
            layout.write_wpad(machine, spec.wpad)
    except LabError:
        machine.spec = before
        raise
