"""The portal's scripts and the EDR test, run by a device."""

import json
from typing import Any

import pytest

from mdelab.endpoint.programs.scripts import marker
from mdelab.endpoint.programs.scripts.portal import package_json

OUTER = json.dumps({"body": json.dumps({"orgId": "o"}), "sig": "c2ln", "sha256sig": "c2ln", "cert": "", "chain": []})
ONBOARDING = f"""#!/usr/bin/env python
# mdelab program: onboarding-script
import json
package = {json.dumps({"onboardingInfo": OUTER})!r}
"""
OFFBOARDING = f"""#!/usr/bin/env python
# mdelab program: offboarding-script
package = {OUTER!r}
"""
NAME = "MicrosoftDefenderATPOnboardingLinuxServer.py"
TARGET = "/etc/opt/microsoft/mdatp/mdatp_onboard.json"


def test_onboarding_script_writes_the_package_and_logs_it(device: Any) -> None:
    device.machine.files.write(f"/root/{NAME}", ONBOARDING.encode())
    ended = device.call("sudo", "python3", NAME, cwd="/root")
    assert ended.code == 0, ended.err
    assert ended.out == f"Generating {TARGET} ...\n"
    assert json.loads(device.machine.files.read(TARGET)) == {"onboardingInfo": OUTER}
    assert b"Microsoft ATP: succeeded to save json file" in device.machine.files.read("/var/log/syslog")


def test_offboarding_script_wraps_the_outer_json(device: Any) -> None:
    device.machine.files.write("/root/off.py", OFFBOARDING.encode())
    assert device.call("python3", "/root/off.py").code == 0
    content = device.machine.files.read("/etc/opt/microsoft/mdatp/mdatp_offboard.json")
    assert json.loads(content) == {"offboardingInfo": OUTER}


def test_script_overwrites_the_package_of_an_earlier_run(device: Any) -> None:
    device.machine.files.write(TARGET, b"old")
    device.machine.files.write("/root/on.py", ONBOARDING.encode())
    assert device.call("python3", "/root/on.py").code == 0
    assert device.machine.files.read(TARGET) != b"old"


@pytest.mark.parametrize(("option", "code"), [("-h", 0), ("--help", 0), ("--fast", 2)])
def test_options_of_the_script(device: Any, option: str, code: int) -> None:
    device.machine.files.write("/root/on.py", ONBOARDING.encode())
    ended = device.call("python3", "/root/on.py", option)
    assert ended.code == code
    assert "usage: /root/on.py [-h] [-c]" in ended.out + ended.err
    assert not device.machine.files.exists(TARGET)


def test_script_that_cannot_write_says_why_logs_it_and_exits_1(device: Any) -> None:
    text = "# mdelab program: onboarding-script\nimport json\n"
    device.machine.files.write("/root/on.py", text.encode())
    ended = device.call("python3", "/root/on.py")
    assert ended.code == 1
    assert "onboardingInfo" in ended.out
    assert b"failed to save json file" in device.machine.files.read("/var/log/syslog")


def test_script_cut_off_in_the_middle_is_a_syntax_error(device: Any) -> None:
    device.machine.files.write("/root/on.py", ONBOARDING[:-40].encode())
    ended = device.call("python3", "/root/on.py")
    assert ended.code == 1
    assert "SyntaxError" in ended.err
    assert not device.machine.files.exists(TARGET)


def test_device_without_python3_cannot_run_the_script(device: Any) -> None:
    device.machine.files.write("/root/on.py", ONBOARDING.encode())
    device.set(python="", python2="2.7.18")
    ended = device.call("python3", "/root/on.py")
    assert (ended.code, ended.err, ended.not_simulated) == (127, "bash: python3: command not found\n", [])
    assert device.call("python", "/root/on.py").code == 0
    device.machine.files.write("/root/on.py", ONBOARDING.replace("python", "python3", 1).encode(), 0o755)
    assert device.call("./on.py", cwd="/root").code == 127
    device.set(python="3.10.12")
    assert device.call("./on.py", cwd="/root").code == 0


def test_missing_and_unmarked_scripts(device: Any) -> None:
    assert device.call("python3", "/root/none.py").code == 2
    device.machine.files.write("/root/own.py", b"print('hello')\n")
    ended = device.call("python3", "/root/own.py")
    assert ended.not_simulated == ["/root/own.py"]
    assert ended.out == ""


def test_marker_counts_in_the_first_five_lines_only() -> None:
    assert marker("#!/bin/sh\n#\n# mdelab program: mde_linux_edr_diy\n") == "mde_linux_edr_diy"
    assert marker("\n" * 5 + "# mdelab program: mde_linux_edr_diy\n") is None


def test_package_is_read_from_the_script_without_running_it() -> None:
    assert package_json("open('/tmp/x', 'w')\n", "onboardingInfo") is None
    assert package_json(ONBOARDING, "onboardingInfo") == json.dumps({"onboardingInfo": OUTER})


DIY = b"#!/bin/bash\n# mdelab program: mde_linux_edr_diy\nexit 1\n"


def test_edr_test_needs_the_x_bit(device: Any) -> None:
    device.machine.files.write("/root/mde_linux_edr_diy.sh", DIY)
    ended = device.call("./mde_linux_edr_diy.sh", cwd="/root")
    assert (ended.code, ended.err) == (126, "bash: ./mde_linux_edr_diy.sh: Permission denied\n")
    assert device.observed == []
    assert device.call("./none.sh", cwd="/root").code == 127
    assert device.call("/root/").code in (126, 127)


def test_edr_test_looks_for_sensitive_files_and_nothing_more(device: Any) -> None:
    device.machine.files.write("/root/mde_linux_edr_diy.sh", DIY)
    assert device.call("chmod", "+x", "mde_linux_edr_diy.sh", cwd="/root").code == 0
    before = device.machine.files.paths()
    ended = device.call("./mde_linux_edr_diy.sh", cwd="/root")
    assert (ended.code, ended.err) == (0, "")
    assert device.machine.files.paths() == before
    lines = [fields["CommandLine"] for kind, fields in device.observed if kind == "ProcessCreated"]
    assert "cat /etc/shadow" in lines
    assert all(fields["ParentImage"] == "/root/mde_linux_edr_diy.sh" for _, fields in device.observed)
    assert "/etc/shadow" in [fields.get("TargetFilename") for kind, fields in device.observed if kind == "FileRead"]
    assert device.call("bash", "mde_linux_edr_diy.sh", cwd="/root").code == 0
