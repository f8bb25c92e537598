"""`logger`: a line in the device's syslog."""

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.flags import UnknownFlag

SYSLOG = "/var/log/syslog"


async def logger(device: Device, argv: list[str], io: Io) -> int:
    tag, words = "root", list(argv[1:])
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option not in ("-p", "-t", "--priority", "--tag"):
            raise UnknownFlag(option)
        value = words.pop(0) if words else ""
        if option in ("-t", "--tag"):
            tag = value
    now, files = device.tenant.clock.now(), device.machine.files
    before = files.read(SYSLOG) if files.exists(SYSLOG) else b""
    line = f"{now:%b %d %H:%M:%S} {device.machine.spec.name} {tag}: {' '.join(words)}\n"
    files.write(SYSLOG, before + line.encode(), 0o640)
    return 0
