"""`mdatp scan`: runs the antivirus over the device's files now."""

import posixpath

from mdelab.catalogue.mdatp import mdatp_text
from mdelab.endpoint.antivirus import QUARANTINE
from mdelab.endpoint.files import normal
from mdelab.endpoint.programs.mdatp.call import OK, Call, Command
from mdelab.endpoint.programs.speech import not_simulated

_QUICK = ("/tmp", "/home", "/root", "/etc", "/usr/bin")
"""Where a quick scan looks; the real list is not documented."""

_NOT_SCANNED = (QUARANTINE, "/proc", "/sys")


async def _quick(call: Call) -> int:
    return _scan(call, _QUICK)


async def _full(call: Call) -> int:
    return _scan(call, ("/",))


async def _custom(call: Call) -> int:
    path = posixpath.join(call.io.cwd, call.options["path"])
    if not call.device.machine.files.exists(path):
        return call.fail(f"Path not found: {call.options['path']}")
    return _scan(call, (normal(path),))


async def _cancel(call: Call) -> int:
    # A scan of the lab ends before the command returns, so there never is one to cancel.
    call.say("No scan is running")
    return OK


def _scan(call: Call, tops: tuple[str, ...]) -> int:
    files = call.device.machine.files
    paths = dict.fromkeys(path for top in tops for path in (files.paths(top) or ([top] if _is_file(call, top) else [])))
    if "ignore-exclusions" in call.options and call.device.agent.settings.exclusions:
        return not_simulated(call.io, "mdatp scan --ignore-exclusions", "Remove the exclusions, then scan.")
    wanted = [path for path in paths if not _is_below(path, _NOT_SCANNED) and not _is_excluded(call, path)]
    found = [path for path in wanted if call.device.scan_file(path) is not None]
    call.say(mdatp_text("scan_finished"))
    call.say(f"\t{len(wanted)} file(s) scanned")
    call.say(f"\t{len(found)} threat(s) detected")
    return OK


def _is_file(call: Call, path: str) -> bool:
    files = call.device.machine.files
    return files.exists(path) and not files.is_folder(path)


def _is_excluded(call: Call, path: str) -> bool:
    for kind, value in call.device.agent.settings.exclusions:
        if kind == "file" and path == value:
            return True
        if kind == "folder" and _is_below(path, (value,)):
            return True
        if kind == "extension" and path.endswith("." + value.lstrip(".")):
            return True
    return False


def _is_below(path: str, folders: tuple[str, ...]) -> bool:
    return any(path.startswith(folder.rstrip("/") + "/") for folder in folders)


COMMANDS = {
    "scan quick": Command(run=_quick, flags=("ignore-exclusions",)),
    "scan full": Command(run=_full, flags=("ignore-exclusions",)),
    "scan custom": Command(run=_custom, needs=("path",), flags=("ignore-exclusions",)),
    "scan cancel": Command(run=_cancel),
}
