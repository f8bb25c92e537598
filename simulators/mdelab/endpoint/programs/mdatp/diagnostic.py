"""`mdatp diagnostic create`: a real zip of the client's logs, settings and health in the device's files."""

import io
import posixpath
import zipfile

from mdelab.catalogue.mdatp import mdatp_text
from mdelab.endpoint.files import normal
from mdelab.endpoint.health import fields, print_fields
from mdelab.endpoint.programs.mdatp.call import OK, Call, Command
from mdelab.endpoint.programs.mdatp.facts import LOG_FOLDER, gather
from mdelab.model.seeds import guid

_FOLDER = "/var/opt/microsoft/mdatp/wdavdiag"
"""Not documented for Linux; named after the folder on macOS."""

_COLLECTED = (LOG_FOLDER, "/etc/opt/microsoft/mdatp")
_NEVER_COLLECTED = ("mdatp_onboard.json", "mdatp_offboard.json")
"""They carry what a stranger could onboard with."""


async def _create(call: Call) -> int:
    files = call.device.machine.files
    folder = normal(posixpath.join(call.io.cwd, call.options.get("path") or _FOLDER))
    if files.exists(folder) and not files.is_folder(folder):
        return call.fail(f"Not a folder: {folder}")
    now = call.device.tenant.clock.now()
    name = guid(call.device.tenant.stream("endpoint", call.device.machine.spec.name, "diagnostic", now.isoformat()))
    path = f"{folder.rstrip('/')}/{name}.zip"
    files.write(path, _zip(call), 0o600)
    call.say(mdatp_text("diagnostic_created").format(path=path))
    return OK


def _zip(call: Call) -> bytes:
    files = call.device.machine.files
    facts = gather(call.device)
    stamp = facts.now.timetuple()[:6]
    content = {"health.txt": print_fields(fields(facts), facts.managed).encode()}
    for folder in _COLLECTED:
        for path in files.paths(folder):
            if posixpath.basename(path) not in _NEVER_COLLECTED:
                content[path.lstrip("/")] = files.read(path)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in content.items():
            archive.writestr(zipfile.ZipInfo(name, stamp), text)
    return packed.getvalue()


COMMANDS = {"diagnostic create": Command(run=_create, takes=("path",))}
