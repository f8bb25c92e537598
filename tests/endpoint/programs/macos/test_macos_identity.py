"""Who and what a Mac says it is, who may administer it, and what System Integrity Protection guards."""

from typing import Any

import pytest


def test_sw_vers_names_release_and_build(mac: Any) -> None:
    assert mac.call("sw_vers").out == "ProductName:\t\tmacOS\nProductVersion:\t\t15.0.1\nBuildVersion:\t\t24A348\n"
    assert mac.call("sw_vers", "-productVersion").out == "15.0.1\n"


def test_build_of_a_beta_ends_in_a_small_letter(mac: Any) -> None:
    assert mac.call("sw_vers", "-buildVersion").out.strip()[-1].isdigit()
    mac.set(beta=True)
    assert mac.call("sw_vers", "-buildVersion").out.strip()[-1].islower()


def test_release_that_does_not_exist_is_refused_with_the_known_ones(mac: Any) -> None:
    mac.set(release="16.2")
    ended = mac.call("sw_vers")
    assert ended.code == 1
    assert "does not know macOS '16.2'" in ended.err
    assert "15, 14, 13, 12" in ended.err


def test_uname_is_darwin_with_the_kernel_of_the_release(mac: Any) -> None:
    assert mac.call("uname", "-srm").out == "Darwin 24.0.0 x86_64\n"
    mac.set(release="13", architecture="arm64")
    assert mac.call("uname", "-rm").out == "22.1.0 arm64\n"
    mac.set(kernel="22.6.0")
    assert mac.call("uname", "-r").out == "22.6.0\n"


def test_sysctl_knows_what_installers_ask_for_and_nothing_else(mac: Any) -> None:
    assert mac.call("sysctl", "-n", "hw.ncpu").out == "2\n"
    assert mac.call("sysctl", "hw.nothing").not_simulated == ["sysctl hw.nothing"]


def test_only_an_administrator_gets_root_from_sudo(mac: Any) -> None:
    kim = {"USER": "kim"}
    assert mac.call("whoami", env=kim).out == "kim\n"
    refused = mac.call("sudo", "whoami", env=kim)
    assert (refused.code, refused.out) == (1, "")
    assert "kim is not in the sudoers file" in refused.err
    assert mac.call("dseditgroup", "-o", "edit", "-a", "kim", "-t", "user", "admin", env=kim).code == 77
    assert mac.call("dseditgroup", "-o", "edit", "-a", "kim", "-t", "user", "admin").code == 0
    assert mac.call("sudo", "whoami", env=kim).out == "root\n"
    assert mac.call("sudo", "-E", "whoami", env=kim).out == "root\n"
    assert "80(admin)" in mac.call("id", env=kim).out
    assert mac.call("dseditgroup", "-o", "edit", "-d", "kim", "-t", "user", "admin").code == 0
    assert mac.call("sudo", "whoami", env=kim).code == 1


def test_sip_is_on_by_default_and_changes_only_in_recovery(mac: Any) -> None:
    assert mac.call("csrutil", "status").out == "System Integrity Protection status: enabled.\n"
    for action in ("enable", "disable"):
        ended = mac.call("csrutil", action)
        assert ended.code == 1
        assert "Recovery OS" in ended.err
    assert mac.call("csrutil", "status").err == ""
    mac.set(sip=False)
    ended = mac.call("csrutil", "status")
    assert ended.out == "System Integrity Protection status: disabled.\n"
    assert "against the recommendation" in ended.err


@pytest.mark.parametrize(
    "command", [("rm",), ("cp", "/tmp/new"), ("mv", "/tmp/new"), ("chmod", "777"), ("mkdir", "-p")]
)
def test_sip_keeps_programs_from_changing_the_system(mac: Any, command: tuple[str, ...]) -> None:
    path = "/System/Library/Extensions/apfs.kext"
    mac.machine.files.write(path, b"system")
    mac.machine.files.write("/tmp/new", b"new")
    ended = mac.call(*command, path)
    assert ended.code == 1
    assert "Operation not permitted" in ended.err
    assert mac.machine.files.read(path) == b"system"
    mac.set(sip=False)
    assert "Operation not permitted" not in mac.call(*command, path).err


def test_sip_lets_programs_read_the_system_and_change_the_rest(mac: Any) -> None:
    mac.machine.files.write("/System/version", b"15")
    mac.machine.files.make_folder("/usr/local/bin")
    assert mac.call("cp", "/System/version", "/usr/local/bin/version").code == 0
    assert mac.call("rm", "/usr/local/bin/version").code == 0
