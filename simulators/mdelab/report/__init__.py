"""What a run leaves behind: JUnit, JSON and one HTML page. Nothing here starts a lab or runs a test."""

from mdelab.report.folder import claim, publish
from mdelab.report.outcome import exit_code, promises
from mdelab.report.run import SELF_TEST, Gate, LoadReport, Run, ScenarioResult, StepResult, SubjectReport
from mdelab.report.summary import Summary, summarise
from mdelab.report.threshold import parse_threshold
from mdelab.report.write import clear, read_run, write_all

__all__ = [
    "SELF_TEST",
    "Gate",
    "LoadReport",
    "Run",
    "ScenarioResult",
    "StepResult",
    "SubjectReport",
    "Summary",
    "claim",
    "clear",
    "exit_code",
    "parse_threshold",
    "promises",
    "publish",
    "read_run",
    "summarise",
    "write_all",
]
