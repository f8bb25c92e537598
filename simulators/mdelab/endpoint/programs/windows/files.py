"""Files of a Windows device: type, dir, mkdir, rmdir, del, copy, move, find. Most of them are commands of `cmd` itself."""

import fnmatch
import posixpath

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.flags import UnknownFlag
from mdelab.endpoint.programs.speech import complain
from mdelab.endpoint.programs.windows.options import take
from mdelab.endpoint.programs.windows.place import is_there, place
from mdelab.endpoint.windows_path import children, to_windows

NO_FILE = "The system cannot find the file specified."
NO_PATH = "The system cannot find the path specified."


async def type_(device: Device, argv: list[str], io: Io) -> int:
    _, names = take(argv[1:], {}, "/")
    code = 0
    for name in names:
        path = place(device, io, name)
        if device.machine.files.is_folder(path):
            code = complain(io, "Access is denied.")
            continue
        try:
            io.out.write(device.machine.files.read(path).decode(errors="replace").replace("\r\n", "\n"))
        except FileNotFoundError:
            code = complain(io, NO_FILE if is_there(device, posixpath.dirname(path)) else NO_PATH)
    return code if names else complain(io, "The syntax of the command is incorrect.")


async def mkdir(device: Device, argv: list[str], io: Io) -> int:
    _, names = take(argv[1:], {}, "/")
    code = 0
    for name in names:
        path = place(device, io, name)
        if device.machine.files.exists(path):
            code = complain(io, f"A subdirectory or file {name} already exists.")
        else:
            device.machine.files.make_folder(path)
    return code if names else complain(io, "The syntax of the command is incorrect.")


async def rmdir(device: Device, argv: list[str], io: Io) -> int:
    options, names = take(argv[1:], {"s": False, "q": False}, "/")
    files, code = device.machine.files, 0
    for name in names:
        path = place(device, io, name)
        if not files.is_folder(path):
            code = complain(io, NO_FILE, 2)
        elif "s" not in options and children(files, path):
            code = complain(io, "The directory is not empty.", 145)
        else:
            for one in files.paths(path):
                files.remove(one)
            _drop_folder(device, path)
    return code


def _drop_folder(device: Device, path: str) -> None:
    """Remove the empty folders that are left of `path`; a tree in memory forgets them by itself."""
    host = device.machine.files.host_path(path)
    if host is not None:
        for folder in sorted((one for one in host.rglob("*") if one.is_dir()), reverse=True):
            folder.rmdir()
        host.rmdir()


async def delete(device: Device, argv: list[str], io: Io) -> int:
    _, names = take(argv[1:], {"f": False, "q": False, "s": False}, "/")
    files, code = device.machine.files, 0
    for name in names:
        found = _matching(device, io, name)
        if not found:
            # del says so and still exits with 0.
            io.out.write(f"Could Not Find {_shown(device, io, name)}\n")
        for path in found:
            files.remove(path)
    return code if names else complain(io, "The syntax of the command is incorrect.")


async def copy(device: Device, argv: list[str], io: Io) -> int:
    return _transfer(device, argv, io, keeps=True)


async def move(device: Device, argv: list[str], io: Io) -> int:
    return _transfer(device, argv, io, keeps=False)


def _transfer(device: Device, argv: list[str], io: Io, *, keeps: bool) -> int:
    _, names = take(argv[1:], {"y": False, "-y": False, "v": False, "b": False}, "/")
    if len(names) not in (1, 2) or "+" in names:
        raise UnknownFlag(" ".join(argv[1:]))
    files = device.machine.files
    target = place(device, io, names[1] if len(names) == 2 else ".")
    sources = _matching(device, io, names[0])
    if not sources:
        return complain(io, NO_FILE)
    if not files.is_folder(target) and (len(sources) > 1 or not is_there(device, posixpath.dirname(target))):
        return complain(io, NO_PATH)
    for source in sources:
        to = f"{target}/{posixpath.basename(source)}" if files.is_folder(target) else target
        files.write(to, files.read(source))
        if not keeps and to != source:
            files.remove(source)
    what = f"{len(sources)} file(s) {'copied' if keeps else 'moved'}."
    io.out.write(f"        {what}\n")
    return 0


async def dir_(device: Device, argv: list[str], io: Io) -> int:
    options, names = take(argv[1:], {"b": False, "a": False, "s": False}, "/")
    code = 0
    for name in names or ["."]:
        wild = "*" in name or "?" in name
        folder = place(device, io, name.replace("/", "\\").rpartition("\\")[0] or "." if wild else name)
        pattern = name.replace("/", "\\").rpartition("\\")[2] if wild else "*"
        files = device.machine.files
        if files.exists(folder) and not files.is_folder(folder):
            folder, pattern = posixpath.dirname(folder), posixpath.basename(folder)
        rows = [one for one in children(files, folder) if _is_like(one, pattern)] if files.exists(folder) else []
        if not rows and (not files.is_folder(folder) or wild or pattern != "*"):
            code = complain(io, "File Not Found")
            continue
        if "b" in options:
            io.out.write("".join(f"{one}\n" for one in rows))
        else:
            io.out.write(_listing(device, folder, rows))
    return code


def _listing(device: Device, folder: str, names: list[str]) -> str:
    files, at = device.machine.files, device.tenant.clock.now()
    lines, sizes = [], []
    for name in names:
        path = f"{folder.rstrip('/')}/{name}"
        if files.is_folder(path):
            shown = "<DIR>         "
        else:
            sizes.append(len(files.read(path)))
            shown = f"{sizes[-1]:>14,}"
        lines.append(f"{at:%m/%d/%Y  %I:%M %p}    {shown} {name}")
    head = f" Volume in drive {folder[1]} has no label.\n\n Directory of {to_windows(folder)}\n\n"
    free = device.machine.spec.disk_free_mb * 1024 * 1024
    foot = f"{len(sizes):>16} File(s) {sum(sizes):>14,} bytes\n{len(names) - len(sizes):>16} Dir(s) {free:>15,} bytes free\n"
    return head + "".join(f"{line}\n" for line in lines) + foot


async def find(device: Device, argv: list[str], io: Io) -> int:
    """Lines with a text; exit code 1 when there is none. Its text must stand in double quotes, which are gone here."""
    options, rest = take(argv[1:], {"i": False, "v": False, "c": False, "n": False}, "/")
    if not rest:
        return complain(io, "FIND: Parameter format not correct", 2)
    text, *names = rest
    is_found = False
    sources = [("", io.stdin.decode(errors="replace"))]
    if names:
        sources = []
        for name in names:
            try:
                sources.append((name, device.machine.files.read(place(device, io, name)).decode(errors="replace")))
            except FileNotFoundError:
                complain(io, f"File not found - {name.upper()}")
    for name, content in sources:
        rows = [
            (number, line)
            for number, line in enumerate(content.splitlines(), start=1)
            if ((text.lower() in line.lower()) if "i" in options else (text in line)) != ("v" in options)
        ]
        is_found = is_found or bool(rows)
        head = f"\n---------- {name.upper()}" if name else ""
        if "c" in options:
            io.out.write(f"{head}: {len(rows)}\n" if head else f"{len(rows)}\n")
            continue
        io.out.write(f"{head}\n" if head else "")
        io.out.write("".join(f"[{number}]{line}\n" if "n" in options else f"{line}\n" for number, line in rows))
    return 0 if is_found else 1


def _matching(device: Device, io: Io, name: str) -> list[str]:
    """The files that a name with `*` and `?` means; of a folder, those right in it."""
    files = device.machine.files
    if "*" not in name and "?" not in name:
        path = place(device, io, name)
        if files.is_folder(path):
            return [f"{path}/{one}" for one in children(files, path) if not files.is_folder(f"{path}/{one}")]
        return [path] if files.exists(path) else []
    folder, _, pattern = name.strip('"').replace("/", "\\").rpartition("\\")
    top = place(device, io, folder or ".")
    rows = [f"{top}/{one}" for one in children(files, top) if _is_like(one, pattern)]
    return [path for path in rows if not files.is_folder(path)]


def _is_like(name: str, pattern: str) -> bool:
    return pattern == "*.*" or fnmatch.fnmatchcase(name.lower(), pattern.lower())


def _shown(device: Device, io: Io, name: str) -> str:
    return name if "*" in name or "?" in name else to_windows(place(device, io, name))
