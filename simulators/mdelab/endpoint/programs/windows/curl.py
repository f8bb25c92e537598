"""`curl.exe`: the curl that the other platforms have too, with Windows' paths made the tree's."""

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.curl import curl as shared_curl
from mdelab.endpoint.programs.windows.place import folder_of, place

_TAKES_A_FILE = ("-o", "--output", "--cacert", "-T", "--upload-file", "-D", "--dump-header", "-K", "--config")
_MAY_TAKE_A_FILE = ("-d", "--data", "--data-binary", "--data-raw")


async def curl(device: Device, argv: list[str], io: Io) -> int:
    arguments, before = ["curl"], ""
    for argument in argv[1:]:
        if before in _TAKES_A_FILE and argument.upper() == "NUL":
            arguments.append("/dev/null")
        elif before in _TAKES_A_FILE and argument != "-":
            arguments.append(place(device, io, argument))
        elif before in _MAY_TAKE_A_FILE[:3] and argument.startswith("@") and argument != "@-":
            arguments.append("@" + place(device, io, argument[1:]))
        else:
            arguments.append(argument)
        before = argument
    inner = Io(stdin=io.stdin, env=io.env, cwd=folder_of(io), out=io.out, err=io.err, not_simulated=io.not_simulated)
    # Its working folder need not be in the tree yet, and the real curl is started in it.
    device.machine.files.make_folder(inner.cwd)
    return await shared_curl(device, arguments, inner)
