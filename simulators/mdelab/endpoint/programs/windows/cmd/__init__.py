"""`cmd`: command lines and batch files. A batch file is interpreted line by line, as far as the lab knows its commands."""

from collections.abc import Collection

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.speech import NOT_SIMULATED, complain, not_simulated
from mdelab.endpoint.programs.windows.cmd.builtins import BUILTINS
from mdelab.endpoint.programs.windows.cmd.check import refusal
from mdelab.endpoint.programs.windows.cmd.interpreter import Interpreter, Leave, Script, Stopped
from mdelab.endpoint.programs.windows.cmd.streams import Input, Streams
from mdelab.endpoint.programs.windows.cmd.words import read_lines
from mdelab.endpoint.programs.windows.environment import variables
from mdelab.endpoint.programs.windows.place import place
from mdelab.model.windows_command_line import join

__all__ = ["batch", "cmd", "line"]

_NO_FILE = 1
_SWITCHES = ("/q", "/d", "/s", "/a", "/u", "/e:on", "/v:on", "/v:off", "/v")
_RUNS = ("/c", "/k", "/r")


async def cmd(device: Device, argv: list[str], io: Io) -> int:
    """`cmd /c COMMAND LINE`."""
    words = argv[1:]
    is_delayed = False
    while words and words[0].lower() in _SWITCHES:
        is_delayed = words.pop(0).lower() in ("/v:on", "/v") or is_delayed
    if not words or words[0].lower() not in _RUNS or len(words) < 2:
        return not_simulated(io, " ".join(argv), "Nobody types into it: give it a command, cmd /c COMMAND.")
    text = words[1] if len(words) == 2 else join(words[1:])
    return await line(device, text, io, is_delayed=is_delayed)


async def line(device: Device, text: str, io: Io, *, is_delayed: bool = False) -> int:
    """A whole command line, with everything that cmd understands in one."""
    if text.startswith('"') and text.endswith('"') and text.count('"') > 2:
        # cmd takes away the outer quotes of what follows /c when there are more inside.
        text = text[1:-1]
    return await _run(device, io, Script(name="", lines=[text]), is_delayed=is_delayed)


async def batch(device: Device, argv: list[str], io: Io, programs: Collection[str]) -> int:
    """A batch file by its name; it is looked through before anything of it runs. programs: those that it may name."""
    path, files = place(device, io, argv[0]), device.machine.files
    if not files.exists(path) or files.is_folder(path):
        text = f"'{argv[0]}' is not recognized as an internal or external command,\noperable program or batch file."
        return complain(io, text, _NO_FILE)
    lines = read_lines(files.read(path))
    refused = refusal(argv[0], lines, programs)
    if refused is not None:
        return not_simulated(io, *refused)
    return await _run(device, io, Script(name=argv[0], lines=lines, arguments=argv))


async def _run(device: Device, io: Io, script: Script, *, is_delayed: bool = False) -> int:
    shell = Interpreter(device, io, variables(device, io), BUILTINS)
    shell.is_delayed = is_delayed
    try:
        code = await shell.run(script, Streams(Input(io.stdin), io.out, io.err))
    except Leave as leave:
        code = leave.code
    except Stopped:
        code = shell.level or NOT_SIMULATED
    return code & 0xFFFFFFFF if code < 0 else code
