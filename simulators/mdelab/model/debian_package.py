"""The Defender client of the lab as a Debian package: what the repository serves, what the images hold, and what `apt` brings.

It holds a link to the stub of `mdatp` and two scripts that tell the sensor. Form: deb(5), deb-control(5). Nothing in it is
compressed, so that whoever has no dpkg can read it as well.
"""

import io
import re
import tarfile

NAME = "mdatp"

STUB = "/opt/mdelab/endpoint/stub.py"
"""Where the images keep the program that hands a call to the sensor."""

TELL = "mdelab-client"
"""The program of the device by which the scripts of the package tell what they did."""

QUIET = "MDELAB_QUIET"
"""Environment variable with which the package is installed or removed without a word to the sensor."""

_MAGIC = b"!<arch>\n"
_NOTICE = "Made by a test lab (mdelab), without any software of Microsoft's. It does nothing on a real machine."
_VERSION = re.compile(rb"\0Package: mdatp\nVersion: (\S+)\n")
"""Where the control file begins in its archive."""

_SCRIPT = """#!/bin/sh
# {notice}
if [ "$1" = {when} ] && [ -S /run/mdelab/sensor.sock ] && [ -z "${quiet}" ]; then
    exec /usr/local/bin/{tell} {what}
fi
"""

_POSTRM = """#!/bin/sh
# With fuse-overlayfs a file of the image that was removed, made and removed again comes back.
[ "$1" != remove ] || rm -f /usr/bin/mdatp
"""


def stanza(version: str, architecture: str) -> str:
    """What a package says of itself, in its own control file and in the index of a repository; ends with a line end."""
    return (
        f"Package: {NAME}\nVersion: {version}\nArchitecture: {architecture}\nSection: devel\nPriority: optional\n"
        f"Maintainer: mdelab, simulated\nDescription: Microsoft Defender for Endpoint, simulated\n {_NOTICE}\n"
    )


def make_package(version: str, architecture: str) -> bytes:
    """The same arguments give the same bytes, so that an index can hold their digest."""
    control = {"./control": stanza(version, architecture), "./postinst": _script("configure", f"installed {version}")}
    control["./prerm"] = _script("remove", "removed")
    control["./postrm"] = _POSTRM
    parts = {
        "debian-binary": b"2.0\n",
        "control.tar": _tar([_file(name, text.encode()) for name, text in control.items()]),
        "data.tar": _tar([*(_folder(name) for name in ("./", "./usr/", "./usr/bin/")), _link("./usr/bin/mdatp", STUB)]),
    }
    return _MAGIC + b"".join(_member(name, content) for name, content in parts.items())


def version_in(content: bytes) -> str:
    """The version of the client in a package of the lab; "" for another file."""
    found = _VERSION.search(content) if content.startswith(_MAGIC) and _NOTICE.encode() in content else None
    return found[1].decode(errors="replace") if found else ""


def _script(when: str, what: str) -> str:
    return _SCRIPT.format(notice=_NOTICE, when=when, what=what, quiet=QUIET, tell=TELL)


def _member(name: str, content: bytes) -> bytes:
    head = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode()
    return head + content + b"\n" * (len(content) % 2)


def _tar(entries: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for entry, content in entries:
            entry.uname = entry.gname = "root"
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def _file(name: str, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(name)
    entry.mode, entry.size = (0o644 if name == "./control" else 0o755), len(content)
    return entry, content


def _folder(name: str) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, 0o755
    return entry, b""


def _link(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.linkname = tarfile.SYMTYPE, 0o777, target
    return entry, b""
