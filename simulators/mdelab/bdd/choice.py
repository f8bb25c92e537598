"""Which of the collected scenarios run, and what is said when that is none.

A project that binds its features itself (pytest-bdd's `scenarios()`) must not get doubles. With the ini option
`mdelab_collect = auto` (the default) a scenario that another test binds is dropped, and as soon as a session holds foreign
bindings every feature that was not named on the command line is left to them. `always` and `never` say it outright.
"""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from mdelab.bdd.collect import BrokenFeature, FeatureFile, ScenarioItem, tags_of
from mdelab.catalogue.parity import difference_of

Place = tuple[str, str]
"""File and title of a scenario."""


def choose(session: pytest.Session, items: list[pytest.Item]) -> int:
    """Drop, in place, what is left to the project's own bindings; turn broken features into collection errors.

    Returns how many scenarios were left to others.
    """
    mode = session.config.getini("mdelab_collect")
    foreign = {place for item in items if (place := _foreign(item)) is not None} if mode == "auto" else set()
    named = _named(session.config)
    kept = [item for item in items if not _is_ours(item) or _stays(item, foreign, named)]
    dropped = [item for item in items if item not in set(kept)]
    broken = [item for item in kept if isinstance(item, BrokenFeature)]
    for item in broken:
        fail_collection(session.config, item.nodeid, item.message)
    items[:] = [item for item in kept if not isinstance(item, BrokenFeature)]
    return len(dropped)


def skip_other_backends(items: list[pytest.Item], backend: str) -> None:
    """A scenario that only another backend can run is skipped with its reason."""
    for item in items:
        if not isinstance(item, ScenarioItem):
            continue
        needs = {"docker", "embedded"} & tags_of(item)
        if needs and backend not in needs:
            (need,) = needs
            row = difference_of(str(item.path), item.name)
            why = f". {row.reason}" if row else ""
            item.add_marker(pytest.mark.skip(reason=f"@{need}: this session runs on --lab-backend {backend}{why}"))


def explain_empty(config: pytest.Config, before: list[pytest.Item]) -> None:
    """Nothing was selected although there are scenarios: that is an error, with what could have been meant."""
    tags = sorted({tag for item in before if isinstance(item, ScenarioItem) for tag in tags_of(item)})
    asked = [(option, text) for option in ("-m", "-k") if (text := str(config.getoption(_DEST[option]) or ""))]
    if not asked:
        return
    said = " ".join(f"{option} {text!r}" for option, text in asked)
    words = [word for _, text in asked for word in text.replace("(", " ").replace(")", " ").split()]
    near = [one for word in words for one in difflib.get_close_matches(word, tags, n=1)]
    guess = f" Did you mean {' or '.join(repr(one) for one in dict.fromkeys(near))}?" if near else ""
    fail_collection(
        config,
        "selection",
        f"{said} selects nothing of {len(before)} collected tests.{guess}\nKnown tags: {', '.join(tags) or 'none'}.",
    )


def fail_collection(config: pytest.Config, nodeid: str, message: str) -> None:
    """Report a collection error: the session ends with it before any test runs, with exit code 2."""
    config.hook.pytest_collectreport(
        report=pytest.CollectReport(nodeid=nodeid, outcome="failed", longrepr=message, result=[])
    )


_DEST = {"-m": "markexpr", "-k": "keyword"}


def _is_ours(item: pytest.Item) -> bool:
    return isinstance(item, ScenarioItem | BrokenFeature)


def _stays(item: pytest.Item, foreign: set[Place], named: set[Path]) -> bool:
    if not foreign:
        return True
    if isinstance(item, ScenarioItem) and (str(item.path), item.template.name) in foreign:
        return False
    return item.path in named


def _foreign(item: pytest.Item) -> Place | None:
    """The scenario that a test which is not ours binds."""
    from pytest_bdd.scenario import scenario_wrapper_template_registry

    if _is_ours(item):
        return None
    try:
        template = scenario_wrapper_template_registry.get(getattr(item, "obj", None))  # type: ignore[arg-type]
    except TypeError:
        return None  # an object that cannot be referred to weakly is no scenario
    return (template.feature.filename, template.name) if template else None


def _named(config: pytest.Config) -> set[Path]:
    """The feature files that the command line names one by one."""
    places = (config.invocation_params.dir / str(argument).partition("::")[0] for argument in config.args)
    return {place.resolve() for place in places if place.suffix == ".feature"}


__all__ = ["FeatureFile", "choose", "explain_empty", "fail_collection", "skip_other_backends"]
