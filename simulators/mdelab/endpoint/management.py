"""What a management product delivers to a device: a package, or on a Mac the configuration profile that carries one.

Source of the profile's shape: microsoft/mdatp-xplat macos/mdm/analyze_profiles.py. Where packages lie is `artifacts`.
"""

from collections.abc import Iterator
from typing import Any

from mdelab.endpoint import artifacts, managed_files, property_list
from mdelab.endpoint.machine import Machine
from mdelab.model.errors import LabError
from mdelab.model.package import Kind

_XML = "<?xml"


def deliver(machine: Machine, kind: Kind, document: str) -> None:
    """Put the package where the client looks for it. document: the outer JSON, damaged as it may be, or a profile.

    Raises LabError for a profile that does not parse, that forces nothing, or that comes to a device without profiles.
    """
    if not document.startswith(_XML):
        artifacts.write(machine, kind, document)
        return
    if machine.registry is not None or not machine.paths.managed.endswith(".plist"):
        raise LabError(
            f"{machine.spec.name!r} is a {machine.spec.platform} device and takes no configuration profiles. "
            "Deliver its own package."
        )
    forced = list(_forced(property_list.parse(document.encode(), "the profile")))
    if not forced:
        raise LabError("the profile forces no preferences. Deliver the one of the portal's download, such as Intune's.")
    for domain, settings in forced:
        property_list.write(machine.files, f"{managed_files.FOLDER}/{domain}.plist", settings)


def _forced(profile: object) -> Iterator[tuple[str, dict[str, object]]]:
    """Preference domain and settings of each payload that forces some; what has another shape is passed over."""
    payloads: Any = profile.get("PayloadContent") if isinstance(profile, dict) else None
    for payload in payloads if isinstance(payloads, list) else ():
        domains = payload.get("PayloadContent") if isinstance(payload, dict) else None
        for domain, content in domains.items() if isinstance(domains, dict) else ():
            for entry in content.get("Forced", ()) if isinstance(content, dict) else ():
                settings = entry.get("mcx_preference_settings") if isinstance(entry, dict) else None
                if isinstance(settings, dict):
                    yield domain, settings
