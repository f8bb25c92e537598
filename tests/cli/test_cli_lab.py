"""Commands against a real lab, as a person types them: each in a process of its own."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

REPORT_URL = "https://x.cp.wd.microsoft.com/api/report"


class Shell:
    """Runs mdelab with a state folder that no other test shares."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        unwanted = ("MDELAB_LAB", "MDELAB_TENANT", "MDELAB_DEBUG")
        self._env = {name: value for name, value in os.environ.items() if name not in unwanted}
        self._env["XDG_RUNTIME_DIR"] = str(folder)

    def completes(self, *words: str) -> list[str]:
        """What bash offers for the last of the words."""
        env = self._env | {
            "_MDELAB_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(["mdelab", *words]),
            "COMP_CWORD": str(len(words)),
        }
        # click goes by the name of the program, which with -m is not the command's.
        start = "import sys; sys.argv[0] = 'mdelab'; from mdelab.cli.main import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", start], capture_output=True, text=True, check=True, env=env, timeout=120
        )
        return [line.partition(",")[2] for line in done.stdout.split()]  # click says an empty line for nothing

    def __call__(self, *argv: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "mdelab.cli", *argv],
            capture_output=True,
            text=True,
            check=False,
            env=self._env,
            cwd=self.folder,
            input=stdin,
            timeout=120,
        )

    def data(self, *argv: str) -> object:
        done = self(*argv, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(tmp_path_factory.mktemp("cli"))


@pytest.fixture(scope="module")
def lab(shell: Shell) -> Iterator[Shell]:
    """A lab with one endpoint, started by `mdelab up`."""
    spec = shell.folder / "lab.toml"
    spec.write_text('[[tenant]]\nname = "contoso"\nclock = "held"\n[[tenant.endpoint]]\nname = "lin-1"\n')
    done = shell("up", str(spec))
    assert done.returncode == 0, done.stderr
    assert "entrance  http://127.0.0.1:" in done.stdout
    yield shell
    done = shell("down")
    assert done.returncode == 0, done.stderr
    assert shell("status").returncode == 3


def test_status_shows_lab_tenant_and_endpoint(lab: Shell) -> None:
    said = lab("status").stdout
    assert "contoso (held clock" in said
    assert re.search(r"lin-1  linux  \S+  127\.", said), said


def test_a_second_lab_of_the_same_name_is_refused_with_what_to_do(lab: Shell) -> None:
    done = lab("up")
    assert done.returncode == 2
    assert "mdelab down" in done.stderr


def test_run_leads_curl_to_the_mock_cloud_by_its_real_name(lab: Shell) -> None:
    done = lab("run", "--", "curl", "-sS", "-i", REPORT_URL)
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("OK")
    assert "x-mdelab:" in done.stdout.lower()


def test_run_leads_to_nothing_that_the_lab_does_not_simulate(lab: Shell) -> None:
    done = lab("run", "--", "curl", "-sS", "https://example.org/")
    assert done.returncode != 0
    assert done.stdout == ""


def test_the_exit_code_of_run_is_its_programs(lab: Shell) -> None:
    assert lab("run", "--", "bash", "-c", "exit 41").returncode == 41
    assert lab("run", "--", "bash", "-c", "kill -9 $$").returncode == 137
    assert lab("run", "--", "no-such-program").returncode == 127


def test_env_leads_a_shell_into_the_lab_and_back(lab: Shell) -> None:
    script = (
        lab("env").stdout + f"curl -sS {REPORT_URL}\n" + lab("env", "--unset").stdout + 'echo " ${HTTPS_PROXY-gone}"\n'
    )
    done = subprocess.run(["bash", "-eu"], input=script, capture_output=True, text=True, check=True)
    assert done.stdout == "OK gone\n"


def test_exec_runs_a_program_of_the_endpoint_with_its_exit_code(lab: Shell) -> None:
    done = lab("exec", "lin-1", "--", "mdatp", "health", "--field", "licensed")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "false")
    assert lab("exec", "lin-1", "mdatp", "health").returncode == 0


def test_exec_of_what_is_not_simulated_is_inconclusive(lab: Shell) -> None:
    done = lab("exec", "lin-1", "--", "no-such-program")
    assert done.returncode == 3
    assert "not simulated" in done.stderr


def test_an_unknown_endpoint_lists_the_known_ones(lab: Shell) -> None:
    done = lab("exec", "lin-9", "--", "mdatp", "health")
    assert done.returncode == 2
    assert "lin-1" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_clock_is_shown_and_moved(lab: Shell) -> None:
    before = lab.data("clock")
    after = lab.data("clock", "1h30m")
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    moved = datetime.fromisoformat(after["now"]) - datetime.fromisoformat(before["now"])
    assert moved == timedelta(hours=1, minutes=30)


def test_a_step_is_done_and_a_step_that_does_not_hold_says_so(lab: Shell) -> None:
    assert lab("do", "Given a Linux endpoint lin-2").returncode == 0
    assert "lin-2" in lab("status").stdout
    done = lab("do", 'When lin-2 runs "mdatp health --field licensed"')
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "false")
    done = lab("do", "Then lin-2 belongs to its tenant within 1 minute")
    assert done.returncode == 1
    assert "does not hold" in done.stderr


def test_an_undefined_step_suggests_the_nearest(lab: Shell) -> None:
    done = lab("do", "Given a Linux endpiont lin-3")
    assert done.returncode == 2
    assert "Given a <platform> endpoint <endpoint>" in done.stderr


def test_diagnose_names_a_cause_in_at_most_twelve_lines(lab: Shell) -> None:
    done = lab("diagnose", "lin-1")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) <= 12
    assert "cause" in done.stdout


def test_run_without_a_lab_starts_one_and_leaves_none(tmp_path: Path) -> None:
    alone = Shell(tmp_path)
    done = alone(
        "run", "--", "curl", "-sS", "-w", " %{url_effective}\n", REPORT_URL, "https://cdn.x.cp.wd.microsoft.com/ping"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"OK {REPORT_URL}\nOK https://cdn.x.cp.wd.microsoft.com/ping\n"
    assert alone("status").returncode == 3
    assert list((tmp_path / "mdelab" / "labs").iterdir()) == []


def test_a_shell_completes_endpoints_labs_and_faults(lab):
    assert "lin-1" in lab.completes("exec", "li")
    assert lab.completes("diagnose", "mac") == []
    assert lab.completes("down", "--lab", "d") == ["default"]
    assert lab.completes("reproduce", "tls-intercepted-p") == ["tls-intercepted-partial"]


def test_a_shell_without_a_lab_completes_nothing_and_says_nothing(tmp_path):
    assert Shell(tmp_path).completes("exec", "li") == []
