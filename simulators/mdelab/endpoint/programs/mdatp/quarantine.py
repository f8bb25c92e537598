"""`mdatp threat quarantine`: files that the antivirus put away, and their way back."""

import posixpath

import msgspec

from mdelab.endpoint.antivirus import Threat, ThreatStatus
from mdelab.endpoint.files import normal
from mdelab.endpoint.programs.mdatp.call import OK, Call, Command
from mdelab.endpoint.programs.mdatp.threat import find_threat, show_threats


async def _list(call: Call) -> int:
    show_threats(call, _quarantined(call))
    return OK


async def _restore_id(call: Call) -> int:
    threat = find_threat(call, call.options["id"])
    if threat is None:
        return call.fail(f"Threat not found: {call.options['id']}")
    return _restore(call, threat, call.options.get("destination-path") or call.options.get("path") or "")


async def _restore_path(call: Call) -> int:
    path = normal(posixpath.join(call.io.cwd, call.options["path"]))
    threat = next((one for one in reversed(_quarantined(call)) if one.path == path), None)
    if threat is None:
        return call.fail(f"Nothing is in quarantine from: {call.options['path']}")
    return _restore(call, threat, call.options.get("destination-path", ""))


def _restore(call: Call, threat: Threat, destination: str) -> int:
    """Back to `destination` (a folder or a file), or to where it was found when that is ""."""
    if threat.status != "quarantined":
        return call.fail(f"Threat is not in quarantine: {threat.id}")
    files = call.device.machine.files
    target = normal(posixpath.join(call.io.cwd, destination)) if destination else threat.path
    if files.is_folder(target):
        target = posixpath.join(target, posixpath.basename(threat.path))
    content = files.read(_stored(call, threat))
    # First the status, so that the antivirus does not take the file away again the moment it is back.
    call.device.update_threat(msgspec.structs.replace(threat, status="restored", path=target))
    files.write(target, content)
    files.remove(_stored(call, threat))
    if not files.exists(target):
        return call.fail(
            f"Threat was restored to {target} and taken away again, because real-time protection is on. "
            "Turn it off or allow the threat: mdatp threat allowed add --name NAME"
        )
    call.say(f"Threat restored to {target}")
    return OK


async def _remove(call: Call) -> int:
    threat = find_threat(call, call.options["id"])
    if threat is None or threat.status != "quarantined":
        return call.fail(f"Threat is not in quarantine: {call.options['id']}")
    _delete(call, threat, "removed")
    call.say("Threat removed from quarantine")
    return OK


async def _remove_all(call: Call) -> int:
    found = _quarantined(call)
    for threat in found:
        _delete(call, threat, "removed")
    call.say(f"{len(found)} threat(s) removed from quarantine")
    return OK


async def _add(call: Call) -> int:
    threat = find_threat(call, call.options["id"])
    if threat is None:
        return call.fail(f"Threat not found: {call.options['id']}")
    files = call.device.machine.files
    if threat.status == "quarantined" or not files.exists(threat.path):
        return call.fail(f"Nothing to quarantine: {threat.path}")
    files.write(_stored(call, threat), files.read(threat.path), 0o600)
    call.device.update_threat(msgspec.structs.replace(threat, status="quarantined"))
    files.remove(threat.path)
    call.say("Threat added to quarantine")
    return OK


def _quarantined(call: Call) -> list[Threat]:
    return [threat for threat in call.device.agent.threats if threat.status == "quarantined"]


def _delete(call: Call, threat: Threat, status: ThreatStatus) -> None:
    files = call.device.machine.files
    if files.exists(_stored(call, threat)):
        files.remove(_stored(call, threat))
    call.device.update_threat(msgspec.structs.replace(threat, status=status))


def _stored(call: Call, threat: Threat) -> str:
    return f"{call.device.machine.paths.quarantine}/{threat.id}"


COMMANDS = {
    "threat quarantine list": Command(run=_list),
    "threat quarantine add": Command(run=_add, needs=("id",)),
    "threat quarantine remove": Command(run=_remove, needs=("id",)),
    "threat quarantine remove-all": Command(run=_remove_all),
    "threat quarantine restore": Command(run=_restore_id, needs=("id",), takes=("path",)),
    "threat quarantine restore threat-id": Command(run=_restore_id, needs=("id",), takes=("destination-path",)),
    "threat quarantine restore threat-path": Command(run=_restore_path, needs=("path",), takes=("destination-path",)),
}
