"""The `mdatp` command line on a device whose state the test sets."""

import io
import zipfile
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from mdelab.catalogue.health import health
from mdelab.catalogue.mdatp import mdatp as catalogue
from mdelab.catalogue.services import probes
from mdelab.endpoint.agent import Definitions
from mdelab.endpoint.antivirus import Threat
from mdelab.endpoint.outcome import Failure, Reply
from mdelab.endpoint.programs.mdatp import COMMANDS
from mdelab.model.clock import EPOCH
from mdelab.model.evidence import Purpose
from mdelab.model.platform import Platform
from mdelab.model.trust import Trust

BANNER = "ATTENTION: No license found. Contact your administrator for help.\n"


def test_unlicensed_device_prints_the_banner_first_and_exits_0(device: Any) -> None:
    ended = device.call("mdatp", "health", "--field", "licensed")
    assert (ended.code, ended.out) == (0, BANNER + "false\n")


def test_onboarded_device_prints_no_banner(device: Any) -> None:
    device.onboard()
    assert device.call("mdatp", "health", "--field", "licensed").out == "true\n"
    assert device.call("mdatp", "health").out.startswith("healthy" + " " * 37 + ": true\n")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_begins_with_the_banner_and_ends_with_a_newline_while_unlicensed(device: Any, name: str) -> None:
    command = COMMANDS[name]
    options = [part for one in command.needs for part in (f"--{one}", "x")]
    ended = device.call("mdatp", *name.split(), *options)
    assert ended.out.startswith(BANNER)
    assert ended.out.endswith("\n")
    assert ended.code in (0, 1, 125)


def test_stopped_service_cannot_be_reached(device: Any) -> None:
    device.machine.set_service("mdatp", False)
    ended = device.call("mdatp", "health", "--field", "licensed")
    assert ended.code == 1
    assert ended.out.startswith("Failed to connect")


def test_client_that_is_not_installed_is_not_found(device: Any) -> None:
    device.set(installed=False)
    ended = device.call("mdatp", "health")
    assert (ended.code, ended.err, ended.not_simulated) == (127, "bash: mdatp: command not found\n", [])


def test_tags_are_printed_so_that_the_installer_can_cut_them(device: Any) -> None:
    device.onboard()
    assert device.call("mdatp", "edr", "tag", "set", "--name", "GROUP", "--value", "lab").out == (
        "Configuration updated successfully\n"
    )
    printed = device.call("mdatp", "health", "--field", "edr_device_tags").out
    assert printed == '[{"key":"GROUP","value":"lab"}]\n'
    assert printed.split('"')[7] == "lab"
    assert device.call("mdatp", "edr", "tag", "remove", "--tag-name", "GROUP").code == 0
    assert device.call("mdatp", "health", "--field", "edr_device_tags").out == "[]\n"


def test_unknown_tag_name_is_refused(device: Any) -> None:
    device.onboard()
    ended = device.call("mdatp", "edr", "tag", "set", "--name", "COLOUR", "--value", "blue")
    assert ended.code == 1
    assert "COLOUR" in ended.out
    assert "GROUP" in ended.out
    assert device.agent.tags == {}


def test_health_in_json_and_details(device: Any) -> None:
    device.onboard()
    assert '"licensed":{"value":true}' in device.call("mdatp", "health", "--output", "json").out
    assert (
        device.call("mdatp", "health", "--field", "licensed", "--output", "json").out == '{"licensed":{"value":true}}\n'
    )
    lines = device.call("mdatp", "health", "--details", "edr").out.splitlines()
    assert [line.split()[0] for line in lines] == list(next(row.fields for row in health().detail if row.name == "edr"))
    assert device.call("mdatp", "health", "--details", "help").code == 0
    assert device.call("mdatp", "health", "--details", "weather").code == 1
    assert device.call("mdatp", "health", "--field", "weather").code == 1


@pytest.mark.parametrize(
    "argv", [["fly"], [], ["health", "--colour"], ["edr", "tag", "set", "--name"], ["health", "now"]]
)
def test_wrong_command_line_prints_usage_and_fails(device: Any, argv: list[str]) -> None:
    device.onboard()
    ended = device.call("mdatp", *argv)
    assert ended.code == 1
    assert "Usage: mdatp" in ended.out


@pytest.mark.parametrize("row", catalogue().missing, ids=lambda row: row.command)
def test_documented_command_that_is_left_out_says_so(device: Any, row: Any) -> None:
    device.onboard()
    ended = device.call("mdatp", *row.command.split(), "--value", "enabled")
    assert ended.code != 0
    assert ended.not_simulated == [f"mdatp {row.command}"]
    assert "not simulated" in ended.err


@pytest.mark.parametrize("row", catalogue().property, ids=lambda row: row.name)
def test_config_changes_the_setting_and_refuses_other_values(device: Any, row: Any) -> None:
    device.onboard()
    before = getattr(device.agent.settings, row.field)
    values = {"switch": ["enabled", "disabled"], "choice": list(row.values), "number": [str(row.least), str(row.most)]}
    seen = set()
    for value in values[row.shape]:
        ended = device.call("mdatp", "config", *row.name.split(), "--value", value)
        assert (ended.code, ended.out) == (0, "Configuration property updated\n")
        seen.add(getattr(device.agent.settings, row.field))
    assert len(seen) == len(values[row.shape])
    assert type(before) in {type(one) for one in seen}
    now = getattr(device.agent.settings, row.field)
    assert device.call("mdatp", "config", *row.name.split(), "--value", "sideways").code == 1
    assert getattr(device.agent.settings, row.field) == now


def test_managed_property_stays_and_is_marked(device: Any) -> None:
    device.onboard()
    device.agent.settings = msgspec.structs.replace(device.agent.settings, managed=frozenset({"passive_mode"}))
    ended = device.call("mdatp", "config", "passive-mode", "--value", "enabled")
    assert ended.code == 1
    assert device.agent.settings.passive_mode is False
    assert device.call("mdatp", "health", "--field", "passive_mode_enabled").out == "false [managed]\n"


def test_proxy_is_set_and_unset(device: Any) -> None:
    device.onboard()
    assert device.call("mdatp", "config", "proxy", "set", "--value", "http://10.0.0.6:8080").code == 0
    assert device.agent.settings.proxy == "http://10.0.0.6:8080"
    assert device.call("mdatp", "config", "proxy", "set", "--value", "10.0.0.6").code == 1
    assert device.call("mdatp", "config", "proxy", "unset").code == 0
    assert device.agent.settings.proxy == ""


def test_connectivity_test_prints_the_fourteen_documented_lines(device: Any) -> None:
    device.onboard()
    ended = device.call("mdatp", "connectivity", "test")
    urls = [row.url for row in probes("standard", Platform.LINUX, "US")]
    assert len(urls) == 14
    assert ended.code == 0
    assert ended.out.splitlines() == [f"Testing connection with {url} ... [OK]" for url in urls]
    assert {(purpose, trust) for _, purpose, trust, _ in device.fetched} == {(Purpose.TEST, Trust.ROOT_SET)}


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (Failure("tls", 60, "SSL certificate problem: unknown CA", verify_code=20), "\tCurl error (code: 60) SSL cert"),
        (
            Failure("tunnel", 56, "CONNECT tunnel failed, response 407", connect_status=407),
            "\tCurl error (code: 56) CON",
        ),
        (Reply(503, {}, b"OK"), "\tresponse 503"),
        (Reply(200, {}, b"<html>Please log in</html>"), "\tresponse 200 with another body"),
    ],
    ids=["certificate", "proxy", "status", "body"],
)
def test_connectivity_test_names_what_failed_below_the_line_and_exits_1(device: Any, answer: Any, line: str) -> None:
    device.onboard()
    bad = "https://x.cp.wd.microsoft.com/api/report"
    device.answer = lambda url, method: answer if url == bad else Reply(200, {}, b"OK")
    ended = device.call("mdatp", "connectivity", "test")
    lines = ended.out.splitlines()
    where = lines.index(f"Testing connection with {bad} ... [ERROR]")
    assert lines[where + 1].startswith(line)
    assert ended.code == 1
    assert sum(one.endswith("[OK]") for one in lines) == 13


def eicar() -> bytes:
    # Made at run time: the literal must be in no file.
    return b"".join([b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$", b"EICAR-STANDARD-", b"ANTIVIRUS-TEST-FILE!$H+H*"])


def test_custom_scan_finds_the_test_file_and_quarantine_gives_it_back(device: Any) -> None:
    device.onboard()
    assert device.call("mdatp", "threat", "list").out == "No threats\n"
    device.machine.files.write("/tmp/in/eicar.com.txt", eicar())
    device.machine.files.write("/tmp/in/harmless.txt", b"hello")
    ended = device.call("mdatp", "scan", "custom", "--path", "/tmp/in")
    assert ended.out == "Scan has finished\n\t2 file(s) scanned\n\t1 threat(s) detected\n"
    assert not device.machine.files.exists("/tmp/in/eicar.com.txt")
    listed = device.call("mdatp", "threat", "list").out
    assert 'Name: "Virus:DOS/EICAR_Test_File"' in listed
    assert 'Status: "quarantined"' in listed
    ended = device.call("mdatp", "threat", "quarantine", "restore", "threat-path", "--path", "/tmp/in/eicar.com.txt")
    assert ended.code == 0
    assert device.machine.files.read("/tmp/in/eicar.com.txt") == eicar()
    assert device.agent.threats[0].status == "restored"
    assert device.call("mdatp", "threat", "quarantine", "list").out == "No threats\n"


def test_quarantine_restores_elsewhere_removes_and_adds(device: Any) -> None:
    device.onboard()
    for name in ("a", "b"):
        device.machine.files.write(f"/tmp/{name}", eicar())
    device.call("mdatp", "scan", "full")
    first, second = device.agent.threats
    device.machine.files.make_folder("/root/back")
    assert (
        device.call(
            "mdatp",
            "threat",
            "quarantine",
            "restore",
            "threat-id",
            "--id",
            first.id,
            "--destination-path",
            "/root/back",
        ).code
        == 0
    )
    assert device.machine.files.read("/root/back/a") == eicar()
    assert device.call("mdatp", "threat", "quarantine", "add", "--id", first.id).code == 0
    assert not device.machine.files.exists("/root/back/a")
    assert device.call("mdatp", "threat", "quarantine", "remove", "--id", second.id).code == 0
    assert device.call("mdatp", "threat", "quarantine", "remove-all").code == 0
    assert list(device.machine.files.paths(device.machine.paths.quarantine)) == []
    assert device.call("mdatp", "threat", "quarantine", "remove", "--id", "nothing").code == 1


def test_scan_leaves_out_what_is_excluded_unless_told_otherwise(device: Any) -> None:
    device.onboard()
    device.machine.files.write("/tmp/a/eicar", eicar())
    assert device.call("mdatp", "exclusion", "folder", "add", "--path", "/tmp/a").out == (
        "Folder exclusion configured successfully\n"
    )
    assert '"/tmp/a"' in device.call("mdatp", "exclusion", "list").out
    assert "0 threat(s)" in device.call("mdatp", "scan", "quick").out
    assert "1 threat(s)" in device.call("mdatp", "scan", "quick", "--ignore-exclusions").out
    assert not device.machine.files.exists("/tmp/a/eicar")
    assert device.call("mdatp", "exclusion", "folder", "remove", "--path", "/tmp/a").code == 0
    assert device.call("mdatp", "exclusion", "folder", "remove", "--path", "/tmp/a").code == 1
    assert device.call("mdatp", "exclusion", "list").out == "No exclusions\n"


def test_allowed_threats_and_policies_are_kept(device: Any) -> None:
    device.onboard()
    assert device.call("mdatp", "threat", "allowed", "add", "--name", "EICAR-Test-File").code == 0
    assert device.call("mdatp", "threat", "allowed", "list").out == "EICAR-Test-File\n"
    assert device.call("mdatp", "threat", "allowed", "remove", "--name", "EICAR-Test-File").code == 0
    assert device.call("mdatp", "threat", "allowed", "remove", "--name", "EICAR-Test-File").code == 1
    words = ("mdatp", "threat", "policy", "set", "--type", "potentially_unwanted_application", "--action")
    assert device.call(*words, "block").code == 0
    assert ("potentially_unwanted_application", "block") in device.agent.settings.threat_policies
    assert device.call(*words, "explode").code == 1


def test_definitions_can_be_restored_to_the_shipped_set_and_updated_again(device: Any) -> None:
    device.onboard()
    current = device.agent.definitions
    assert (
        device.call("mdatp", "definitions", "restore").out == "Security intelligence was restored to the shipped set\n"
    )
    assert device.call("mdatp", "health", "--field", "definitions_status").out == '"unavailable"\n'
    assert device.call("mdatp", "health", "--field", "healthy").out == "false\n"
    device.new_definitions = current
    assert device.call("mdatp", "definitions", "update").out == "Security intelligence was updated\n"


def test_definitions_update_says_what_happened(device: Any) -> None:
    device.onboard()
    assert device.call("mdatp", "definitions", "update").code == 1
    device.new_definitions = Definitions(version="1.400.0.0", updated=EPOCH, status="up_to_date")
    assert device.call("mdatp", "definitions", "update").out == "Security intelligence was updated\n"
    assert device.call("mdatp", "definitions", "update").out == "Security intelligence is up to date\n"


def test_diagnostic_is_a_real_zip_at_the_quoted_path_without_the_package(device: Any) -> None:
    device.onboard()
    device.machine.files.write("/etc/opt/microsoft/mdatp/mdatp_onboard.json", b"{}")
    ended = device.call("mdatp", "diagnostic", "create", "--path", "/tmp")
    path = ended.out.split('"')[1]
    assert path.startswith("/tmp/")
    assert path.endswith(".zip")
    with zipfile.ZipFile(io.BytesIO(device.machine.files.read(path))) as archive:
        assert archive.testzip() is None
        assert "var/log/microsoft/mdatp/install.log" in archive.namelist()
        assert not any("onboard" in name for name in archive.namelist())
        assert archive.read("health.txt").startswith(b"healthy")


def test_log_level_group_id_and_preview_are_set(device: Any) -> None:
    device.onboard()
    assert device.call("mdatp", "log", "level", "set", "--level", "debug").out == "Log level configured successfully\n"
    assert device.call("mdatp", "health", "--field", "log_level").out == '"debug"\n'
    assert device.call("mdatp", "log", "level", "set", "--level", "loud").code == 1
    assert device.call("mdatp", "edr", "group-ids", "--group-id", "g1").out == "Group id configured\n"
    assert device.call("mdatp", "health", "--field", "edr_group_ids").out == '"g1"\n'
    for word in ("enable", "enabled", "disable", "disabled"):
        assert device.call("mdatp", "edr", "early-preview", word).out == "Early preview changed\n"
    assert device.call("mdatp", "edr", "early-preview", "maybe").code == 1


def test_product_that_is_nine_months_old_shows_the_banner(device: Any) -> None:
    device.onboard()
    device.tenant.clock.move_to(EPOCH + timedelta(days=health().product.expires_after_days))
    assert device.call("mdatp", "health", "--field", "health_issues").out == BANNER + '["missing license"]\n'


def test_threat_is_shown_by_its_id(device: Any) -> None:
    device.onboard()
    device.agent.threats.append(Threat(id="t1", name="N", type="virus", path="/x", status="detected", at=EPOCH))
    assert 'Path: "/x"' in device.call("mdatp", "threat", "get", "--id", "t1").out
    assert device.call("mdatp", "threat", "get", "--id", "t2").code == 1


def test_restore_says_so_when_real_time_protection_takes_the_file_again(device: Any) -> None:
    device.onboard()
    device.machine.files.write("/tmp/a", eicar())
    device.call("mdatp", "scan", "full")
    device.machine.files.watch(
        lambda path: path == "/tmp/a" and device.machine.files.exists(path) and device.scan_file(path)
    )
    ended = device.call("mdatp", "threat", "quarantine", "restore", "threat-path", "--path", "/tmp/a")
    assert ended.code == 1
    assert "taken away again" in ended.out
