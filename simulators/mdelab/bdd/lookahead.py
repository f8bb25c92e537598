"""Whether a later step of a scenario asserts on a command that is about to run.

A command that fails is an error at once, unless a `Then` before the next `When` reads what the command said.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_bdd.parser import Scenario, Step


def note(request: pytest.FixtureRequest, scenario: Scenario, step: Step, function: Callable[..., object]) -> None:
    """Tell the scenario's `last` before a step that uses it runs."""
    if step.type == "then" or "last" not in inspect.signature(function).parameters:
        return
    at = next(index for index, one in enumerate(scenario.steps) if one is step)
    later = itertools.takewhile(
        lambda one: one.type == "then",
        itertools.dropwhile(lambda one: one.type != "then" and one.type == step.type, scenario.steps[at + 1 :]),
    )
    request.getfixturevalue("last").is_read_later = any(_reads(request, one) for one in later)


def _reads(request: pytest.FixtureRequest, step: Step) -> bool:
    from pytest_bdd.scenario import get_step_function

    context = get_step_function(request=request, step=step)
    return context is not None and "last" in inspect.signature(context.step_func).parameters
