"""The step library as a public vocabulary: nothing twice, nothing unused, nothing undefined."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_bdd.feature import get_feature
from pytest_bdd.parser import Step

from mdelab.bdd.registry import StepText, all_steps, matching, nearest, undefined
from mdelab.bdd.verdict import UndefinedStep

FEATURES = Path(__file__).parents[2] / "features"


def _files() -> list[Path]:
    return sorted(FEATURES.rglob("*.feature"))


def _written(path: Path) -> Iterator[Step]:
    """Every step as it runs: outlines with the values of their rows."""
    for template in get_feature(str(path.parent), path.name).scenarios.values():
        rows = [row for examples in template.examples for row in examples.as_contexts()] or [{}]
        for row in rows:
            yield from template.render(row).steps


def _library() -> list[StepText]:
    return [step for step in all_steps() if step.module.startswith("mdelab.")]


@pytest.mark.parametrize("path", _files(), ids=lambda path: str(path.relative_to(FEATURES)))
def test_each_step_of_a_shipped_feature_is_understood_by_exactly_one_step(path: Path) -> None:
    for step in _written(path):
        found = matching(step.name, step.type)  # type: ignore[arg-type]  # pytest-bdd says str
        assert len(found) == 1, f"{path.name}:{step.line_number} {step}: {[one.text for one in found]}"


def test_no_sentence_is_understood_by_two_steps() -> None:
    for step in _library():
        found = [other.text for other in matching(step.sample, step.keyword)]
        assert found == [step.text]


def test_every_step_is_used_by_a_shipped_feature() -> None:
    sentences = [(step.type, step.name) for path in _files() for step in _written(path)]
    unused = [
        step.sentence
        for step in _library()
        if not step.now
        and not any(keyword == step.keyword and step.match(text) is not None for keyword, text in sentences)
    ]
    assert unused == []


def test_every_step_says_what_it_means() -> None:
    assert [step.sentence for step in _library() if not step.docstring] == []


def test_there_are_at_least_twenty_scenarios_with_titles_of_their_own() -> None:
    titles = [title for path in _files() for title in get_feature(str(path.parent), path.name).scenarios]
    assert len(set(titles)) >= 20
    assert len(set(titles)) == len(titles)


def test_an_undefined_step_suggests_the_nearest() -> None:
    assert "Given an onboarded <platform> endpoint <endpoint>" in nearest("an onbordet Linux endpoint lin-1", "given")
    assert "Did you mean" in undefined("lin-1 is onbordet", "when")
    assert "When <endpoint> is onboarded" in undefined("lin-1 is onbordet", "when")


def test_a_step_like_nothing_else_points_to_the_list() -> None:
    message = undefined("xyzzy 42 plugh")
    assert "mdelab steps" in message
    assert "Did you mean" not in message


def test_an_undefined_step_is_the_users_mistake() -> None:
    from mdelab.bdd.registry import run_step

    with pytest.raises(UndefinedStep, match="no step has the text 'When lin-1 is onbordet'"):
        run_step("When lin-1 is onbordet", lab=None, tenant=None)
