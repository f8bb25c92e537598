"""`update-ca-certificates`: takes what the administrator put into /usr/local/share/ca-certificates into the OS store."""

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.flags import split_flags

STORE = "/etc/ssl/certs/ca-certificates.crt"
ADDED = "/usr/local/share/ca-certificates"
_KNOWN = "/etc/ssl/certs/.mdelab-added.pem"
"""What an earlier run added, so that this one can take away what is no longer wanted."""


async def update_ca_certificates(device: Device, argv: list[str], io: Io) -> int:
    split_flags(argv[1:], ("-f", "--fresh"))
    files = device.machine.files
    before = files.read(_KNOWN).decode() if files.exists(_KNOWN) else ""
    store = files.read(STORE).decode() if files.exists(STORE) else ""
    kept = store.replace(before, "") if before else store
    wanted = [files.read(path).decode(errors="replace").strip() for path in files.paths(ADDED) if path.endswith(".crt")]
    new = [pem for pem in wanted if pem not in kept]
    added = "".join(f"{pem}\n" for pem in new)
    files.write(STORE, ((kept.rstrip("\n") + "\n") if kept else "").encode() + added.encode())
    files.write(_KNOWN, added.encode())
    gone = _count(before) - sum(pem in before for pem in new)
    io.out.write(
        "Updating certificates in /etc/ssl/certs...\n"
        f"{sum(pem not in before for pem in new)} added, {gone} removed; done.\n"
        "Running hooks in /etc/ca-certificates/update.d...\ndone.\n"
    )
    return 0


def _count(pem: str) -> int:
    return pem.count("-----BEGIN CERTIFICATE-----")
