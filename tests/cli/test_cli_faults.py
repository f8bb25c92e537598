"""`mdelab faults` and `mdelab reproduce`: what they print, and what they say to wrong input."""

import json

import pytest

from mdelab.catalogue.faults import fault_rows
from mdelab.cli import main as entry


def test_faults_lists_every_row_with_its_platforms(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.run(["faults"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [row.id for row in fault_rows()]


def test_faults_with_a_word_lists_what_fits_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.run(["faults", "407"]) == 0
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} == {
        row.id for row in fault_rows() if "407" in row.id
    }


def test_faults_with_an_id_says_everything_about_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.run(["faults", "tls-clock-skew-client"]) == 0
    said = capsys.readouterr().out
    assert "skew_s = 864000, -3.1536e+08 to 3.1536e+08" in said
    assert "mdelab reproduce tls-clock-skew-client --platform linux" in said


def test_faults_as_json_are_the_rows(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.run(["faults", "dns-nxdomain", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["id"], row["look"][0]["cause"]) == ("dns-nxdomain", "dns-nxdomain")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["faults", "dns-nxdomian"], "there is no fault 'dns-nxdomian'. Nearest: dns-nxdomain"),
        (["reproduce", "dns-nxdomian", "--platform", "linux"], "Nearest: dns-nxdomain"),
        (["reproduce", "tls-crl-unreachable", "--platform", "linux"], "does not happen on linux"),
        (["reproduce", "proxy-403-category", "--platform", "linux", "--set", "categry=x"], "It has: category"),
        (["reproduce", "proxy-403-category", "--platform", "linux", "--set", "games"], "Write it as NAME=VALUE"),
        (["reproduce", "tls-clock-skew-client", "--platform", "linux", "--set", "skew_s=soon"], "a whole number"),
        (["reproduce", "tls-clock-skew-client", "--platform", "linux", "--set", "skew_s=9e9"], "skew_s"),
        (["reproduce", "dns-nxdomain", "--platform", "beos"], "beos"),
    ],
)
def test_wrong_input_gets_one_message_and_exit_code_2(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert entry.run(arguments) == 2
    captured = capsys.readouterr()
    assert says in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_reproduce_prints_the_diagnosis_on_twelve_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.run(["reproduce", "proxy-407-ntlm", "--platform", "windows"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 12
    said = {line.split()[0]: line for line in lines}
    assert "exit 56" in said["curl"]
    assert "proxy-407-ntlm" in said["cause"]
    assert {"fix", "basis", "corp-proxy"} <= set(said)


def test_a_reproduction_that_is_kept_goes_on_and_says_how_to_look_at_it(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        assert entry.run(["reproduce", "dns-nxdomain", "--platform", "linux", "--keep"]) == 0
        advice = capsys.readouterr().err
        where = ["--lab", "dns-nxdomain-linux", "--tenant", "dns-nxdomain-linux"]
        assert f"mdelab diagnose dev-1 {' '.join(where)}" in advice
        assert entry.run(["diagnose", "dev-1", *where]) == 0
        assert "dns-nxdomain" in capsys.readouterr().out
    finally:
        assert entry.run(["down", "--lab", "dns-nxdomain-linux"]) == 0
