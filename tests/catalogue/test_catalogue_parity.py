"""Every scenario of ours that one backend alone can run is listed with its reason, and no row is left over."""

from pathlib import Path

from pytest_bdd.feature import get_feature
from pytest_bdd.parser import ScenarioTemplate

from mdelab.catalogue.parity import difference_of, differences

FEATURES = Path(__file__).parents[2] / "features"


def _scenarios() -> list[tuple[str, str, frozenset[str]]]:
    """Path, title with the first values of an outline, and the backends that its tags name."""
    found = []
    for path in sorted(FEATURES.rglob("*.feature")):
        feature = get_feature(str(path.parent), path.name)
        for scenario in feature.scenarios.values():
            tags = frozenset({"docker", "embedded"} & (scenario.tags | feature.tags))
            found.append((str(path), _title(scenario), tags))
    return found


def _title(scenario: ScenarioTemplate) -> str:
    rows = [row for examples in scenario.examples for row in examples.as_contexts()]
    return scenario.render(rows[0] if rows else {}).name


def test_a_tag_that_names_a_backend_has_a_row_and_a_row_has_the_tag():
    rows = [(path, title, tags, difference_of(path, title)) for path, title, tags in _scenarios()]

    assert not [
        (path, title, tags, row)
        for path, title, tags, row in rows
        if tags != (frozenset({row.only}) if row else frozenset())
    ]


def test_every_row_covers_a_scenario():
    scenarios = _scenarios()

    assert not [row for row in differences() if not any(row.covers(path, title) for path, title, _ in scenarios)]
