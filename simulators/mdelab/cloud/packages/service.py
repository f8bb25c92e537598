"""packages.microsoft.com: descriptions of its repositories, its key, and the repositories themselves with the client.

Source: microsoft/mdatp-xplat mde_installer.sh; the form of an apt repository is Debian's, signed with a key of the lab's own. The
index of an rpm repository is read as one plain file here, where real ones are compressed and listed in another.
"""

import hashlib
import re
import time
from email.utils import formatdate

from mdelab.catalogue.repositories import repositories
from mdelab.cloud.answer import TEXT, Answer, refusal
from mdelab.cloud.call import Call
from mdelab.cloud.device.probes import PROBE_METHODS
from mdelab.cloud.downloads.client_package import client_package
from mdelab.cloud.packages.openpgp import SigningKey
from mdelab.model.debian_package import make_package, stanza

_ARCHITECTURES = ("amd64", "arm64", "armhf")
_DEB = re.compile(r"mdatp_([\d.]+\d)_(amd64|arm64)\.deb")
_RPM = re.compile(r"mdatp-([\d.]+\d)\.rpm")
_NO_CLIENT = "armhf"
"""Real lists name this architecture, and no client is made for it."""

_BACKDATED_BY_S = 3600
"""As the lab's certificates: containers start with clocks that lag."""


class PackageHost:
    """The host of one lab."""

    def __init__(self) -> None:
        self._made = int(time.time()) - _BACKDATED_BY_S
        self._key = SigningKey("mdelab simulated package signing", self._made)

    async def answer(self, call: Call) -> Answer:
        if call.method not in PROBE_METHODS:
            return refusal(
                405, "MethodNotAllowed", f"{call.path!r} takes GET, not {call.method}.", (b"allow", b"GET, HEAD")
            )
        content = self._content(call.path)
        if content is None:
            return refusal(
                404,
                "NotFound",
                f"packages.microsoft.com has no {call.path!r} in this lab: it serves /config/<distribution>/<version>/"
                "<channel>.list or .repo, /keys, and the repositories that those name. Check distribution, version and channel.",
            )
        return Answer(200, content if isinstance(content, bytes) else content.encode(), TEXT)

    def _content(self, path: str) -> str | bytes | None:
        match path.strip("/").split("/"):
            case ["keys", name] if name in repositories().keys:
                return self._key.public()
            case ["config", distribution, version, file]:
                channel, _, ending = file.rpartition(".")
                if channel not in repositories().channels:
                    return None
                if ending == "list":
                    return _apt(distribution, version, channel)
                if ending == "repo":
                    return _rpm(distribution, version, channel)
            case [distribution, version, "prod", "dists", suite, "InRelease"] if _suite(distribution, version, suite):
                return self._key.sign_in_clear(self._release(suite))
            case [distribution, version, "prod", "dists", suite, "main", binary, "Packages"]:
                if _suite(distribution, version, suite) and binary.removeprefix("binary-") in _ARCHITECTURES:
                    return _apt_index(suite, binary.removeprefix("binary-"))
            case [distribution, version, channel, "repodata", "primary.xml"] if channel in repositories().client:
                return _rpm_index(repositories().client[channel]) if _rpm(distribution, version, channel) else None
            case [_, _, _, "pool", name] if (deb := _DEB.fullmatch(name)) and _is_offered(deb[1]):
                return make_package(deb[1], deb[2])
            case [_, _, _, "Packages", name] if (rpm := _RPM.fullmatch(name)) and _is_offered(rpm[1]):
                return client_package("mdatp-package", rpm[1])
        return None

    def _release(self, suite: str) -> str:
        """What apt reads first: it holds the digests of everything else."""
        digests = []
        for architecture in _ARCHITECTURES:
            index = _apt_index(suite, architecture).encode()
            digests.append(f" {hashlib.sha256(index).hexdigest()} {len(index)} main/binary-{architecture}/Packages")
        return (
            f"Origin: mdelab, simulated\nLabel: mdelab, simulated\nSuite: {suite}\nCodename: {suite}\n"
            f"Date: {formatdate(self._made, usegmt=True).replace('GMT', 'UTC')}\n"
            f"Architectures: {' '.join(_ARCHITECTURES)}\nComponents: main\nAcquire-By-Hash: no\n"
            "SHA256:\n" + "\n".join(digests) + "\n"
        )


def _suite(distribution: str, version: str, suite: str) -> bool:
    channel = suite if suite in repositories().channels else "prod"
    return (_apt(distribution, version, channel) or "").endswith(f" {suite} main\n")


def _is_offered(client: str) -> bool:
    return client in repositories().client.values()


def _apt_index(suite: str, architecture: str) -> str:
    if architecture == _NO_CLIENT:
        return ""
    client = repositories().client[suite if suite in repositories().channels else "prod"]
    package = make_package(client, architecture)
    return stanza(client, architecture) + (
        f"Filename: pool/mdatp_{client}_{architecture}.deb\nSize: {len(package)}\n"
        f"SHA256: {hashlib.sha256(package).hexdigest()}\n\n"
    )


def _rpm_index(client: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<metadata xmlns="http://linux.duke.edu/metadata/common" packages="1">\n'
        f'<package type="rpm"><name>mdatp</name><version epoch="0" ver="{client}" rel="1"/>'
        f'<location href="Packages/mdatp-{client}.rpm"/></package>\n</metadata>\n'
    )


def _apt(distribution: str, version: str, channel: str) -> str | None:
    place = f"{distribution}/{version}"
    codename = repositories().codenames.get(place)
    if codename is None:
        return None
    suite = codename if channel == "prod" else channel
    base = f"https://packages.microsoft.com/{distribution}/{version}/prod"
    key = " signed-by=/usr/share/keyrings/microsoft-prod.gpg" if place in repositories().signed_by else ""
    return f"deb [arch={','.join(_ARCHITECTURES)}{key}] {base} {suite} main\n"


def _rpm(distribution: str, version: str, channel: str) -> str | None:
    if version not in repositories().rpm.get(distribution, ()):
        return None
    name = f"packages-microsoft-com-{channel}"
    base = f"https://packages.microsoft.com/{distribution}/{version}/{channel}/"
    return (
        f"[{name}]\nname={name}\nbaseurl={base}\nenabled=1\ngpgcheck=1\n"
        "gpgkey=https://packages.microsoft.com/keys/microsoft.asc\n"
    )
