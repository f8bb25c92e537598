"""Whether a later step of a scenario asserts on a command that is about to run.

A command that fails is an error at once, unless a `Then` reads what it said before the next command on the same endpoint and
before the next `When`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_bdd.parser import Scenario, Step


def note(request: pytest.FixtureRequest, scenario: Scenario, step: Step, function: Callable[..., object]) -> None:
    """Tell the scenario's `last` before a step that uses it runs."""
    if step.type == "then" or "last" not in inspect.signature(function).parameters:
        return
    at = next(index for index, one in enumerate(scenario.steps) if one is step)
    request.getfixturevalue("last").is_read_later = _is_read(request, step, scenario.steps[at + 1 :])


def _is_read(request: pytest.FixtureRequest, step: Step, later: Sequence[Step]) -> bool:
    _, endpoint = _use(request, step)
    has_then = False
    for one in later:
        uses, other = _use(request, one)
        concerns = uses and (endpoint == other or not endpoint or not other)
        if one.type == "then":
            has_then = True
            if concerns:
                return True
        elif has_then or concerns:
            return False
    return False


def _use(request: pytest.FixtureRequest, step: Step) -> tuple[bool, str]:
    """Whether the step works with results of commands, and of which endpoint."""
    from pytest_bdd.scenario import get_step_function

    context = get_step_function(request=request, step=step)
    if context is None:
        return False, ""
    uses = "last" in inspect.signature(context.step_func).parameters
    return uses, str((context.parser.parse_arguments(step.name) or {}).get("endpoint", ""))
