"""Commands that need no lab."""

import json
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from mdelab.cli import main as entry
from mdelab.cli.child import NAMES, environment, settings
from mdelab.cli.durations import parse_duration
from mdelab.cli.output import printable
from mdelab.lab.spec import read_spec
from mdelab.lab.wire import LabInfo

LAB = LabInfo(
    id="3fa",
    name="default",
    version="0.1.0",
    backend="embedded",
    seed=2026,
    profile="seed",
    pid=1,
    folder="/tmp/lab",
    entrance="http://127.0.0.1:4100",
    ca_file="/tmp/it's here/ca.pem",
    default_tenant="contoso",
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", timedelta(seconds=90)),
        ("10m", timedelta(minutes=10)),
        ("+10 minutes", timedelta(minutes=10)),
        ("1h30m", timedelta(minutes=90)),
        ("1 hour and 30 minutes", timedelta(minutes=90)),
        ("1.5h", timedelta(minutes=90)),
        ("7 days", timedelta(days=7)),
        ("2 Weeks", timedelta(days=14)),
    ],
)
def test_durations_are_read_as_people_write_them(text: str, expected: timedelta) -> None:
    assert parse_duration(text) == expected


def test_a_childs_environment_leads_every_known_client_into_the_lab_and_nowhere_else() -> None:
    host = {
        "PATH": "/bin",
        "HTTPS_PROXY": "http://corp:8080",
        "no_proxy": "*",
        "ALL_PROXY": "socks5://corp",
        "HOME": "/root",
    }
    child = environment(LAB, host)
    assert child["HTTPS_PROXY"] == child["https_proxy"] == child["http_proxy"] == "http://127.0.0.1:4100"
    assert child["NO_PROXY"] == child["no_proxy"] == ""
    assert child["SSL_CERT_FILE"] == child["NODE_EXTRA_CA_CERTS"] == "/tmp/it's here/ca.pem"
    assert "ALL_PROXY" not in child
    assert (child["PATH"], child["HOME"]) == ("/bin", "/root")
    assert host["HTTPS_PROXY"] == "http://corp:8080", "the caller's own environment stays as it is"
    assert set(settings(LAB)) == set(NAMES)


def test_env_prints_false_when_no_lab_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert entry.run(["env"]) == 3
    assert capsys.readouterr().out == "false\n"


def test_env_unset_takes_every_setting_away(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.run(["env", "--unset"]) == 0
    assert capsys.readouterr().out.split() == ["unset", *NAMES]


def test_new_writes_an_example_whose_spec_is_valid(tmp_path: Path) -> None:
    folder = tmp_path / "my-tests"
    assert entry.run(["new", str(folder)]) == 0
    assert {path.name for path in folder.iterdir()} == {"first.feature", "lab.toml", "lab.schema.json", "README.md"}
    spec = read_spec(folder / "lab.toml")
    assert [endpoint.name for endpoint in spec.tenant[0].endpoint] == ["lin-1", "lin-2"]


def test_the_example_spec_fits_the_schema_beside_it(tmp_path: Path) -> None:
    import tomllib

    import jsonschema

    assert entry.run(["new", str(tmp_path)]) == 0
    schema = json.loads((tmp_path / "lab.schema.json").read_text())
    jsonschema.validate(tomllib.loads((tmp_path / "lab.toml").read_text()), schema)


def test_new_overwrites_nothing_and_writes_nothing_beside_what_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lab.toml").write_text("mine")
    assert entry.run(["new", str(tmp_path)]) == 2
    assert "lab.toml" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["lab.toml"]
    assert (tmp_path / "lab.toml").read_text() == "mine"


def test_new_into_a_file_says_why_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert entry.run(["new", str(tmp_path / "file")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_every_step_of_the_example_feature_is_in_the_library() -> None:
    from mdelab.bdd.registry import matching

    text = (Path(entry.__file__).parent / "example" / "first.feature").read_text()
    lines = [line.strip() for line in text.splitlines()]
    steps = [line.partition(" ")[2] for line in lines if line.startswith(("Given ", "When ", "Then ", "And "))]
    assert len(steps) >= 3
    assert [step for step in steps if not matching(step)] == []


def test_steps_are_listed_and_can_be_narrowed(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.run(["steps", "--json"]) == 0
    everything = json.loads(capsys.readouterr().out)
    assert {"keyword", "text", "sentence", "example", "doc", "noun"} == set(everything[0])
    assert entry.run(["steps", "proxy", "--json"]) == 0
    assert 0 < len(json.loads(capsys.readouterr().out)) < len(everything)
    assert entry.run(["steps", "no-such-word"]) == 2
    capsys.readouterr()
    assert entry.run(["steps", "as <status>"]) == 0
    assert "  <status>  Active, Inactive, ImpairedCommunication" in capsys.readouterr().out


def test_requirements_are_counted_by_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.run(["requirements", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["counts"]) == {"held", "recorded", "reasoned", "planned"}
    assert sum(found["counts"].values()) == len(found["requirements"]) > 100


def test_doctor_looks_at_what_a_lab_needs(capsys: pytest.CaptureFixture[str]) -> None:
    entry.run(["doctor", "--json"])
    found = {check["name"]: check for check in json.loads(capsys.readouterr().out)}
    assert set(found) == {"python", "curl", "loopback", "ulimit", "disk", "clock", "locust", "docker"}
    assert found["loopback"]["verdict"] == "ok"
    assert all(check["advice"] for check in found.values() if check["verdict"] != "ok")


def test_a_machine_without_curl_is_told_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert entry.run(["doctor"]) == 3
    assert "Install curl" in capsys.readouterr().out


def test_the_bash_completion_script_is_valid_bash_and_completes(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.run(["completion", "bash"]) == 0
    script = capsys.readouterr().out
    assert "_MDELAB_COMPLETE" in script
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_have_a_completion_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.run(["completion", shell]) == 0
    assert "mdelab" in capsys.readouterr().out


def test_control_characters_of_a_peer_are_written_out() -> None:
    assert printable("a\x1b[31mred\r\n\tb\x00\u202e") == "a\\x1b[31mred\\r\n\tb\\x00\\u202e"
