"""Programs that say who and what the device is: echo, env, hostname, id, uname, which, whoami."""

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.flags import UnknownFlag, split_flags

_MACHINES = {"x64": "x86_64", "arm64": "aarch64"}


async def echo(device: Device, argv: list[str], io: Io) -> int:
    # There is no shell: what looks like a redirection is a word like any other.
    words = argv[1:]
    end = "\n"
    if words[:1] and words[0] in ("-e", "-E", "-ne", "-en"):
        raise UnknownFlag(words[0])
    if words[:1] == ["-n"]:
        words, end = words[1:], ""
    io.out.write(" ".join(words) + end)
    return 0


async def env(device: Device, argv: list[str], io: Io) -> int:
    variables = {**device.machine.environment, **io.env}
    rest = argv[1:]
    while rest and "=" in rest[0] and not rest[0].startswith("-"):
        name, _, value = rest.pop(0).partition("=")
        variables[name] = value
    if rest:
        inner = Io(stdin=io.stdin, env=variables, cwd=io.cwd, out=io.out, err=io.err, not_simulated=io.not_simulated)
        return await device.run(rest, io=inner)
    io.out.write("".join(f"{name}={value}\n" for name, value in variables.items()))
    return 0


async def hostname(device: Device, argv: list[str], io: Io) -> int:
    flags, _ = split_flags(argv[1:], ("-f", "-s", "--fqdn", "--short", "-I"))
    io.out.write((device.machine.attachment.address if "-I" in flags else device.machine.spec.name) + "\n")
    return 0


async def uname(device: Device, argv: list[str], io: Io) -> int:
    spec = device.machine.spec
    flags, _ = split_flags(argv[1:], ("-a", "-s", "-n", "-r", "-m", "--all", "--kernel-release", "--machine"))
    parts = {"-s": "Linux", "-n": spec.name, "-r": spec.kernel, "-m": _MACHINES[spec.architecture]}
    same = {"--kernel-release": "-r", "--machine": "-m", "--all": "-a"}
    asked = {same.get(flag, flag) for flag in flags} or {"-s"}
    io.out.write(" ".join(text for flag, text in parts.items() if "-a" in asked or flag in asked) + "\n")
    return 0


async def id_(device: Device, argv: list[str], io: Io) -> int:
    flags, _ = split_flags(argv[1:], ("-u", "-n", "-g", "-un", "--user", "--name"))
    if not flags:
        io.out.write("uid=0(root) gid=0(root) groups=0(root)\n")
    else:
        io.out.write("root\n" if flags & {"-n", "-un", "--name"} else "0\n")
    return 0


async def whoami(device: Device, argv: list[str], io: Io) -> int:
    split_flags(argv[1:], ())
    io.out.write("root\n")
    return 0
