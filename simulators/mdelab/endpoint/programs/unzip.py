"""`unzip`: unpacks an archive of the device into the device."""

import io as bytes_io
import posixpath
import zipfile

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.path import device_path
from mdelab.endpoint.programs.speech import complain, not_simulated

_MOST_BYTES = 64 * 1024 * 1024
"""More than this is not unpacked: a small archive can hold an endless file."""

_BAD_ARCHIVE = 9
_TOO_LARGE = 50
_NO_MATCH = 11


async def unzip(device: Device, argv: list[str], io: Io) -> int:
    flags, rest, folder = set[str](), list[str](), "."
    given = iter(argv[1:])
    for argument in given:
        if argument == "-d":
            folder = next(given, ".")
        elif argument.startswith("-"):
            flags.update(argument[1:])
        else:
            rest.append(argument)
    unknown = flags - {"o", "q", "n"}
    if unknown or not rest:
        return not_simulated(io, " ".join(argv), "Use: unzip [-o] [-n] [-q] ARCHIVE [MEMBER...] [-d FOLDER].")
    name, *wanted = rest
    path = _find(device, io, name)
    if path is None:
        return complain(io, f"unzip:  cannot find or open {name}, {name}.zip or {name}.ZIP.", _BAD_ARCHIVE)
    try:
        with zipfile.ZipFile(bytes_io.BytesIO(device.machine.files.read(path))) as archive:
            return _unpack(device, io, archive, wanted, folder, flags, name)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        return complain(
            io, f"Archive:  {name}\n  End-of-central-directory signature not found ({error}).", _BAD_ARCHIVE
        )


def _find(device: Device, io: Io, name: str) -> str | None:
    files = device.machine.files
    candidates = [device_path(io, name + ending) for ending in ("", ".zip", ".ZIP")]
    return next((path for path in candidates if files.exists(path) and not files.is_folder(path)), None)


def _unpack(
    device: Device, io: Io, archive: zipfile.ZipFile, wanted: list[str], folder: str, flags: set[str], name: str
) -> int:
    members = [one for one in archive.infolist() if not one.is_dir() and (not wanted or one.filename in wanted)]
    if not members:
        return complain(io, f"caution: filename not matched:  {' '.join(wanted)}", _NO_MATCH)
    if sum(one.file_size for one in members) > _MOST_BYTES:
        return complain(io, f"{name}: more than {_MOST_BYTES} bytes unpacked: disk full?  Unpack less.", _TOO_LARGE)
    if "q" not in flags:
        io.out.write(f"Archive:  {name}\n")
    top = device_path(io, folder)
    for one in members:
        # A member named `../../etc/passwd` lands below the folder, as with the real unzip.
        inside = posixpath.normpath("/" + one.filename).lstrip("/")
        target = posixpath.join(top, inside)
        if "n" in flags and device.machine.files.exists(target):
            continue
        mode = (one.external_attr >> 16) & 0o777 or 0o644
        device.machine.files.write(target, archive.read(one), mode)
        if "q" not in flags:
            io.out.write(f"  inflating: {posixpath.join(folder, inside) if folder != '.' else inside}  \n")
    return 0
