"""`mdatp scan`: runs the antivirus over the device's files now."""

import posixpath

from mdelab.catalogue.mdatp import mdatp_text
from mdelab.endpoint.files import normal
from mdelab.endpoint.programs.mdatp.call import OK, Call, Command
from mdelab.endpoint.protection import is_excluded

_QUICK = ("/tmp", "/home", "/root", "/etc", "/usr/bin")
"""Where a quick scan looks; the real list is not documented."""

_NOT_SCANNED = ("/proc", "/sys")


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
    all_of_them = "ignore-exclusions" in call.options
    settings = call.device.agent.settings
    passed_over = (call.device.machine.paths.quarantine, *_NOT_SCANNED)
    wanted = [
        path for path in paths if not _is_below(path, passed_over) and (all_of_them or not is_excluded(path, settings))
    ]
    found = [path for path in wanted if call.device.scan_file(path, ignore_exclusions=all_of_them) is not None]
    call.say(mdatp_text("scan_finished"))
    call.say(f"\t{len(wanted)} file(s) scanned")
    call.say(f"\t{len(found)} threat(s) detected")
    return OK


def _is_file(call: Call, path: str) -> bool:
    files = call.device.machine.files
    return files.exists(path) and not files.is_folder(path)


def _is_below(path: str, folders: tuple[str, ...]) -> bool:
    return any(path.startswith(folder.rstrip("/") + "/") for folder in folders)


COMMANDS = {
    "scan quick": Command(run=_quick, flags=("ignore-exclusions",)),
    "scan full": Command(run=_full, flags=("ignore-exclusions",)),
    "scan custom": Command(run=_custom, needs=("path",), flags=("ignore-exclusions",)),
    "scan cancel": Command(run=_cancel),
}
