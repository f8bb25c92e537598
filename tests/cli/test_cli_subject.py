"""`mdelab verify --subject`: the gate is about the user's own artefacts; a wrong one is red, the mended one is green."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

WRONG_PAC = """function FindProxyForURL(url, host) {
  if (dnsDomainIs(host, ".corp.example"))
    return "DIRECT";
  if (shExpMatch(host, "cdn.x.cp.*"))
    return "DIRECT";
  return "PROXY tunnel-proxy.corp.example:8080";
}
"""
PAC = WRONG_PAC.replace('"cdn.x.cp.*"', '"intranet.*"')
LIST = """*.wd.microsoft.com
*.wdcp.microsoft.com
wdcp.microsoft.com
*.endpoint.security.microsoft.com
.events.data.microsoft.com
""" + "\n".join(
    f"winatp-gw-{place}.microsoft.com"
    for place in ("cus", "eus", "cus3", "eus3", "neu", "weu", "neu3", "weu3", "uks", "ukw", "aue", "aus")
)
PREFS = """{
  "cloudService": {
    "enabled": true,
    "diagnosticLevel": "optional"
  }
}
"""


def verify(folder: Path, *options: str) -> tuple[int, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("MDELAB_")}
    done = subprocess.run(
        [sys.executable, "-m", "mdelab.cli", "verify", "--workers", "0", "--quiet", *options],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**env, "XDG_RUNTIME_DIR": str(folder / "runtime")},
        timeout=240,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_wrong_pac_file_is_red_and_the_same_file_mended_is_green(tmp_path: Path) -> None:
    pac = tmp_path / "corp.pac"
    pac.write_text(WRONG_PAC)
    code, text = verify(tmp_path, "-m", "subject-pac", "--subject", "pac=corp.pac")
    assert code == 1, text
    assert "https://cdn.x.cp.wd.microsoft.com/ping: corp.pac:5: direct" in text

    pac.write_text(PAC)
    code, text = verify(tmp_path, "-m", "subject-pac", "--subject", "pac=corp.pac", "--no-skips")
    assert code == 0, text
    digest = hashlib.sha256(PAC.encode()).hexdigest()
    assert text.splitlines()[0] == f"subject: pac=corp.pac (sha256 {digest})"
    said = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert said["subjects"] == [{"kind": "pac", "file": "corp.pac", "sha256": digest}]
    properties = ElementTree.parse(tmp_path / "out" / "junit.xml").getroot().iter("property")
    assert ("subject-pac-sha256", digest) in [(one.attrib["name"], one.attrib["value"]) for one in properties]


def test_a_pac_file_that_nobody_can_read_is_red_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "corp.pac").write_text("function FindProxyForURL(url, host) {\n  return (\n}\n")
    code, text = verify(tmp_path, "-m", "subject-pac", "--subject", "pac=corp.pac")
    assert code == 1, text
    assert "corp.pac:3: " in text
    assert "Windows reports 12166, macOS 308" in text


def test_list_and_preferences_that_are_right_are_green_together(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(LIST)
    (tmp_path / "prefs.json").write_text(PREFS)
    options = ("--subject", "bypass=list.txt", "--subject", "prefs=prefs.json", "-m", "subject-bypass or subject-prefs")
    code, text = verify(tmp_path, *options, "--no-skips")
    assert code == 0, text
    assert [line.partition(" (")[0] for line in text.splitlines()[:2]] == [
        "subject: bypass=list.txt",
        "subject: prefs=prefs.json",
    ]


def test_list_and_preferences_that_are_wrong_are_red_with_host_and_line(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(LIST.replace("winatp-gw-cus.microsoft.com", ""))
    (tmp_path / "prefs.json").write_text(PREFS.replace("diagnosticLevel", "diagnosticLvl"))
    options = ("--subject", "bypass=list.txt", "--subject", "prefs=prefs.json", "-m", "subject-bypass or subject-prefs")
    code, text = verify(tmp_path, *options)
    assert code == 1, text
    assert "winatp-gw-cus.microsoft.com: no entry of list.txt covers it" in text
    assert "prefs.json:4: 'cloudService.diagnosticLvl'" in text
    assert "Did you mean 'cloudService.diagnosticLevel'?" in text
    assert "failed: a Linux endpoint connects through a proxy that exempts the bypass list under test" in text


def test_scenarios_about_a_subject_that_was_not_given_are_skipped_and_alone_are_no_green(tmp_path: Path) -> None:
    code, text = verify(tmp_path, "-m", "subject-pac")
    assert code == 3, text
    assert "skipped: no PAC file is under test: give one with --subject pac=FILE" in text
    assert "every scenario was skipped, so nothing was checked" in text


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        ("pac", PAC.encode("utf-16"), "is UTF-16"),
        ("pac", b"x" * 50_000_000, "is larger than 1,048,576 bytes"),
        ("pac", b"\x7fELF\x02\0\0\n", "is no text: line 1 holds a zero byte"),
        ("pac", b"  \n", "is empty"),
        ("bypass", b"good.example\nhttps://x.example/\n", ":2: the entry 'https://x.example/' has a scheme"),
        ("bypass", b"good.example:443\n", ":1: the entry 'good.example:443' has a port"),
        ("prefs", b'{"a": 1,\n', ":2: the preferences under test are no JSON"),
        ("prefs", None, "cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_no_test_can_use_ends_with_2_before_anything_runs(
    tmp_path: Path, kind: str, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "file").write_bytes(content)
    code, text = verify(tmp_path, "--subject", f"{kind}=file")
    assert code == 2, text
    assert said in text
    assert "file" in text
    assert len(text.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("runner", ["verify", "pytest"])
def test_a_pac_file_that_never_ends_ends_with_2(tmp_path: Path, runner: str) -> None:
    (tmp_path / "corp.pac").write_text("function FindProxyForURL(url, host) {\n  while (true);\n}\n")
    if runner == "verify":
        code, text = verify(tmp_path, "--subject", "pac=corp.pac")
        assert "Traceback" not in text
    else:
        (tmp_path / "a.feature").write_text(
            "@subject-pac\nFeature: A\n  Scenario: b\n    Then the PAC file under test can be read\n"
        )
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:locust", "--subject", "pac=corp.pac"],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            timeout=240,
        )
        code, text = done.returncode, done.stdout + done.stderr
    assert code == 2, text
    assert "the PAC file under test cannot be tested: corp.pac:" in text
