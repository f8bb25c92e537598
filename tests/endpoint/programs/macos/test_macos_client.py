"""The client on a Mac: installing, requirements, its daemon, updates, other products, and the test application."""

import json
import plistlib
from typing import Any
from urllib.parse import urlsplit

import pytest

from mdelab.catalogue.macos import advice, macos, unmet
from mdelab.cloud.downloads.mac_client import mac_download
from mdelab.endpoint.machine import DEFENDER
from mdelab.endpoint.outcome import Failure, Reply

PACKAGE = b"# mdelab program: wdav-pkg\n# version: 101.25062.0003\n"
FRESNO = "/Library/LaunchDaemons/com.microsoft.fresno.plist"
APP = "/Users/kim/Downloads/MDATP MacOS DIY.app"
KIM = {"USER": "kim"}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"release": "11"}, "macOS 11 (Big Sur) is not supported"),
        ({"release": "15.0"}, "macOS 15.0 (Sequoia) is not supported"),
        ({"release": "26"}, "macOS 26 (Tahoe) is not supported"),
        ({"release": "14", "beta": True}, "beta versions of macOS are not supported"),
        ({"disk_free_mb": 1023}, "1023 MB are free and Microsoft Defender for Endpoint needs 1024 MB"),
        ({"architecture": "ppc"}, "The processor ppc is not supported"),
    ],
)
def test_installer_refuses_what_is_not_supported_and_says_why(mac: Any, changes: dict[str, object], says: str) -> None:
    mac.set(installed=False, **changes)
    mac.machine.files.write("/tmp/wdav.pkg", PACKAGE)
    ended = mac.call("installer", "-pkg", "/tmp/wdav.pkg", "-target", "/")
    assert ended.code == 1
    assert says in ended.err
    assert not mac.machine.spec.installed


@pytest.mark.parametrize("release", ["15.0.1", "15.1", "14", "13", "12"])
@pytest.mark.parametrize("architecture", ["x64", "arm64"])
def test_supported_macs_meet_every_requirement(mac: Any, release: str, architecture: str) -> None:
    mac.set(release=release, architecture=architecture, disk_free_mb=1024)
    assert unmet(mac.machine.spec) == ()


def test_client_on_an_unsupported_mac_is_unlicensed_and_says_why(mac: Any) -> None:
    mac.onboard()
    mac.set(release="14", beta=True)
    assert mac.call("mdatp", "health").out.startswith("ATTENTION: No license found.")
    said = mac.call("mdatp", "health", "--field", "health_issues").out.splitlines()[-1]
    assert json.loads(said) == ["missing license", "beta versions of the operating system are not supported"]


def test_installing_wants_the_package_and_administrative_rights(mac: Any) -> None:
    mac.set(installed=False)
    assert "path specified was invalid" in mac.call("installer", "-pkg", "wdav.pkg", "-target", "/").err
    mac.machine.files.write("/tmp/wdav.pkg", PACKAGE)
    ended = mac.call("installer", "-pkg", "/tmp/wdav.pkg", "-target", "/", env=KIM)
    assert (ended.code, ended.err) == (1, "installer: Must be run as root to install this package.\n")
    assert not mac.machine.spec.installed
    mac.machine.files.write("/tmp/other.pkg", b"xar!")
    assert mac.call("installer", "-pkg", "/tmp/other.pkg", "-target", "/").not_simulated


def test_daemon_is_loaded_unloaded_and_listed_by_launchctl(mac: Any) -> None:
    assert "com.microsoft.fresno\n" in mac.call("launchctl", "list").out
    assert mac.call("launchctl", "unload", FRESNO, env=KIM).code == 1
    assert mac.call("launchctl", "unload", FRESNO).code == 0
    assert mac.machine.services()[DEFENDER] is False
    assert "com.microsoft.fresno" not in mac.call("launchctl", "list").out
    assert mac.call("launchctl", "list", "com.microsoft.fresno").code == 113
    assert mac.call("mdatp", "health").code == 1
    assert "wdavdaemon" not in mac.call("ps", "-A", "-o", "pid,command").out
    assert mac.call("launchctl", "load", "-w", FRESNO).code == 0
    assert mac.machine.services()[DEFENDER] is True
    assert "wdavdaemon_enterprise" in mac.call("ps", "-A", "-o", "pid,command").out


def test_launchctl_knows_its_jobs_only(mac: Any) -> None:
    assert mac.call("launchctl", "unload", "/Library/LaunchDaemons/com.example.plist").code == 5
    assert mac.call("launchctl", "bootout", "system/com.example").code == 113
    assert mac.call("launchctl", "bootout", "system/com.microsoft.fresno").code == 0
    assert mac.call("launchctl", "bootstrap", "system", FRESNO).code == 0
    assert mac.call("launchctl", "submit", "x").not_simulated


def cloud_of_updates(url: str, method: str) -> Reply | Failure:
    """The feeds and packages as the lab's cloud has them."""
    parts = urlsplit(url)
    body = mac_download(parts.netloc, parts.path)
    return Reply(200, {}, body) if body else Reply(404, {}, b"")


def test_update_comes_from_the_feed_of_the_channel_that_is_set(mac: Any) -> None:
    mac.answer = cloud_of_updates
    assert mac.call("msupdate", "--list").out.endswith("No updates available\n")
    assert mac.call("mdatp", "health", "--field", "release_ring").out.endswith('"Production"\n')
    mac.call("defaults", "write", "/Library/Preferences/com.microsoft.autoupdate2", "ChannelName", "Beta")
    newest = macos().channel[2].version
    assert mac.call("mdatp", "health", "--field", "release_ring").out.endswith('"InsiderFast"\n')
    assert newest in mac.call("msupdate", "--list").out
    assert mac.call("msupdate", "--install", "--apps", "wdav00", env=KIM).code == 1
    assert mac.call("msupdate", "--install", "--apps", "wdav00").code == 0
    assert mac.call("mdatp", "health", "--field", "app_version").out.endswith(f'"{newest}"\n')
    assert mac.call("pkgutil", "--pkg-info", "com.microsoft.wdav").out.splitlines()[1] == f"version: {newest}"
    assert mac.call("msupdate", "--install", "--apps", "wdav00").out.endswith("No updates available\n")
    assert mac.machine.services()[DEFENDER]


def test_update_that_is_no_package_changes_nothing(mac: Any) -> None:
    mac.call("defaults", "write", "/Library/Preferences/com.microsoft.autoupdate2", "ChannelName", "Beta")
    mac.answer = lambda url, method: (
        cloud_of_updates(url, method) if url.endswith(".xml") else Reply(200, {}, b"<html>")
    )
    assert mac.call("msupdate", "--install").not_simulated
    mac.answer = lambda url, method: cloud_of_updates(url, method) if url.endswith(".xml") else Reply(403, {}, b"")
    assert "cannot be downloaded: the answer is HTTP 403" in mac.call("msupdate", "--install").err
    assert mac.call("mdatp", "health", "--field", "app_version").out.endswith('"101.25062.0003"\n')


def test_channel_of_mdm_wins_and_former_names_are_known(mac: Any) -> None:
    mac.call("defaults", "write", "/Library/Preferences/com.microsoft.autoupdate2", "ChannelName", "Beta")
    mac.call("defaults", "write", "/Library/Managed Preferences/com.microsoft.autoupdate2", "ChannelName", "External")
    assert "UpdateChannel: Preview\n" in mac.call("msupdate", "--config").out
    mac.call("defaults", "write", "/Library/Managed Preferences/com.microsoft.autoupdate2", "ChannelName", "Gamma")
    assert "'Gamma', which is no update channel" in mac.call("msupdate", "--config").err


def test_feed_that_cannot_be_reached_or_read_is_no_update(mac: Any) -> None:
    mac.answer = lambda url, method: Failure(step="dns", curl_code=6, text="no such name")
    assert "cannot be reached: no such name" in mac.call("msupdate", "--install").err
    for body in (b"", b"<html>", plistlib.dumps(["x", {"Update Version": "x.y"}])):
        mac.answer = lambda url, method, body=body: Reply(200, {}, body)
        assert mac.call("msupdate", "--install").code == 1


def test_other_product_beside_an_active_antivirus_is_a_health_issue(mac: Any) -> None:
    mac.onboard()
    mac.set(services=("com.crowdstrike.falcond",))
    assert mac.call("mdatp", "health", "--field", "health_issues").out == '["another protection product is running"]\n'
    assert mac.call("mdatp", "health", "--field", "conflicting_applications").out == '["CrowdStrike Falcon"]\n'
    mac.call("mdatp", "config", "passive-mode", "--value", "enabled")
    assert mac.call("mdatp", "health", "--field", "healthy").out == "true\n"


def test_mac_without_sip_is_against_the_advice(mac: Any) -> None:
    assert advice(mac.machine.spec) == ()
    mac.set(sip=False)
    assert [row.name for row in advice(mac.machine.spec)] == ["sip"]


@pytest.mark.parametrize("command", [("open", APP), ("open", "-a", "MDATP MacOS DIY"), ("open", "-n", "-a", APP)])
def test_test_application_is_seen_as_a_process_of_its_name(mac: Any, command: tuple[str, ...]) -> None:
    mac.machine.files.write(
        f"{APP}/Contents/MacOS/MDATP MacOS DIY", b"#!/bin/sh\n# mdelab program: mdatp-macos-diy\n", 0o755
    )
    ended = mac.call(*command, env=KIM)
    assert (ended.code, ended.out) == (0, "macOS EDR DIY test file\n")
    (kind, fields) = mac.observed[-1]
    assert kind == "ProcessCreated"
    assert fields["Image"].endswith("MDATP MacOS DIY")
    assert fields["User"] == "kim"


def test_other_applications_are_missing_or_not_simulated(mac: Any) -> None:
    assert mac.call("open", "-a", "Safari").err == "Unable to find application named 'Safari'\n"
    assert mac.call("open", APP).err == f"The file {APP} does not exist.\n"
    mac.machine.files.write("/Applications/Notes.app/Contents/MacOS/Notes", b"\xca\xfe\xba\xbe")
    assert mac.call("open", "-a", "Notes").not_simulated
    assert mac.call("open", "https://example.com").not_simulated


@pytest.mark.parametrize(
    ("kind", "option", "value", "is_mistake"),
    [
        ("folder", "--path", "/", True),
        ("folder", "--path", "/usr/lib/", True),
        ("folder", "--path", "/sbin/*", True),
        ("folder", "--path", "/usr/lib64", False),
        ("folder", "--path", "/Users/kim/build", False),
        ("extension", "--name", ".PY", True),
        ("extension", "--name", "log", False),
        ("process", "--name", "zsh", True),
        ("process", "--path", "/bin/bash", True),
        ("process", "--path", "/opt/db/server", False),
        ("file", "--path", "notes.txt", True),
        ("file", "--path", "/Users/kim/notes.txt", False),
    ],
)
def test_common_exclusion_mistakes_are_flagged_and_others_are_not(
    mac: Any, kind: str, option: str, value: str, is_mistake: bool
) -> None:
    ended = mac.call("mdatp", "exclusion", kind, "add", option, value)
    assert ended.code == 0
    assert ended.out.splitlines()[-1] == f"{kind.capitalize()} exclusion configured successfully"
    assert ("is a common exclusion mistake" in ended.err) is is_mistake
    assert mac.call("mdatp", "exclusion", kind, "remove", option, value).err == ""
