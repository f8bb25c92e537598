"""`certutil -addstore Root FILE`: an administrator puts a certificate authority into the device's own store."""

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.speech import not_simulated
from mdelab.endpoint.programs.windows.environment import is_administrator
from mdelab.endpoint.programs.windows.options import take
from mdelab.endpoint.programs.windows.place import place

_FAILED = 0x80070002
_DENIED = 0x80070005


async def certutil(device: Device, argv: list[str], io: Io) -> int:
    options, rest = take(argv[1:], {"addstore": False, "f": False})
    if "addstore" not in options or len(rest) != 2 or rest[0].lower() not in ("root", "authroot"):
        return not_simulated(io, " ".join(argv), "Use: certutil -addstore [-f] Root FILE.")
    io.out.write(f'{rest[0]} "Trusted Root Certification Authorities"\n')
    if not is_administrator(io):
        return _fail(io, _DENIED, "Access is denied.")
    try:
        content = device.machine.files.read(place(device, io, rest[1]))
    except FileNotFoundError:
        return _fail(io, _FAILED, "The system cannot find the file specified.")
    try:
        certificate = _read(content)
    except ValueError as error:
        return _fail(io, 0x80092009, f"Cannot find the requested object ({error}).")
    store = store_of(device)
    held = device.machine.files.read(store) if device.machine.files.exists(store) else b""
    pem = certificate.public_bytes(Encoding.PEM)
    if pem in held:
        io.out.write(f'Certificate "{_name(certificate)}" already in store.\n')
    else:
        device.machine.files.write(store, held.rstrip(b"\n") + (b"\n" if held else b"") + pem)
        io.out.write(f'Certificate "{_name(certificate)}" added to store.\n')
    io.out.write("CertUtil: -addstore command completed successfully.\n")
    return 0


def store_of(device: Device) -> str:
    """The device's own store, as a path of the tree."""
    return device.machine.paths.os_store


def _read(content: bytes) -> x509.Certificate:
    """PEM or DER. Raises ValueError."""
    if content.lstrip().startswith(b"-----BEGIN"):
        return x509.load_pem_x509_certificate(content)
    return x509.load_der_x509_certificate(content)


def _name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def _fail(io: Io, code: int, text: str) -> int:
    io.out.write(f"CertUtil: -addstore command FAILED: 0x{code:x}\nCertUtil: {text}\n")
    return code
