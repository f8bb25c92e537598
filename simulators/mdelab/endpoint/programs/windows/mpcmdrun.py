"""`MpCmdRun.exe`: the antivirus from the command line: -ReloadEngine, -SignatureUpdate, -ValidateMapsConnection, -Scan.

Texts: public output of MpCmdRun 4.18; what it prints for a failed connection names Windows' error, as the real one does.
"""

from mdelab.catalogue.windows import windows
from mdelab.endpoint.outcome import Failure, Reply
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.speech import complain, not_simulated
from mdelab.endpoint.programs.windows.environment import is_administrator
from mdelab.endpoint.programs.windows.options import take
from mdelab.endpoint.programs.windows.place import place
from mdelab.endpoint.windows_path import to_windows
from mdelab.model.evidence import Purpose
from mdelab.model.trust import Trust

_FAILED = 2
"""What MpCmdRun answers to everything that went wrong, and to a threat that it left where it is."""

_MAPS_URL = "https://wdcp.microsoft.com/wdcp.svc/submitReport"
"""Cloud protection's address for Windows (defender-docs standard-device-connectivity-urls-commercial.md)."""

_CRL_URL = "http://crl.microsoft.com/pki/crl/products/MicRooCerAut2011_2011_03_22.crl"
"""The list of Microsoft's root: port 80, in the clear (streamlined-device-connectivity-urls-commercial.md)."""

_SPYNET = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Spynet"
_REVOCATION, _UNSET = (1, 3), 3
"""Values of SSLOptions with which revocation is looked up, and the one that holds when none is set
(configure-network-connections-microsoft-defender-antivirus.md)."""

_ADVICE = "Use -ReloadEngine, -SignatureUpdate, -ValidateMapsConnection, or -Scan -ScanType 1|2|3 [-File PATH]."
_KINDS = {"0": "quick", "1": "quick", "2": "full", "3": "custom"}
_QUICK = ("/C:/Users", "/C:/Windows/Temp", "/C:/ProgramData")
"""Where a quick scan looks; the real list is not documented."""


async def mpcmdrun(device: Device, argv: list[str], io: Io) -> int:
    action = argv[1].lower().lstrip("-/") if len(argv) > 1 else ""
    if action in ("reloadengine", "signatureupdate", "scan") and not is_administrator(io):
        return complain(
            io,
            "CmdTool: Failed with hr = 0x80070005. Check C:\\Windows\\TEMP\\MpCmdRun.log for more information",
            _FAILED,
        )
    match action:
        case "reloadengine" if len(argv) == 2:
            io.out.write(f"Engine reloaded: {windows().system.engine_version}\n")
            return 0
        case "signatureupdate" if len(argv) == 2:
            return await _update(device, io)
        case "validatemapsconnection" if len(argv) == 2:
            return await _validate(device, io)
        case "scan":
            return _scan(device, argv, io)
        case _:
            return not_simulated(io, " ".join(argv), _ADVICE)


async def _update(device: Device, io: Io) -> int:
    io.out.write("Signature update started . . .\n")
    if await device.refresh_definitions():
        io.out.write("Signature update finished.\n")
        return 0
    io.out.write("ERROR: Signature Update failed with hr=0x8024402c\nCmdTool: Failed with hr = 0x8024402C. ")
    io.out.write("Check C:\\Windows\\TEMP\\MpCmdRun.log for more information\n")
    return _FAILED


async def _validate(device: Device, io: Io) -> int:
    if not device.agent.settings.cloud_enabled:
        io.out.write("ValidateMapsConnection failed to establish a connection to MAPS (hr=80004004 httpcode=0)\n")
        return _FAILED
    answer = await device.fetch(_MAPS_URL, purpose=Purpose.TEST, trust=Trust.ROOT_SET)
    if isinstance(answer, Failure):
        # 12029 cannot connect, 12175 a security error: what WinHTTP says of a refused connection and a certificate.
        reason = "80072F8F" if answer.verify_code or answer.curl_code in (35, 60) else "80072EFD"
        io.out.write(f"ValidateMapsConnection failed to establish a connection to MAPS (hr={reason} httpcode=0)\n")
        io.err.write(f"{answer.text}\n")
        return _FAILED
    if _asks_for_revocation(device) and isinstance(crl := await _fetch_crl(device), Failure):
        # The URL itself is fine; what cannot be had is the word that its certificate still holds.
        io.out.write("ValidateMapsConnection failed to establish a connection to MAPS (hr=80072F8F httpcode=0)\n")
        io.err.write(f"{crl.text}\n")
        return _FAILED
    if answer.status >= 500 or answer.status in (403, 407):
        io.out.write(
            f"ValidateMapsConnection failed to establish a connection to MAPS (hr=80070005 httpcode={answer.status})\n"
        )
        return _FAILED
    io.out.write("ValidateMapsConnection successfully established a connection to MAPS\n")
    return 0


def _asks_for_revocation(device: Device) -> bool:
    value = device.machine.registry.get(_SPYNET, "SSLOptions") if device.machine.registry else None
    return (value.data if value else _UNSET) in _REVOCATION


async def _fetch_crl(device: Device) -> Reply | Failure:
    """Any answer will do: the lab's certificates name no list, so there is none to read."""
    return await device.fetch(_CRL_URL, purpose=Purpose.TEST, trust=Trust.PLAIN)


def _scan(device: Device, argv: list[str], io: Io) -> int:
    known = {"scan": False, "scantype": True, "file": True, "disableremediation": False}
    options, rest = take(argv[1:], known)
    kind = _KINDS.get(options.get("scantype", "0"))
    if rest or kind is None or (kind == "custom") != ("file" in options) or "disableremediation" in options:
        return not_simulated(io, " ".join(argv), _ADVICE)
    files, what = device.machine.files, f"{kind} scan"
    tops: tuple[str, ...] = _QUICK if kind == "quick" else ("/",)
    if kind == "custom":
        tops = (place(device, io, options["file"]),)
        what = to_windows(tops[0])
        if not files.exists(tops[0]):
            return complain(
                io, "CmdTool: Failed with hr = 0x80070003. The system cannot find the path specified.", _FAILED
            )
    paths = dict.fromkeys(path for top in tops for path in (files.paths(top) if files.is_folder(top) else [top]))
    paths = {path: None for path in paths if not path.startswith(device.machine.paths.quarantine + "/")}
    io.out.write("Scan starting...\n")
    found = [threat for path in paths if files.exists(path) and (threat := device.scan_file(path)) is not None]
    io.out.write(f"Scan finished.\nScanning {what} found {len(found) or 'no'} threats.\n")
    if not found:
        return 0
    if any(threat.status not in ("quarantined", "removed") for threat in found):
        for threat in found:
            io.out.write(
                f"Threat                  : {threat.name}\n    file                : {to_windows(threat.path)}\n"
            )
        return _FAILED
    io.out.write("Cleaning started...\nCleaning finished.\n")
    return 0
