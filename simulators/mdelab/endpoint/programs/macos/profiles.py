"""`profiles`: the configuration profiles of a Mac, as MDM delivered them. Source of the output's shape: what the tool
analyze_profiles.py of microsoft/mdatp-xplat reads of it.
"""

import plistlib
import shlex
import uuid

from mdelab.catalogue.macos import deployed_profiles
from mdelab.endpoint import property_list
from mdelab.endpoint.managed_files import FOLDER
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.caller import is_root, user_of
from mdelab.endpoint.programs.path import device_path
from mdelab.endpoint.programs.speech import complain, not_simulated
from mdelab.model.clock import EPOCH

_LEVEL = "_computerlevel"
_PREFERENCES = "com.apple.ManagedClient.preferences"
_ORGANISATION = "mdelab simulated MDM"
_USE = "Use: profiles list|show [-type configuration] [-output FILE|stdout-xml], or profiles status -type enrollment."


async def profiles(device: Device, argv: list[str], io: Io) -> int:
    words = argv[1:]
    if words[:1] in (["-P"], ["-L"], ["-C"]):
        words = ["list", *words[1:]]
    if words == ["status", "-type", "enrollment"]:
        is_enrolled = bool(_installed(device))
        io.out.write(f"Enrolled via DEP: No\nMDM enrollment: {'Yes (User Approved)' if is_enrolled else 'No'}\n")
        return 0
    action, options = words[0] if words else "", _options(words[1:])
    if action not in ("list", "show") or options is None or options.get("type", "configuration") != "configuration":
        return not_simulated(io, shlex.join(argv), _USE)
    if not is_root(io):
        if action == "show" or "output" in options:
            return complain(io, "profiles: this command requires root privileges")
        io.out.write(f"There are no configuration profiles installed for user '{user_of(io)}'\n")
        return 0
    installed = _installed(device)
    if "output" not in options:
        io.out.write(_text(installed, shows_payloads=action == "show"))
        return 0
    content = property_list.encode({_LEVEL: installed} if installed else {})
    if options["output"] == "stdout-xml":
        io.out.write(content.decode())
    else:
        path = device_path(io, options["output"])
        # The real tool adds the ending when the name has none of its own.
        path += "" if "." in path.rpartition("/")[2] else ".plist"
        device.machine.files.write(path, content)
    return 0


def _options(words: list[str]) -> dict[str, str] | None:
    """`-type T`, `-output F`, `-all`; None for others."""
    found: dict[str, str] = {}
    given = iter(words)
    for word in given:
        name = word.lstrip("-")
        name = {"o": "output"}.get(name, name)
        if name in ("all", "verbose", "v"):
            continue
        value = next(given, None)
        if name not in ("type", "output") or value is None:
            return None
        found[name] = value
    return found


def _installed(device: Device) -> list[dict[str, object]]:
    """Every profile as the tool exports it: those of the spec, then one for each domain of managed preferences."""
    machine = device.machine
    rows = deployed_profiles(machine.spec)
    found = [_profile(device, row.display, row.identifier, row.payload_type, row.payload) for row in rows]
    own = {f"{FOLDER}/{row.managed_file}" for row in rows}
    for path in machine.files.paths(FOLDER) if machine.files.is_folder(FOLDER) else []:
        domain = path.rpartition("/")[2].removesuffix(".plist")
        if path in own or not domain.startswith("com.microsoft."):
            continue
        settings = property_list.read_dictionary(machine.files, path)
        content: dict[str, object] = {
            "PayloadContentManagedPreferences": {domain: {"Forced": [{"mcx_preference_settings": settings}]}}
        }
        found.append(_profile(device, f"Settings of {domain}", f"mdelab.profile.{domain}", _PREFERENCES, content))
    return found


def _profile(
    device: Device, display: str, identifier: str, payload_type: str, content: dict[str, object]
) -> dict[str, object]:
    name = device.machine.spec.name
    return {
        "ProfileDisplayName": display,
        "ProfileIdentifier": identifier,
        "ProfileInstallDate": f"{EPOCH:%Y-%m-%d %H:%M:%S +0000}",
        "ProfileOrganization": _ORGANISATION,
        "ProfileRemovalDisallowed": "true",
        "ProfileType": "Configuration",
        "ProfileUUID": _uuid(name, identifier),
        "ProfileVersion": 1,
        "ProfileItems": [
            {
                "PayloadContent": content,
                "PayloadDisplayName": display,
                "PayloadIdentifier": f"{identifier}.1",
                "PayloadType": payload_type,
                "PayloadUUID": _uuid(name, f"{identifier}.1"),
                "PayloadVersion": 1,
            }
        ],
    }


def _uuid(name: str, identifier: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"mdelab:{name}:{identifier}")).upper()


def _text(installed: list[dict[str, object]], *, shows_payloads: bool) -> str:
    if not installed:
        return "There are no configuration profiles installed in the system domain\n"
    lines = []
    for index, profile in enumerate(installed, start=1):
        start = f"{_LEVEL}[{index}]"
        lines.append(f"{start} attribute: profileIdentifier: {profile['ProfileIdentifier']}")
        if not shows_payloads:
            continue
        lines += [
            f"{start} attribute: name: {profile['ProfileDisplayName']}",
            f"{start} attribute: organization: {profile['ProfileOrganization']}",
            f"{start} attribute: installationDate: {profile['ProfileInstallDate']}",
        ]
        items = profile["ProfileItems"]
        for number, item in enumerate(items if isinstance(items, list) else [], start=1):
            payload = plistlib.dumps(item["PayloadContent"], fmt=plistlib.FMT_XML).decode().splitlines()[3:-1]
            lines.append(f"{start} payload[{number}] type: {item['PayloadType']}")
            lines += [f"{start} payload[{number}]   {line.strip()}" for line in payload]
    lines.append(f"There are {len(installed)} system configuration profiles installed")
    return "\n".join(lines) + "\n"
