"""`mdatp diagnostic create`: a real zip of the client's logs, settings and health in the device's files."""

import io
import posixpath
import zipfile

from mdelab.catalogue.mdatp import mdatp_text
from mdelab.endpoint.files import normal
from mdelab.endpoint.health import fields, print_fields
from mdelab.endpoint.programs.mdatp.call import OK, Call, Command
from mdelab.endpoint.programs.mdatp.facts import gather
from mdelab.model.seeds import guid

_FOLDER = "wdavdiag"
"""Beside the client's state; not documented for Linux, so named after the folder on macOS."""


async def _create(call: Call) -> int:
    files = call.device.machine.files
    plain = posixpath.join(posixpath.dirname(call.device.machine.paths.state), _FOLDER)
    folder = normal(posixpath.join(call.io.cwd, call.options.get("path") or plain))
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
    paths = call.device.machine.paths
    # The packages are left out: a stranger could onboard with them.
    for path in (*files.paths(posixpath.dirname(paths.core_log)), paths.settings, paths.managed):
        if files.exists(path):
            content[path.lstrip("/")] = files.read(path)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in content.items():
            archive.writestr(zipfile.ZipInfo(name, stamp), text)
    return packed.getvalue()


COMMANDS = {"diagnostic create": Command(run=_create, takes=("path",))}
