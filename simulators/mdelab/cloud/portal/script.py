"""The portal's Python scripts, in the lab's form.

They look like the real ones to a reader and to the lab's devices, which know them by the marker line and read the JSON out
of them; run by a real Python they say what they are and change nothing.
"""

_TEMPLATE = """#!/usr/bin/env python3
# mdelab program: {program}
# Made by the test lab {lab}. It is no Microsoft software, and it works on the lab's simulated endpoints only.

import sys

{variable} = {json!r}

if __name__ == "__main__":
    sys.stderr.write(
        "This script was made by a test lab (mdelab {lab}) and refuses to run on a real machine: it would point Defender at\\n"
        "simulated services. Download the script of your own tenant from https://security.microsoft.com instead.\\n"
    )
    sys.exit(1)
"""


def onboarding_script(json: str, lab_id: str) -> str:
    """`MicrosoftDefenderATPOnboardingLinuxServer.py`. json: what the device would get as mdatp_onboard.json."""
    return _TEMPLATE.format(program="onboarding-script", variable="onboarding_json", json=json, lab=lab_id)


def offboarding_script(json: str, lab_id: str) -> str:
    """`MicrosoftDefenderATPOffboardingLinuxServer_valid_until_*.py`."""
    return _TEMPLATE.format(program="offboarding-script", variable="offboarding_json", json=json, lab=lab_id)
