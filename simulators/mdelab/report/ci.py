"""What CI servers are told beside the files: GitHub's annotations and step summary, GitLab's code quality report.

Each only where its server runs the command; `docs/contracts.md` 6 names the variables.
"""

import hashlib
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import msgspec

from mdelab.report.markdown import markdown
from mdelab.report.run import Run, ScenarioResult
from mdelab.report.summary import Summary
from mdelab.report.write import CODE_QUALITY


class _Lines(msgspec.Struct, frozen=True):
    begin: int


class _Location(msgspec.Struct, frozen=True):
    path: str
    lines: _Lines


class _Issue(msgspec.Struct, frozen=True, kw_only=True):
    """One row of GitLab's report, in the shape of Code Climate."""

    description: str
    check_name: str
    fingerprint: str
    severity: str
    location: _Location


def announce(run: Run, summary: Summary, out: Path, environment: Mapping[str, str]) -> None:
    """Tell the CI server that runs this process, as `environment` says; nothing elsewhere. Raises OSError."""
    if environment.get("GITHUB_ACTIONS") == "true" and find_spec("pytest_github_actions_annotate_failures") is None:
        # To stderr, which the runner reads as well: stdout may be JSON for another program.
        print("\n".join(annotations(run, environment.get("GITHUB_WORKSPACE", ""))), file=sys.stderr, flush=True)
    if step_summary := environment.get("GITHUB_STEP_SUMMARY"):
        with open(step_summary, "a", encoding="utf-8") as file:
            file.write(markdown(run, summary))
    if environment.get("GITLAB_CI") == "true":
        (out / CODE_QUALITY).write_bytes(msgspec.json.encode(issues(run, environment.get("CI_PROJECT_DIR", ""))))


def annotations(run: Run, workspace: str = "") -> list[str]:
    """GitHub's workflow commands: one for each scenario that failed the run.

    workspace: the checkout's folder, to which GitHub wants paths to be relative.
    """
    return [
        f"::error file={_property(_below(result.feature, workspace))},line={result.line},"
        f"title={_property(f'{result.outcome}: {result.scenario}')}::{_value(result.message)}"
        for result in _wrong(run)
    ]


def issues(run: Run, workspace: str = "") -> list[_Issue]:
    """The same for GitLab."""
    return [
        _Issue(
            description=f"{result.outcome}: {result.scenario}: {result.message}",
            check_name="mdelab",
            fingerprint=hashlib.sha256(result.id.encode()).hexdigest(),
            severity="major",
            location=_Location(_below(result.feature, workspace), _Lines(result.line)),
        )
        for result in _wrong(run)
    ]


def _wrong(run: Run) -> list[ScenarioResult]:
    return [result for result in run.deciding if result.outcome in ("failed", "inconclusive")]


def _below(path: str, folder: str) -> str:
    whole = Path(path).absolute()
    return whole.relative_to(folder).as_posix() if folder and whole.is_relative_to(folder) else path


def _value(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _value(text).replace(":", "%3A").replace(",", "%2C")
