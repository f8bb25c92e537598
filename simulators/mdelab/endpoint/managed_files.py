"""The files that prove on a Mac that configuration profiles were delivered, made from the device's spec.

They are a consequence of `DeviceSpec.profiles`: whoever changes the spec calls `deliver` again. Managed preferences that
hold settings or a package of the client are not among them.
"""

from mdelab.catalogue.macos import ConfigurationProfile, deployed_profiles, macos
from mdelab.endpoint import property_list
from mdelab.endpoint.machine import Machine

FOLDER = "/Library/Managed Preferences"
TCC_OVERRIDES = "/Library/Application Support/com.apple.TCC/MDMOverrides.plist"

_TCC_PREFIX = "kTCCService"


def deliver(machine: Machine) -> None:
    """Write the files of the profiles that the device has, and remove those of profiles that it has not.

    Raises LabError for a profile that the lab does not know; nothing is changed then.
    """
    rows = deployed_profiles(machine.spec)
    wanted: dict[str, dict[str, object]] = {}
    for row in rows:
        if row.managed_file:
            wanted.setdefault(f"{FOLDER}/{row.managed_file}", {}).update(row.payload)
    overrides = _overrides(rows)
    if overrides:
        wanted[TCC_OVERRIDES] = overrides
    known = {f"{FOLDER}/{row.managed_file}" for row in macos().profile if row.managed_file} | {TCC_OVERRIDES}
    for path in sorted(known):
        if path in wanted:
            content = property_list.encode(wanted[path])
            if not machine.files.exists(path) or machine.files.read(path) != content:
                machine.files.write(path, content)
        elif machine.files.exists(path):
            machine.files.remove(path)


def _overrides(rows: tuple[ConfigurationProfile, ...]) -> dict[str, object]:
    """What the privacy database of a managed Mac holds: by identifier, then by service."""
    found: dict[str, object] = {}
    for row in rows:
        services = row.payload.get("Services")
        for service, entries in services.items() if isinstance(services, dict) else ():
            for entry in entries:
                kept = {key: value for key, value in entry.items() if key != "StaticCode"}
                # The real file holds the compiled requirement, which only the system's own compiler can make.
                kept["CodeRequirementData"] = str(entry["CodeRequirement"]).encode()
                kept["Allowed"] = bool(entry["Allowed"])
                by_service = found.setdefault(str(entry["Identifier"]), {})
                if isinstance(by_service, dict):
                    by_service[_TCC_PREFIX + service] = kept
    return found
