"""Programs that look at and change the device's files: cat, chmod, cp, ls, mkdir, mv, rm, sha256sum."""

import hashlib
import posixpath
import re
import stat

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.flags import UnknownFlag, split_flags
from mdelab.endpoint.programs.path import device_path
from mdelab.endpoint.programs.speech import complain

_CLAUSE = re.compile(r"([ugoa]*)([+=-])([rwx]*)")
_SHIFT = {"u": 6, "g": 3, "o": 0}
_BITS = {"r": 4, "w": 2, "x": 1}


async def cat(device: Device, argv: list[str], io: Io) -> int:
    _, names = split_flags(argv[1:], ())
    code = 0
    for name in names or ["-"]:
        if name == "-":
            io.out.write(io.stdin.decode(errors="replace"))
            continue
        try:
            io.out.write(device.machine.files.read(device_path(io, name)).decode(errors="replace"))
        except FileNotFoundError:
            code = complain(io, f"cat: {name}: {_why_not(device, io, name)}")
    return code


async def sha256sum(device: Device, argv: list[str], io: Io) -> int:
    _, names = split_flags(argv[1:], ())
    code = 0
    for name in names:
        try:
            content = device.machine.files.read(device_path(io, name))
        except FileNotFoundError:
            code = complain(io, f"sha256sum: {name}: {_why_not(device, io, name)}")
            continue
        io.out.write(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
    return code


async def rm(device: Device, argv: list[str], io: Io) -> int:
    flags, names = split_flags(argv[1:], ("-r", "-R", "-f", "-rf", "--recursive", "--force"))
    recursive = bool(flags & {"-r", "-R", "-rf", "--recursive"})
    force = bool(flags & {"-f", "-rf", "--force"})
    files, code = device.machine.files, 0
    for name in names:
        path = device_path(io, name)
        if not files.exists(path):
            if not force:
                code = complain(io, f"rm: cannot remove '{name}': No such file or directory")
        elif not files.is_folder(path):
            files.remove(path)
        elif recursive:
            for one in files.paths(path):
                files.remove(one)
        else:
            code = complain(io, f"rm: cannot remove '{name}': Is a directory")
    return code


async def cp(device: Device, argv: list[str], io: Io) -> int:
    _, names = split_flags(argv[1:], ("-f", "-p", "--force"))
    return _transfer(device, io, "cp", names, keeps=True)


async def mv(device: Device, argv: list[str], io: Io) -> int:
    _, names = split_flags(argv[1:], ("-f", "--force"))
    return _transfer(device, io, "mv", names, keeps=False)


def _transfer(device: Device, io: Io, program: str, names: list[str], *, keeps: bool) -> int:
    if len(names) < 2:
        return complain(io, f"{program}: missing file operand\nTry '{program} --help' for more information.")
    files = device.machine.files
    *sources, last = names
    target, code = device_path(io, last), 0
    if len(sources) > 1 and not files.is_folder(target):
        return complain(io, f"{program}: target '{last}': No such file or directory")
    for name in sources:
        source = device_path(io, name)
        if not files.exists(source):
            code = complain(io, f"{program}: cannot stat '{name}': No such file or directory")
        elif files.is_folder(source):
            code = complain(io, f"{program}: -r not specified; omitting directory '{name}'")
        else:
            to = posixpath.join(target, posixpath.basename(source)) if files.is_folder(target) else target
            files.write(to, files.read(source), files.mode(source))
            if not keeps and to != source:
                files.remove(source)
    return code


async def mkdir(device: Device, argv: list[str], io: Io) -> int:
    flags, names = split_flags(argv[1:], ("-p", "--parents"))
    files, code = device.machine.files, 0
    for name in names:
        path = device_path(io, name)
        if files.exists(path) and not (flags and files.is_folder(path)):
            code = complain(io, f"mkdir: cannot create directory '{name}': File exists")
        elif not flags and not files.is_folder(posixpath.dirname(path)):
            code = complain(io, f"mkdir: cannot create directory '{name}': No such file or directory")
        else:
            files.make_folder(path)
    return code


async def chmod(device: Device, argv: list[str], io: Io) -> int:
    # `-x` and the like are modes, not flags, so the flags are not split here.
    rest = [argument for argument in argv[1:] if argument not in ("-R", "-v", "--")]
    if unknown := next((word for word in rest if word.startswith("--")), None):
        raise UnknownFlag(unknown)
    if len(rest) < 2:
        return complain(io, f"chmod: missing operand\nTry '{argv[0]} --help' for more information.")
    asked, *names = rest
    code = 0
    for name in names:
        path = device_path(io, name)
        if not device.machine.files.exists(path):
            code = complain(io, f"chmod: cannot access '{name}': No such file or directory")
            continue
        mode = new_mode(device.machine.files.mode(path), asked)
        if mode is None:
            return complain(io, f"chmod: invalid mode: '{asked}'")
        device.machine.files.chmod(path, mode)
    return code


def new_mode(mode: int, asked: str) -> int | None:
    """`mode` changed as `chmod asked` does (octal or `u+x,go-w`); None when that means nothing."""
    if re.fullmatch(r"[0-7]{1,4}", asked):
        return int(asked, 8)
    for clause in asked.split(","):
        match = _CLAUSE.fullmatch(clause)
        if match is None:
            return None
        who, sign, what = match.groups()
        bits = sum(_BITS[letter] for letter in set(what))
        for one in "ugo" if not who or "a" in who else who:
            value, field = bits << _SHIFT[one], 7 << _SHIFT[one]
            mode = {"+": mode | value, "-": mode & ~value, "=": mode & ~field | value}[sign]
    return mode


async def ls(device: Device, argv: list[str], io: Io) -> int:
    flags, names = split_flags(argv[1:], ("-l", "-a", "-A", "-1", "-d", "-h"))
    files, code = device.machine.files, 0
    for name in names or ["."]:
        path = device_path(io, name)
        if not files.exists(path):
            code = complain(io, f"ls: cannot access '{name}': No such file or directory", 2)
            continue
        if not files.is_folder(path) or "-d" in flags:
            rows = [(name, path)]
        else:
            below = path.rstrip("/") + "/"
            entries = sorted({one[len(below) :].split("/", 1)[0] for one in files.paths(path)})
            rows = [(one, below + one) for one in entries if flags & {"-a", "-A"} or not one.startswith(".")]
        for shown, where in rows:
            io.out.write((_long(device, where) if "-l" in flags else "") + shown + "\n")
    return code


def _long(device: Device, path: str) -> str:
    files = device.machine.files
    if files.is_folder(path):
        return "drwxr-xr-x root root        0 "
    mode = stat.filemode(stat.S_IFREG | files.mode(path))
    return f"{mode} root root {len(files.read(path)):>8} "


def _why_not(device: Device, io: Io, name: str) -> str:
    return "Is a directory" if device.machine.files.exists(device_path(io, name)) else "No such file or directory"
