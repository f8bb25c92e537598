"""Configuration profiles: what MDM delivered, what it approves, and what health says when it is missing."""

import json
import plistlib
from typing import Any

import pytest

from mdelab.catalogue.macos import approvals, deployed_profiles, macos
from mdelab.endpoint.managed_files import FOLDER, TCC_OVERRIDES, deliver

APPROVED = "[activated enabled]"
WAITING = "[activated waiting for user]"


def test_export_has_what_profile_analysis_reads(mac: Any) -> None:
    assert mac.call("profiles", "show", "-output", "/tmp/profiles.xml").code == 0
    (level, profiles), *others = plistlib.loads(mac.machine.files.read("/tmp/profiles.xml")).items()
    assert (level, others) == ("_computerlevel", [])
    for profile in profiles:
        assert {"ProfileDisplayName", "ProfileIdentifier", "ProfileInstallDate"} <= profile.keys()
    types = [item["PayloadType"] for profile in profiles for item in profile["ProfileItems"]]
    assert types.count("com.apple.system-extension-policy") == 1
    assert types.count("com.apple.TCC.configuration-profile-policy") == 3
    extensions = next(
        item["PayloadContent"]["AllowedSystemExtensions"]
        for profile in profiles
        for item in profile["ProfileItems"]
        if item["PayloadType"] == "com.apple.system-extension-policy"
    )
    assert extensions == {"UBF8T346G9": ["com.microsoft.wdav.epsext", "com.microsoft.wdav.netext"]}


def test_managed_preferences_are_profiles_too(mac: Any) -> None:
    mac.call("defaults", "write", f"{FOLDER}/com.microsoft.wdav.atp", "OnboardingInfo", "{}")
    content = plistlib.loads(mac.call("profiles", "show", "-output", "stdout-xml").out.encode())
    item = content["_computerlevel"][-1]["ProfileItems"][0]
    assert item["PayloadType"] == "com.apple.ManagedClient.preferences"
    forced = item["PayloadContent"]["PayloadContentManagedPreferences"]["com.microsoft.wdav.atp"]["Forced"]
    assert forced == [{"mcx_preference_settings": {"OnboardingInfo": "{}"}}]


def test_list_counts_the_profiles_of_the_system_for_root_only(mac: Any) -> None:
    assert mac.call("profiles", "list").out.endswith("There are 7 system configuration profiles installed\n")
    assert "user 'kim'" in mac.call("profiles", "list", env={"USER": "kim"}).out
    assert mac.call("profiles", "show", "-output", "/tmp/p", env={"USER": "kim"}).code == 1
    mac.set(profiles=())
    assert "no configuration profiles" in mac.call("profiles", "list").out
    assert "MDM enrollment: No" in mac.call("profiles", "status", "-type", "enrollment").out


def test_older_macos_needs_fewer_profiles(mac: Any) -> None:
    names = {}
    for release in ("15.0.1", "13", "12", "10.15"):
        mac.set(release=release)
        names[release] = {row.name for row in deployed_profiles(mac.machine.spec)}
    assert names["15.0.1"] - names["13"] == {"bluetooth"}
    assert names["13"] - names["12"] == {"background_services"}
    assert names["10.15"] == set()


def test_unknown_profile_is_refused_with_the_known_ones(mac: Any) -> None:
    mac.set(profiles=("sysex",))
    ended = mac.call("profiles", "list")
    assert ended.code == 1
    assert "'sysex'" in ended.err
    assert "sysext" in ended.err


@pytest.mark.parametrize(
    ("missing", "issue", "field", "value"),
    [
        ("sysext", "no active event provider", "real_time_protection_available", "false"),
        ("netfilter", "network event provider not running", "network_events_subsystem", "unavailable"),
        ("fulldisk", "full disk access has not been granted", "full_disk_access_enabled", "false"),
    ],
)
def test_missing_profile_is_a_health_issue(mac: Any, missing: str, issue: str, field: str, value: str) -> None:
    mac.onboard()
    assert mac.call("mdatp", "health", "--field", "healthy").out == "true\n"
    mac.set(profiles=tuple(row.name for row in macos().profile if row.is_needed and row.name != missing))
    assert issue in json.loads(mac.call("mdatp", "health", "--field", "health_issues").out)
    assert mac.call("mdatp", "health", "--field", "healthy").out == "false\n"
    assert mac.call("mdatp", "health", "--field", field).out == f"{value}\n"


def test_extensions_that_nobody_approved_wait_for_the_user(mac: Any) -> None:
    mac.onboard()
    listed = mac.call("systemextensionsctl", "list").out
    assert listed.startswith("2 extension(s)\n")
    assert listed.count(APPROVED) == 2
    assert "*\t*\tUBF8T346G9\tcom.microsoft.wdav.epsext (101." in listed
    details = [
        line.split()[-1] for line in mac.call("mdatp", "health", "--details", "system_extensions").out.splitlines()
    ]
    assert details == ["true", "true", "true", "true"]
    mac.set(profiles=("fulldisk",))
    listed = mac.call("systemextensionsctl", "list").out
    assert (listed.count(APPROVED), listed.count(WAITING)) == (0, 2)
    details = [
        line.split()[-1] for line in mac.call("mdatp", "health", "--details", "system_extensions").out.splitlines()
    ]
    assert details == ["false", "true", "false", "true"]


def test_network_filter_without_its_extension_approves_nothing(mac: Any) -> None:
    mac.set(profiles=("netfilter",))
    assert approvals(mac.machine.spec) == frozenset()


def test_kernel_extension_runs_before_macos_11_and_system_extensions_from_there_on(mac: Any) -> None:
    assert "com.microsoft.wdavkext" not in mac.call("kextstat").out
    mac.set(release="10.15")
    assert "com.microsoft.wdavkext" in mac.call("kextstat").out
    assert "com.microsoft.wdavkext" in mac.call("kmutil", "showloaded").out
    assert mac.call("systemextensionsctl", "list").out == "0 extension(s)\n"


def test_mac_without_the_client_has_no_extensions(mac: Any) -> None:
    mac.set(installed=False)
    assert mac.call("systemextensionsctl", "list").out == "0 extension(s)\n"


def test_network_protection_cannot_start_without_its_extension(mac: Any) -> None:
    mac.onboard()
    mac.call("mdatp", "config", "network-protection", "enforcement-level", "--value", "block")
    assert mac.call("mdatp", "health", "--field", "network_protection_status").out == '"started"\n'
    mac.set(profiles=("sysext", "fulldisk"))
    assert mac.call("mdatp", "health", "--field", "network_protection_status").out == '"failed_to_start"\n'


def test_delivery_leaves_the_files_that_prove_it_and_takes_them_back(mac: Any) -> None:
    deliver(mac.machine)
    files = mac.machine.files
    assert f"{FOLDER}/com.apple.system-extension-policy.plist" in files.paths(FOLDER)
    tcc = plistlib.loads(files.read(TCC_OVERRIDES))
    entry = tcc["com.microsoft.wdav.epsext"]["kTCCServiceSystemPolicyAllFiles"]
    assert entry["CodeRequirementData"]
    assert entry["Allowed"] is True
    mac.call("defaults", "write", f"{FOLDER}/com.microsoft.wdav", "a", "b")
    mac.set(profiles=())
    deliver(mac.machine)
    assert files.paths(FOLDER) == [f"{FOLDER}/com.microsoft.wdav.plist"]
    assert not files.exists(TCC_OVERRIDES)
