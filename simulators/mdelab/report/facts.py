"""What a scenario's own process knows about it while it runs: its place, tags, steps, and why it failed.

Gathered from pytest-bdd's records, in plain values that can travel to another process.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
import pytest

from mdelab.model.basis import Basis, weakest
from mdelab.model.errors import NotReady
from mdelab.report.run import StepResult

if TYPE_CHECKING:
    from pytest_bdd.parser import Scenario, ScenarioTemplate

_REQUIREMENT = re.compile(r"R[0-9C]\w*-\d+")
_INCONCLUSIVE = re.compile(r"inconclusive\b", re.IGNORECASE)


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything empty means: not a scenario, but a plain test."""

    feature: str = ""
    line: int = 0
    title: str = ""
    scenario: str = ""
    basis: Basis = Basis.LAB_DEFINED
    requirements: tuple[str, ...] = ()
    steps: tuple[StepResult, ...] = ()
    message: str = ""
    is_inconclusive: bool = False


def describe(item: pytest.Item, call: pytest.CallInfo[None]) -> Facts:
    """The facts about `item` after one phase of it."""
    tags = {marker.name for marker in item.iter_markers()}
    message, is_inconclusive = _failure(item, call)
    scenario = _scenario(item)
    if scenario is None:
        return Facts(
            basis=basis_of(tags),
            requirements=requirements_of(tags),
            message=message,
            is_inconclusive=is_inconclusive,
        )
    tags |= set(scenario.tags) | set(scenario.feature.tags)
    if scenario.rule:
        tags |= set(scenario.rule.tags)
    return Facts(
        feature=_place(item, scenario.feature.filename),
        line=scenario.line_number,
        title=scenario.feature.name,
        scenario=_title(item, scenario.name),
        basis=basis_of(tags),
        requirements=requirements_of(tags),
        steps=_steps(item) if call.when == "call" else (),
        message=message,
        is_inconclusive=is_inconclusive,
    )


def basis_of(tags: set[str]) -> Basis:
    """The weakest basis that `tags` name (`basis-documented`, or `assumed` alone)."""
    named = [basis for basis in Basis if f"basis-{basis.value}" in tags or basis.value in tags]
    return weakest(named) if named else Basis.LAB_DEFINED


def requirements_of(tags: set[str]) -> tuple[str, ...]:
    return tuple(sorted(tag for tag in tags if _REQUIREMENT.fullmatch(tag)))


def _scenario(item: pytest.Item) -> "Scenario | ScenarioTemplate | None":
    from pytest_bdd.reporting import scenario_reports_registry

    if item in scenario_reports_registry:
        return scenario_reports_registry[item].scenario
    return _template(item)


def _template(item: pytest.Item) -> "ScenarioTemplate | None":
    """The scenario of an item whose steps never began, with its placeholders unfilled."""
    from pytest_bdd.scenario import scenario_wrapper_template_registry

    wrapper = getattr(item, "obj", None)
    return scenario_wrapper_template_registry.get(wrapper) if wrapper is not None else None


def _place(item: pytest.Item, filename: str) -> str:
    """The feature's path as people say it: from the root folder of the run where it lies below that."""
    path = Path(filename)
    root = item.config.rootpath
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def _title(item: pytest.Item, name: str) -> str:
    """The scenario's name, with the row's values where the name does not tell them."""
    callspec = getattr(item, "callspec", None)
    if callspec is None:
        return name
    row = callspec.params.get("_pytest_bdd_example", callspec.params)
    values = [str(value) for value in row.values()] if isinstance(row, dict) else [str(callspec.id)]
    missing = [value for value in values if value not in name]
    return f"{name} [{', '.join(missing)}]" if missing else name


def _steps(item: pytest.Item) -> tuple[StepResult, ...]:
    from pytest_bdd.reporting import scenario_reports_registry

    if item not in scenario_reports_registry:
        return ()
    report = scenario_reports_registry[item]
    steps: list[StepResult] = []
    has_failed = False
    for step in report.step_reports:
        # pytest-bdd marks the steps after a failed one as failed too; they did not run.
        outcome: Literal["passed", "failed", "not-run"] = (
            "not-run" if has_failed else ("failed" if step.failed else "passed")
        )
        has_failed = has_failed or step.failed
        steps.append(
            StepResult(
                keyword=step.step.keyword,
                text=step.step.name,
                outcome=outcome,
                duration_s=0.0 if outcome == "not-run" else step.duration,
            )
        )
    rest = report.scenario.steps[len(steps) :]
    steps.extend(StepResult(keyword=step.keyword, text=step.name, outcome="not-run") for step in rest)
    return tuple(steps)


def _failure(item: pytest.Item, call: pytest.CallInfo[None]) -> tuple[str, bool]:
    """The message of a failure, and whether it says something about the lab instead of about a promise."""
    if call.excinfo is None:
        return "", False
    said = dict(item.user_properties).get("mdelab_inconclusive")
    if said:
        return str(said), True
    error = call.excinfo.value
    message = str(error).encode("utf-8", "replace").decode().strip() or type(error).__name__
    is_lab = call.when == "call" and isinstance(error, OSError | NotReady)
    return message, is_lab or _INCONCLUSIVE.match(message) is not None
