"""What a run leaves behind: JUnit, JSON and one HTML page. Nothing here starts a lab or runs a test."""

from mdelab.report.outcome import exit_code, promises
from mdelab.report.run import SELF_TEST, LoadReport, Run, ScenarioResult, StepResult, Summary, summarise
from mdelab.report.write import clear, read_run, write_all

__all__ = [
    "SELF_TEST",
    "LoadReport",
    "Run",
    "ScenarioResult",
    "StepResult",
    "Summary",
    "clear",
    "exit_code",
    "promises",
    "read_run",
    "summarise",
    "write_all",
]
