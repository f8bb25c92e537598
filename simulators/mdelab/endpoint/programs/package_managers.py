"""`apt-get` and `yum`: the client from the repositories that the device lists, as `packages.microsoft.com` describes them.

Other packages are not simulated. What a repository serves is `mdelab.cloud.packages`.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from mdelab.endpoint import client_version
from mdelab.endpoint.files import FileTree
from mdelab.endpoint.machine import DEFENDER
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.caller import is_root
from mdelab.endpoint.programs.installation import download, install, package_version
from mdelab.endpoint.programs.speech import complain, not_simulated
from mdelab.endpoint.system_files import REPOSITORIES
from mdelab.model.platform import Platform

_YES = ("-y", "--yes", "--assume-yes", "--assumeyes", "-q", "-qq")
_FAILED = 100
"""What apt-get ends with when something went wrong."""

_SOURCE = re.compile(r"^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+main\b", re.MULTILINE)
_LISTS = "/var/lib/apt/lists"
_STANZA = re.compile(r"^Package: mdatp\nVersion: (\S+)$.*?^Filename: (\S+)$", re.MULTILINE | re.DOTALL)

_BASE_URL = re.compile(r"^baseurl=(\S+?)/?$", re.MULTILINE)
_ENTRY = re.compile(r'<name>mdatp</name>.*?\bver="([^"]+)".*?<location href="([^"]+)"', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offer:
    version: str
    url: str


async def apt_get(device: Device, argv: list[str], io: Io) -> int:
    words = [word for word in argv[1:] if word not in _YES]
    match words:
        case ["update"]:
            is_update = True
        case ["install", *rest] if [word for word in rest if word != "--only-upgrade"] == [DEFENDER]:
            is_update = False
        case _:
            return not_simulated(
                io, shlex.join(argv), "Use: apt-get update, or apt-get install [--only-upgrade] mdatp."
            )
    if not is_root(io):
        return complain(io, "E: Could not open lock file - open (13: Permission denied). Are you root?", _FAILED)
    if is_update:
        return await _read_lists(device, io)
    if "--only-upgrade" in words and not device.machine.spec.installed:
        io.out.write("Skipping mdatp, it is not installed and only upgrades are requested.\n")
        return 0
    newest = _newest(_listed(device.machine.files))
    if newest is None and not device.machine.spec.installed:
        return complain(io, "E: Unable to locate package mdatp", _FAILED)
    return await _bring(device, io, newest, failed=_FAILED)


async def yum(device: Device, argv: list[str], io: Io) -> int:
    match [word for word in argv[1:] if word not in _YES]:
        case ["update" | "upgrade", name] if name == DEFENDER:
            pass
        case ["install", name] if name == DEFENDER:
            pass
        case _:
            return not_simulated(io, shlex.join(argv), "Use: yum update mdatp, or yum install mdatp.")
    if not is_root(io):
        return complain(io, "Error: This command has to be run with superuser privileges.")
    offers: list[_Offer] = []
    for base in _named_in(device.machine.files, REPOSITORIES["rpm"], ".repo", _BASE_URL):
        index = await download(device, f"{base[0]}/repodata/primary.xml")
        if isinstance(index, str):
            return complain(io, f"Error: Failed to download metadata for repo {base[0]}: {index}")
        found = _ENTRY.findall(index.decode(errors="replace"))
        offers += [_Offer(version=version, url=f"{base[0]}/{place}") for version, place in found]
    newest = _newest(offers)
    if newest is None and not device.machine.spec.installed:
        return complain(io, "Error: Unable to find a match: mdatp")
    return await _bring(device, io, newest, failed=1)


async def _read_lists(device: Device, io: Io) -> int:
    """`apt-get update`: keep the index of every repository on the device."""
    files, code = device.machine.files, 0
    architecture = "arm64" if device.machine.spec.architecture == "arm64" else "amd64"
    for base, suite in _named_in(files, REPOSITORIES["deb"], ".list", _SOURCE):
        index = await download(device, f"{base}/dists/{suite}/main/binary-{architecture}/Packages")
        if isinstance(index, str):
            code = complain(io, f"E: Failed to fetch {base}/dists/{suite}/main: {index}", _FAILED)
            continue
        files.write(
            f"{_LISTS}/{base.partition('://')[2].replace('/', '_')}_{suite}_Packages", base.encode() + b"\n" + index
        )
        io.out.write(f"Get: {base} {suite}/main {architecture} Packages\n")
    io.out.write("Reading package lists... Done\n")
    return code


def _listed(files: FileTree) -> Iterator[_Offer]:
    for path in files.paths(_LISTS) if files.is_folder(_LISTS) else ():
        base, _, index = files.read(path).decode(errors="replace").partition("\n")
        for version, place in _STANZA.findall(index):
            yield _Offer(version=version, url=f"{base}/{place}")


def _named_in(files: FileTree, folder: str, ending: str, pattern: re.Pattern[str]) -> Iterator[tuple[str, ...]]:
    """The groups of what the files of `folder` name; comments do not fit the patterns."""
    for path in files.paths(folder) if files.is_folder(folder) else ():
        if path.endswith(ending):
            yield from (found.groups() for found in pattern.finditer(files.read(path).decode(errors="replace")))


def _newest(offers: Iterator[_Offer] | list[_Offer]) -> _Offer | None:
    return max(offers, key=lambda one: client_version.numbers(one.version), default=None)


async def _bring(device: Device, io: Io, newest: _Offer | None, *, failed: int) -> int:
    """Install what is newer than what is there."""
    machine = device.machine
    before = client_version.read(machine) if machine.spec.installed else ""
    if newest is None or client_version.numbers(newest.version) <= client_version.numbers(before):
        io.out.write(f"mdatp is already the newest version ({before}).\n")
        return 0
    content = await download(device, newest.url)
    if isinstance(content, str):
        return complain(io, f"E: Failed to fetch {newest.url}: {content}", failed)
    version = package_version(content, Platform.LINUX)
    if not version:
        return not_simulated(io, newest.url, "The lab installs its own mdatp package only.")
    await install(device, version)
    io.out.write(f"Setting up mdatp ({version}) over ({before or 'nothing'}) ...\n")
    return 0
