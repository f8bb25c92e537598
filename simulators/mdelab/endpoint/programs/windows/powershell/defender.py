"""The Defender module: Get-MpComputerStatus, Get-MpPreference, Set-, Add- and Remove-MpPreference, and what updates and scans."""

from mdelab.catalogue.windows import MpPreference, windows
from mdelab.endpoint.program import Device
from mdelab.endpoint.programs.windows.environment import is_administrator
from mdelab.endpoint.programs.windows.powershell.call import Call, Command, Failed
from mdelab.endpoint.programs.windows.powershell.parse import Unsupported
from mdelab.endpoint.programs.windows.powershell.records import Cell, Item, Record
from mdelab.endpoint.programs.windows.registry_of import registry_of
from mdelab.endpoint.registry import Value
from mdelab.endpoint.windows_path import to_tree, to_windows

_KEY = r"HKLM\SOFTWARE\Microsoft\Windows Defender"
_POLICY_KEY = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender"

_STALE_DAYS = 7
"""After so many days Windows calls its signatures out of date."""

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


async def _status(call: Call) -> list[Item]:
    device, agent, system = call.device, call.device.agent, windows().system
    settings, definitions = agent.settings, agent.definitions
    runs = device.machine.services().get("windefend", True)
    mode = "Not running" if not runs else "Passive Mode" if settings.passive_mode else "Normal"
    real_time = runs and settings.real_time_protection and not settings.passive_mode
    now = device.tenant.clock.now()
    age = (now - definitions.updated).days if definitions.updated else 65535
    record: Record = {
        "AMEngineVersion": system.engine_version if runs else "0.0.0.0",
        "AMProductVersion": system.platform_version,
        "AMRunningMode": mode,
        "AMServiceEnabled": runs,
        "AMServiceVersion": system.platform_version,
        "AntispywareEnabled": runs,
        "AntispywareSignatureVersion": definitions.version,
        "AntivirusEnabled": runs,
        "AntivirusSignatureAge": age,
        "AntivirusSignatureLastUpdated": definitions.updated or "",
        "AntivirusSignatureVersion": definitions.version,
        "BehaviorMonitorEnabled": real_time and settings.behavior_monitoring,
        "ComputerState": 0,
        "DefenderSignaturesOutOfDate": age >= _STALE_DAYS,
        "IoavProtectionEnabled": real_time,
        "IsTamperProtected": False,
        "NISEnabled": real_time,
        "NISEngineVersion": system.engine_version if real_time else "0.0.0.0",
        "OnAccessProtectionEnabled": real_time,
        "RealTimeProtectionEnabled": real_time,
        "TamperProtectionSource": "Signatures",
    }
    return [record]


async def _preferences(call: Call) -> list[Item]:
    return [{row.name: _shown(call.device, row) for row in sorted(windows().preference, key=lambda row: row.name)}]


def _shown(device: Device, row: MpPreference) -> Cell:
    if row.shape == "registry":
        registry = registry_of(device)
        held = registry.get(_POLICY_KEY, row.name) or registry.get(_KEY, row.name)
        return str(held.data) if held else ""
    settings = device.agent.settings
    if row.shape == "exclusion":
        kinds = ("folder", "file") if row.setting == "folder" else (row.setting,)
        return tuple(_windows(kind, text) for kind, text in settings.exclusions if kind in kinds)
    held_now = getattr(settings, row.setting)
    if row.shape == "choice":
        words = [word for _, word in row.choices]
        text = str(held_now).lower() if isinstance(held_now, bool) else str(held_now)
        return words.index(text)
    return not held_now if row.shape == "inverted" else bool(held_now)


async def _set(call: Call) -> list[Item]:
    return _change(call, "set")


async def _add(call: Call) -> list[Item]:
    return _change(call, "add")


async def _remove(call: Call) -> list[Item]:
    return _change(call, "remove")


def _change(call: Call, how: str) -> list[Item]:
    cmdlet = f"{how.capitalize()}-MpPreference"
    rows = [row for row in windows().preference if row.name.lower() in call.options]
    if not rows:
        raise Failed(f"{cmdlet} : A setting is missing. Name one, such as -DisableRealtimeMonitoring $true.")
    if not is_administrator(call.io):
        raise Failed(f"{cmdlet} : You don't have enough permissions to perform the requested operation.")
    changes: dict[str, object] = {}
    for row in rows:
        values = call.options[row.name.lower()]
        if row.shape == "exclusion":
            held = changes.get("exclusions", call.device.agent.settings.exclusions)
            assert isinstance(held, tuple)
            changes["exclusions"] = _exclusions(row, how, values, held)
        elif how == "add":
            raise Unsupported(f"{cmdlet} -{row.name}")
        elif row.shape == "registry":
            _keep(call.device, row.name, "" if how == "remove" else ";".join(values))
        elif how == "remove":
            raise Unsupported(f"{cmdlet} -{row.name}")
        elif row.shape == "choice":
            changes[row.setting] = _choice(row, values[0] if values else "", cmdlet)
        else:
            changes[row.setting] = _boolean(row, values[0] if values else "", cmdlet)
    if changes:
        call.device.configure(**changes)
    return []


def _boolean(row: MpPreference, text: str, cmdlet: str) -> bool:
    if text.lower() not in _BOOLEANS:
        raise Failed(f"{cmdlet} : Cannot convert value {text!r} to type System.Boolean. Use $true, $false, 1 or 0.")
    return _BOOLEANS[text.lower()] != (row.shape == "inverted")


def _choice(row: MpPreference, text: str, cmdlet: str) -> object:
    names = [name.lower() for name, _ in row.choices]
    index = int(text) if text.isdigit() else names.index(text.lower()) if text.lower() in names else -1
    if not 0 <= index < len(names):
        known = ", ".join(f"{name} ({number})" for number, (name, _) in enumerate(row.choices))
        raise Failed(f"{cmdlet} : Cannot convert value {text!r} for -{row.name}. Known are: {known}.")
    word = row.choices[index][1]
    if not word:
        raise Unsupported(f"{cmdlet} -{row.name} {row.choices[index][0]}")
    return _BOOLEANS.get(word, word)


def _exclusions(
    row: MpPreference, how: str, values: tuple[str, ...], held: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    given = {_tree(row.setting, text): (row.setting, _tree(row.setting, text)) for text in values}
    if how == "remove":
        return tuple(
            one for one in held if not (one[0] == row.setting and one[1].lower() in {name.lower() for name in given})
        )
    kept = tuple(one for one in held if how == "add" or one[0] != row.setting)
    return kept + tuple(one for one in given.values() if one not in kept)


def _tree(kind: str, text: str) -> str:
    """Exclusions are kept as the agent keeps them: paths of the tree, extensions without a dot."""
    if kind == "extension":
        return text.lstrip(".")
    return to_tree(text) if ":" in text else text


def _windows(kind: str, text: str) -> str:
    return to_windows(text) if text.startswith("/") and kind != "extension" else text


def _keep(device: Device, name: str, text: str) -> None:
    registry = registry_of(device)
    if text:
        registry.set(_KEY, name, Value("REG_SZ", text))
    else:
        registry.delete(_KEY, name)


async def _update(call: Call) -> list[Item]:
    if not await call.device.refresh_definitions():
        raise Failed("Update-MpSignature : Virus and spyware definitions update was completed with errors.")
    return []


async def _threats(call: Call) -> list[Item]:
    return [
        {
            "ThreatName": threat.name,
            "Resources": (f"file:_{to_windows(threat.path)}",),
            "InitialDetectionTime": threat.at,
        }
        for threat in call.device.agent.threats
    ]


_SETTINGS = {row.name.lower(): True for row in windows().preference}

COMMANDS = {
    "add-mppreference": Command(run=_add, takes=_SETTINGS),
    "get-mpcomputerstatus": Command(run=_status, takes={}),
    "get-mppreference": Command(run=_preferences, takes={}),
    "get-mpthreatdetection": Command(run=_threats, takes={}),
    "remove-mppreference": Command(run=_remove, takes=_SETTINGS),
    "set-mppreference": Command(run=_set, takes=_SETTINGS),
    "update-mpsignature": Command(run=_update, takes={}),
}
