"""packages.microsoft.com: descriptions of its repositories, its key, and the repositories themselves with the client.

Source: microsoft/mdatp-xplat mde_installer.sh; the form of an apt index is Debian's. The index of an rpm repository is read
as one plain file here, where real ones are compressed and listed in another.
"""

import re

from mdelab.catalogue.repositories import repositories
from mdelab.cloud.answer import TEXT, Answer, refusal
from mdelab.cloud.call import Call
from mdelab.cloud.device.probes import PROBE_METHODS
from mdelab.cloud.downloads.client_package import client_package

_ARCHITECTURES = ("binary-amd64", "binary-arm64")
_PACKAGE = re.compile(r"mdatp[-_]([\d.]+\d)(?:_amd64\.deb|_arm64\.deb|\.rpm)")

_KEY = """-----BEGIN PGP PUBLIC KEY BLOCK-----
Comment: made by a test lab (mdelab); this is a placeholder and no key
-----END PGP PUBLIC KEY BLOCK-----
"""


async def packages(call: Call) -> Answer:
    if call.method not in PROBE_METHODS:
        return refusal(
            405, "MethodNotAllowed", f"{call.path!r} takes GET, not {call.method}.", (b"allow", b"GET, HEAD")
        )
    text = _text(call.path)
    if text is None:
        return refusal(
            404,
            "NotFound",
            f"packages.microsoft.com has no {call.path!r} in this lab: it serves /config/<distribution>/<version>/<channel>.list "
            "or .repo, /keys, and the repositories that those name. Check distribution, version and channel.",
        )
    return Answer(200, text.encode(), TEXT)


def _text(path: str) -> str | None:
    match path.strip("/").split("/"):
        case ["keys", name] if name in repositories().keys:
            return _KEY
        case ["config", distribution, version, file]:
            channel, _, ending = file.rpartition(".")
            if channel not in repositories().channels:
                return None
            if ending == "list":
                return _apt(distribution, version, channel)
            if ending == "repo":
                return _rpm(distribution, version, channel)
        case [distribution, version, "prod", "dists", suite, "main", binary, "Packages"]:
            channel = suite if suite in repositories().channels else "prod"
            line = _apt(distribution, version, channel) or ""
            if line.endswith(f" {suite} main\n") and binary in _ARCHITECTURES:
                return _apt_index(repositories().client[channel], binary.removeprefix("binary-"))
        case [distribution, version, channel, "repodata", "primary.xml"] if channel in repositories().client:
            return _rpm_index(repositories().client[channel]) if _rpm(distribution, version, channel) else None
        case [_, _, _, "pool" | "Packages", name] if found := _PACKAGE.fullmatch(name):
            if found[1] in repositories().client.values():
                return client_package("mdatp-package", found[1]).decode()
    return None


def _apt_index(client: str, architecture: str) -> str:
    return (
        f"Package: mdatp\nVersion: {client}\nArchitecture: {architecture}\nSection: devel\nPriority: optional\n"
        f"Maintainer: mdelab, simulated\nFilename: pool/mdatp_{client}_{architecture}.deb\n"
        "Description: Microsoft Defender for Endpoint\n"
    )


def _rpm_index(client: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<metadata xmlns="http://linux.duke.edu/metadata/common" packages="1">\n'
        f'<package type="rpm"><name>mdatp</name><version epoch="0" ver="{client}" rel="1"/>'
        f'<location href="Packages/mdatp-{client}.rpm"/></package>\n</metadata>\n'
    )


def _apt(distribution: str, version: str, channel: str) -> str | None:
    codename = repositories().codenames.get(f"{distribution}/{version}")
    if codename is None:
        return None
    suite = codename if channel == "prod" else channel
    base = f"https://packages.microsoft.com/{distribution}/{version}/prod"
    return f"deb [arch=amd64,arm64,armhf signed-by=/usr/share/keyrings/microsoft-prod.gpg] {base} {suite} main\n"


def _rpm(distribution: str, version: str, channel: str) -> str | None:
    if version not in repositories().rpm.get(distribution, ()):
        return None
    name = f"packages-microsoft-com-{channel}"
    base = f"https://packages.microsoft.com/{distribution}/{version}/{channel}/"
    return (
        f"[{name}]\nname={name}\nbaseurl={base}\nenabled=1\ngpgcheck=1\n"
        "gpgkey=https://packages.microsoft.com/keys/microsoft.asc\n"
    )
