"""Collects `*.feature` files: each scenario, and each row of an outline, becomes a test by itself.

A feature that would be green without having checked anything (no scenario, no `Then`, an empty `Examples`, two scenarios
with one title) is an error. What happens beside a project's own pytest-bdd bindings is in `mdelab.bdd.choice`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from mdelab.bdd.verdict import Inconclusive, UndefinedStep, Unmet
from mdelab.model.errors import LabError, NotReady

if TYPE_CHECKING:
    from pytest_bdd.gherkin_parser import Feature as GherkinFeature
    from pytest_bdd.gherkin_parser import Scenario as GherkinScenario
    from pytest_bdd.parser import Feature, Scenario, ScenarioTemplate, Step

_PLAIN = (Unmet, Inconclusive, UndefinedStep, LabError, NotReady)
"""Errors whose message says it all; a traceback would only hide it."""


@dataclass(slots=True)
class Progress:
    """How far a scenario has come, for the report of its failure."""

    scenario: Scenario
    step: Step | None = None


class FeatureFile(pytest.Module):
    """One `*.feature` file. To pytest it is a module, so that fixtures and other plugins find what they expect."""

    def _getobj(self) -> ModuleType:
        module = ModuleType(self.path.stem)
        module.__file__ = str(self.path)
        return module

    def collect(self) -> Iterable[pytest.Item]:
        """Scenarios in the order of the file; or one `BrokenFeature` that says everything that is wrong with it."""
        from pytest_bdd.exceptions import GherkinParseError
        from pytest_bdd.feature import get_feature
        from pytest_bdd.gherkin_parser import get_gherkin_document

        try:
            wrong = list(_mistakes(get_gherkin_document(str(self.path)).feature))
        except KeyError:  # pytest-bdd expects a feature in every file
            wrong = ["it holds no `Feature:`"]
        except GherkinParseError as error:
            wrong = [f"line {error.line}: {error.message.strip()}"]
        except UnicodeDecodeError as error:
            wrong = [f"it is not UTF-8 text: {error}"]
        if not wrong:
            try:
                return list(self._items(get_feature(str(self.path.parent), self.path.name)))
            except GherkinParseError as error:
                wrong = [f"line {error.line}: {error.message.strip()}"]
        return [BrokenFeature.from_parent(self, name="broken", mistakes=wrong)]

    def _items(self, feature: Feature) -> Iterator[ScenarioItem]:
        for template in feature.scenarios.values():
            yield from self._rows(feature, template)

    def _rows(self, feature: Feature, template: ScenarioTemplate) -> Iterator[ScenarioItem]:
        from pytest_bdd import scenario

        rule_tags = template.rule.tags if template.rule else set()
        register_tags(self.config, {*feature.tags, *rule_tags, *template.tags})
        for examples in template.examples:
            register_tags(self.config, examples.tags)
        bound = scenario(self.path.name, template.name, features_base_dir=str(self.path.parent))(_nothing)
        marks = [mark for mark in getattr(bound, "pytestmark", []) if mark.name != "parametrize"]
        rows = [(row, examples.tags) for examples in template.examples for row in examples.as_contexts()] or [
            ({}, set())
        ]
        for row, tags in rows:
            yield ScenarioItem.from_parent(
                self,
                name=_title(template, row),
                callobj=functools.partial(bound, _pytest_bdd_example=row),
                template=template,
                marks=[*marks, *(getattr(pytest.mark, tag).mark for tag in sorted(tags))],
            )


class ScenarioItem(pytest.Function):
    """One scenario, or one row of an outline."""

    def __init__(self, *, template: ScenarioTemplate, marks: list[pytest.Mark], **other: Any) -> None:
        super().__init__(**other)
        self.template = template
        self.progress: Progress | None = None
        for mark in marks:
            self.add_marker(pytest.MarkDecorator(mark, _ispytest=True))

    @property
    def scenario_id(self) -> str:
        """What its tenant's seed stream is derived from: the same wherever the features lie and whatever runs beside."""
        parts = self.path.parts
        if "features" in parts:
            last = len(parts) - 1 - parts[::-1].index("features")
            place = "/".join(parts[last + 1 :])
        else:
            place = self.path.name
        return f"{place}::{self.name}"

    def reportinfo(self) -> tuple[Path, int, str]:
        """Points at the scenario in its feature file."""
        return self.path, self.template.line_number - 1, f"{self.template.feature.name}: {self.name}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:  # type: ignore[override]  # as pytest's own
        """The scenario with its failed step, and the message; a traceback only for what is not a step's verdict."""
        from pytest_bdd.exceptions import StepDefinitionNotFoundError

        story = _story(self.progress) if self.progress else []
        if isinstance(excinfo.value, (*_PLAIN, StepDefinitionNotFoundError)):
            return "\n".join([*story, "", *(f"E   {line}" for line in str(excinfo.value).splitlines())])
        shown = super().repr_failure(excinfo)
        return "\n".join([*story, "", str(shown)]) if story else shown


class BrokenFeature(pytest.Item):
    """A feature file that cannot be run as it is; `mdelab.bdd.choice` turns it into a collection error or drops it."""

    def __init__(self, *, mistakes: list[str], **other: Any) -> None:
        super().__init__(**other)
        self.mistakes = mistakes

    def runtest(self) -> None:
        raise LabError(self.message)

    @property
    def message(self) -> str:
        lines = "\n".join(f"  - {mistake}" for mistake in self.mistakes)
        return f"{self.path} cannot be run:\n{lines}\nRepair the file; `mdelab steps` lists the steps that there are."


def register_tags(config: pytest.Config, tags: Iterable[str]) -> None:
    """Make tags known as markers, so that `--strict-markers` accepts them."""
    known = {line.partition(":")[0].partition("(")[0].strip() for line in config.getini("markers")}
    for tag in sorted(set(tags) - known):
        config.addinivalue_line("markers", f"{tag}: a tag of a feature file")


def tags_of(item: pytest.Item) -> set[str]:
    """All tags that apply to a scenario."""
    return {mark.name for mark in item.iter_markers()}


def _mistakes(feature: GherkinFeature) -> Iterator[str]:
    """Everything because of which the file would prove nothing."""
    scenarios = list(_scenarios(feature))
    if not scenarios:
        yield f"line {feature.location.line}: the feature has no scenario, so it would check nothing"
    lines: dict[str, int] = {}
    for scenario in scenarios:
        line = scenario.location.line
        named = f"line {line}: scenario {scenario.name!r}"
        if not scenario.name.strip():
            yield f"line {line}: the scenario has no title. A title says what is true when it holds"
        if scenario.name in lines:
            yield f"{named} has the same title as the one in line {lines[scenario.name]}; one of them would not run"
        lines.setdefault(scenario.name, line)
        if not any(step.keyword_type == "Outcome" for step in scenario.steps):
            yield f"{named} has no `Then`, so it would check nothing"
        if "outline" in scenario.keyword.lower() or "template" in scenario.keyword.lower() or scenario.examples:
            if not scenario.examples:
                yield f"{named} is an outline without `Examples`, so it would never run"
            for examples in scenario.examples:
                if not examples.table_body:
                    yield f"line {examples.location.line}: the Examples of {scenario.name!r} have no row"


def _scenarios(feature: GherkinFeature) -> Iterator[GherkinScenario]:
    for child in feature.children:
        if child.scenario:
            yield child.scenario
        if child.rule:
            yield from (inner.scenario for inner in child.rule.children if inner.scenario)


def _title(template: ScenarioTemplate, row: dict[str, str]) -> str:
    """The rendered title; values of the row that it does not tell follow in brackets."""
    title = template.render(row).name
    rest = [value for column, value in row.items() if f"<{column}>" not in template.name]
    name = f"{title}[{'-'.join(rest)}]" if rest else title
    return name.replace("::", ":").replace("\n", " ")


def _story(progress: Progress) -> list[str]:
    scenario = progress.scenario
    lines = [f"Feature: {scenario.feature.name}", f"  Scenario: {scenario.name}"]
    sign = " "
    for step in scenario.steps:
        if step is progress.step:
            sign = ">"
        lines.append(
            f"{sign}   {step.keyword} {step.name}   ({Path(scenario.feature.filename).name}:{step.line_number})"
        )
        if sign == ">":
            sign = "-"
    return [*lines, "  (> failed, - did not run)"]


def _nothing() -> None:
    """What a scenario does beside its steps."""
