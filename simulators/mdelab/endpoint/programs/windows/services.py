"""Services of a Windows device: what `sc`, `net` and PowerShell share, with Windows' own error numbers."""

from mdelab.catalogue.windows import WindowsService, windows, windows_service
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.windows.environment import is_administrator
from mdelab.endpoint.programs.windows.registry_of import event_log_of, registry_of
from mdelab.endpoint.publish_windows import SERVICE
from mdelab.endpoint.registry import Value
from mdelab.endpoint.sense_log import SenseLog
from mdelab.model.basis import Basis

DONE = 0
ACCESS_DENIED = 5
ALREADY_RUNNING = 1056
DISABLED = 1058
UNKNOWN = 1060
NOT_STARTED = 1062
GAVE_UP = 1067
"""The process ended unexpectedly: what a service that has nothing to do looks like."""

TEXTS = {
    ACCESS_DENIED: "Access is denied.",
    ALREADY_RUNNING: "An instance of the service is already running.",
    DISABLED: (
        "The service cannot be started, either because it is disabled or because it has no enabled devices associated with it."
    ),
    UNKNOWN: "The specified service does not exist as an installed service.",
    NOT_STARTED: "The service has not been started.",
    GAVE_UP: "The process terminated unexpectedly.",
}

POLICY_KEY = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection"
_KEY = r"HKLM\SYSTEM\CurrentControlSet\Services"
_DISABLED = 4


def services(device: Device) -> list[WindowsService]:
    """All of the device's: those of Windows and the client, and those that its description names."""
    spec = device.machine.spec
    rows = [row for row in windows().service if spec.installed or not row.is_client]
    known = {row.name for row in rows}
    return rows + [_other(name) for name in spec.services if name.lower() not in known]


def service(device: Device, name: str) -> WindowsService | None:
    """None for one that the device does not have."""
    return next((row for row in services(device) if row.name.lower() == name.lower()), None)


def runs(device: Device, row: WindowsService) -> bool:
    held = {name.lower(): running for name, running in device.machine.services().items()}
    return held.get(row.name.lower(), row.runs)


def start_type(device: Device, row: WindowsService) -> int:
    """0 boot, 1 system, 2 automatic, 3 by hand, 4 disabled."""
    value = registry_of(device).get(rf"{_KEY}\{row.name}", "Start")
    return value.data if value is not None and isinstance(value.data, int) else row.start


def set_start_type(device: Device, row: WindowsService, start: int) -> None:
    registry_of(device).set(rf"{_KEY}\{row.name}", "Start", Value("REG_DWORD", start))


async def start(device: Device, row: WindowsService, io: Io) -> int:
    """Start a service; answers `DONE` or Windows' error number."""
    if not is_administrator(io):
        return ACCESS_DENIED
    if runs(device, row):
        return ALREADY_RUNNING
    if start_type(device, row) == _DISABLED:
        return DISABLED
    if row.name == SERVICE and registry_of(device).get(POLICY_KEY, "OnboardingInfo") is None:
        agent, now = device.agent, device.tenant.clock.now()
        SenseLog(event_log_of(device), lambda: agent.machine_id).write("not-onboarded", "", now)
        return GAVE_UP
    await device.control_service(row.name, True)
    return DONE


async def stop(device: Device, row: WindowsService, io: Io) -> int:
    """Stop a service; answers `DONE` or Windows' error number. A protected one refuses everybody."""
    if row.is_protected or not is_administrator(io):
        return ACCESS_DENIED
    if not runs(device, row):
        return NOT_STARTED
    await device.control_service(row.name, False)
    return DONE


def _other(name: str) -> WindowsService:
    row = windows_service(name)
    return row or WindowsService(
        name=name,
        display_name=name,
        binary=rf"C:\Program Files\{name}\{name}.exe",
        start=2,
        runs=True,
        depends_on=(),
        basis=Basis.LAB_DEFINED,
        source="the description of the device",
    )
