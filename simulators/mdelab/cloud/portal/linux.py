"""The portal's files for Linux, in the lab's form.

They look like the real ones to a reader and to the lab's devices, which know the scripts by their marker line and read the
JSON out of them. Run by a real Python they do the same in a container of the lab that made them; anywhere else they say what
they are and change nothing.
"""

import json

from mdelab.cloud.portal.contents import Contents

_SCRIPT = """#!/usr/bin/env python3
# mdelab program: {kind}-script
# Made by the test lab {lab}. It is no Microsoft software, and it works on the lab's simulated endpoints only.

import os
import subprocess
import sys

{kind}_json = {json!r}
target = "/etc/opt/microsoft/mdatp/mdatp_{short}.json"


def say(level, text):
    return subprocess.call(["logger", "-p", level, "Microsoft ATP: " + text])


def save():
    print("Generating {{}} ...".format(target))
    try:
        subprocess.check_call(["sudo", "mkdir", "-p", os.path.dirname(target)])
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write({kind}_json)
    except (OSError, subprocess.CalledProcessError) as error:
        print(error)
        say("error", "failed to save json file {{}}. Exception occured: {{}}.".format(target, error))
        return 1
    return 1 if say("warning", "succeeded to save json file {{}}.".format(target)) else 0


if __name__ == "__main__":
    if os.environ.get("MDELAB_DEVICE_LAB") == "{lab}":
        sys.exit(save())
    sys.stderr.write(
        "This script was made by a test lab (mdelab {lab}) and refuses to run on a real machine: it would point Defender at\\n"
        "simulated services. Download the script of your own tenant from https://security.microsoft.com instead.\\n"
    )
    sys.exit(1)
"""

_DEPLOYMENT_TOOL = """#!/bin/bash
# mdelab program: defender_deployment_tool
# Made by the test lab {lab}. It is no Microsoft software, and it works on the lab's simulated endpoints only.

read -r -d '' ONBOARDING_JSON <<'MDELAB_END'
{json}
MDELAB_END

echo "This tool was made by a test lab (mdelab {lab}) and refuses to run on a real machine: it would point Defender at" >&2
echo "simulated services. Download the tool of your own tenant from https://security.microsoft.com instead." >&2
exit 1
"""


def configuration(contents: Contents) -> str:
    """`mdatp_onboard.json` and `mdatp_offboard.json`. Source: public copies of the portal's Linux package."""
    return json.dumps({f"{contents.kind}Info": contents.outer})


def script(contents: Contents) -> str:
    """`MicrosoftDefenderATPOnboardingLinuxServer.py` and its offboarding counterpart."""
    return _SCRIPT.format(
        kind=contents.kind,
        short=contents.kind.removesuffix("ing"),
        json=configuration(contents),
        lab=contents.lab_id,
    )


def deployment_tool(contents: Contents) -> str:
    """`defender_deployment_tool.sh`, which brings its package along. No device simulates the tool itself yet."""
    return _DEPLOYMENT_TOOL.format(json=configuration(contents), lab=contents.lab_id)
