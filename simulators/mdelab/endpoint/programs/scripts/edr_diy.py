"""`mde_linux_edr_diy`: the Linux EDR test. It looks for files with sensitive data, which is what raises the test alert.

It does no harm and leaves nothing behind. What the real script runs is not public; these are the lab's commands.
"""

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.path import device_path

_CHILDREN = (
    ("/usr/bin/find", "find / -name *.pem"),
    ("/usr/bin/find", "find / -name id_rsa"),
    ("/usr/bin/cat", "cat /etc/shadow"),
    ("/usr/bin/grep", "grep -r password /etc"),
)
_READ = ("/etc/shadow", "/etc/passwd", "/root/.ssh/id_rsa")


async def edr_diy(device: Device, argv: list[str], io: Io) -> int:
    script, command = device_path(io, argv[0]), " ".join(argv)
    for image, line in _CHILDREN:
        device.observe(
            "ProcessCreated",
            Image=image,
            CommandLine=line,
            ParentImage=script,
            ParentCommandLine=command,
            CurrentDirectory=io.cwd,
            User="root",
        )
    for path in _READ:
        device.observe("FileRead", Image="/usr/bin/cat", TargetFilename=path, ParentImage=script, User="root")
    io.out.write("MDE Linux EDR DIY test: done. An alert appears in the portal within a few minutes.\n")
    return 0
