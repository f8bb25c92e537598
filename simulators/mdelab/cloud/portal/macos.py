"""The portal's files for macOS, in the lab's form: the local script, and the forms that MDM products deliver.

What the real script holds is not public; this one writes the property list in which the agent looks for its package, as the
documents say. Sources: defender-docs mac-install-manually.md, mac-support-license.md, microsoft/mdatp-xplat
macos/mdm/analyze_profiles.py.
"""

import plistlib
from typing import Any

from mdelab.cloud.portal.contents import Contents
from mdelab.model.package import Kind

_DOMAINS: dict[Kind, str] = {
    "onboarding": "com.microsoft.wdav.atp",
    "offboarding": "com.microsoft.wdav.atp.offboarding",
}
_KEYS: dict[Kind, str] = {"onboarding": "OnboardingInfo", "offboarding": "OffboardingInfo"}

_PROLOGUE_LINES = 2
"""The XML declaration and the document type: nothing of ours may stand before them."""

_SCRIPT = """#!/bin/bash
# mdelab program: macos-{kind}-script
# Made by the test lab {lab}. It is no Microsoft software, and it works on the lab's simulated endpoints only.

if [ "$MDELAB_DEVICE_LAB" != "{lab}" ]; then
    echo "This script was made by a test lab (mdelab {lab}) and refuses to run on a real machine: it would point Defender at" >&2
    echo "simulated services. Download the script of your own tenant from https://security.microsoft.com instead." >&2
    exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "This script needs administrative rights. Run it with sudo." >&2
    exit 1
fi
PLIST="/Library/Application Support/Microsoft/Defender/{domain}.plist"
echo "Generating $PLIST ..."
mkdir -p "$(dirname "$PLIST")" || exit 1
cat > "$PLIST" <<'MDELAB_END'
{plist}MDELAB_END
"""


def script(contents: Contents) -> str:
    """`MicrosoftDefenderATPOnboardingMacOs.sh` and its offboarding counterpart."""
    return _SCRIPT.format(
        kind=contents.kind, lab=contents.lab_id, domain=_DOMAINS[contents.kind], plist=property_list(contents)
    )


def property_list(contents: Contents) -> str:
    """What MDM products put below /Library/Managed Preferences under the preference domain."""
    return _marked({_KEYS[contents.kind]: contents.outer}, contents.lab_id)


def profile(contents: Contents) -> str:
    """The configuration profile that Intune deploys: the same key, forced in the preference domain."""
    domain = _DOMAINS[contents.kind]
    settings = {_KEYS[contents.kind]: contents.outer}
    payload = {
        "PayloadContent": {domain: {"Forced": [{"mcx_preference_settings": settings}]}},
        "PayloadDisplayName": f"mdelab {contents.lab_id}: Defender {contents.kind}",
        "PayloadEnabled": True,
        "PayloadIdentifier": contents.payload_id,
        "PayloadType": "com.apple.ManagedClient.preferences",
        "PayloadUUID": contents.payload_id,
        "PayloadVersion": 1,
    }
    return _marked(
        {
            "PayloadContent": [payload],
            "PayloadDisplayName": f"mdelab {contents.lab_id}: WindowsDefenderATP {contents.kind}",
            "PayloadIdentifier": contents.profile_id,
            "PayloadOrganization": "mdelab simulated",
            "PayloadRemovalDisallowed": True,
            "PayloadScope": "System",
            "PayloadType": "Configuration",
            "PayloadUUID": contents.profile_id,
            "PayloadVersion": 1,
        },
        contents.lab_id,
    )


def _marked(content: dict[str, Any], lab_id: str) -> str:
    """A property list in XML that says whose it is."""
    lines = plistlib.dumps(content).decode().splitlines()
    marker = f"<!-- mdelab: made by the test lab {lab_id} for its simulated endpoints only -->"
    return "\n".join([*lines[:_PROLOGUE_LINES], marker, *lines[_PROLOGUE_LINES:]]) + "\n"
