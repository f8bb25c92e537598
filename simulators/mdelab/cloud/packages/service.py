"""The repository descriptions and the key of packages.microsoft.com. Source: microsoft/mdatp-xplat mde_installer.sh."""

from mdelab.catalogue.repositories import repositories
from mdelab.cloud.answer import TEXT, Answer, refusal
from mdelab.cloud.call import Call
from mdelab.cloud.device.probes import PROBE_METHODS

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
            "or .repo and /keys. Check distribution, version and channel.",
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
    return None


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
