"""`python3`, `python`, `bash` and `sh`: they run the lab's own scripts, told by their marker, and nothing else."""

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.path import device_path
from mdelab.endpoint.programs.scripts import run_script
from mdelab.endpoint.programs.speech import NOT_FOUND, complain, not_simulated

_NO_FILE = 2
"""What CPython answers to a script that is not there."""


async def python(device: Device, argv: list[str], io: Io) -> int:
    """`python3` is there when the spec names a version; `python` only where an old Python 2 is."""
    spec = device.machine.spec
    version = spec.python2 if argv[0].rpartition("/")[2] in ("python", "python2") else spec.python
    if argv[1:] in (["--version"], ["-V"]):
        io.out.write(f"Python {version}\n")
        return 0
    script = argv[1:]
    if not script or script[0].startswith("-"):
        return not_simulated(io, " ".join(argv), "The lab runs the portal's scripts only: python3 SCRIPT.")
    if not _is_file(device, io, script[0]):
        where = device_path(io, script[0])
        return complain(io, f"{argv[0]}: can't open file '{where}': [Errno 2] No such file or directory", _NO_FILE)
    if version.startswith("2."):
        # The real script says nothing; that Python 3 is recommended is seed 004 line 32.
        io.err.write(f"{script[0]}: runs on Python {version}; Python 3 is recommended\n")
    return await run_script(device, script, io)


async def shell(device: Device, argv: list[str], io: Io) -> int:
    script = argv[1:]
    if not script or script[0].startswith("-"):
        return not_simulated(io, " ".join(argv), "Embedded endpoints run no shell: give the command itself.")
    if not _is_file(device, io, script[0]):
        return complain(io, f"{argv[0]}: {script[0]}: No such file or directory", NOT_FOUND)
    return await run_script(device, script, io)


def _is_file(device: Device, io: Io, name: str) -> bool:
    path, files = device_path(io, name), device.machine.files
    return files.exists(path) and not files.is_folder(path)
