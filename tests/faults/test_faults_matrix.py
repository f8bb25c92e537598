"""Every fault on every platform that has it: what a diagnosis names, what real curl exits with, and that nothing else does it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_bdd.feature import get_feature

from mdelab.catalogue.faults import FaultRow, fault_rows
from mdelab.lab.client import LabClient
from mdelab.lab.recipe import Reproduction, reproduce
from mdelab.lab.wire import TenantSpec
from mdelab.model.fault import Fault
from mdelab.model.platform import Platform

_FEATURES = Path(__file__).parents[2] / "features" / "faults"

ROWS = [row for row in fault_rows() if "embedded" in row.backends]

MATRIX = [pytest.param(row, platform, id=f"{row.id}-{platform}") for row in ROWS for platform in row.platforms]


def _tried(lab: LabClient, row: FaultRow, platform: Platform, fault: Fault | None) -> Reproduction:
    tenant = lab.create_tenant(TenantSpec(scenario=f"{row.id} {platform} {fault is not None}"))
    try:
        return reproduce(tenant, row, platform, fault)
    finally:
        tenant.delete()


@pytest.mark.parametrize(("row", "platform"), MATRIX)
def test_the_diagnosis_names_the_cause_and_curl_agrees_with_the_measured_code(lab, row, platform):
    look = row.on(platform)

    done = _tried(lab, row, platform, Fault(kind=row.id))

    assert done.diagnosis.cause == look.cause, done.diagnosis
    assert done.diagnosis.fix
    assert (done.curl.exit_code if done.curl else None) == look.curl_code, done.curl


def _bare_recipes() -> Iterator[object]:
    """The recipes without their faults, each once: many rows share one."""
    seen = set()
    for row in ROWS:
        for platform in row.platforms:
            recipe = row.route, row.url, row.on(platform).tries, platform
            if recipe not in seen:
                seen.add(recipe)
                yield pytest.param(row, platform, id=f"{row.route}-of-{row.id}-{platform}")


@pytest.mark.parametrize(("row", "platform"), list(_bare_recipes()))
def test_without_the_fault_the_same_recipe_has_nothing_wrong(lab, row, platform):
    done = _tried(lab, row, platform, None)

    assert done.diagnosis.cause == "none", done.diagnosis
    assert done.curl.exit_code == 0, done.curl


def _in_features() -> set[tuple[str, str]]:
    """(fault, platform) of every step of the features of this folder, as it runs."""
    found = set()
    for path in _FEATURES.glob("*.feature"):
        for template in get_feature(str(path.parent), path.name).scenarios.values():
            rows = [row for examples in template.examples for row in examples.as_contexts()] or [{}]
            for row in rows:
                text = " ".join(step.name for step in template.render(row).steps)
                found |= {
                    (one.id, platform.value)
                    for one in fault_rows()
                    for platform in Platform
                    if f"the fault {one.id} " in f"{text} " and f"{platform.value} endpoint" in text.lower()
                }
    return found


def test_every_fault_has_a_scenario_on_every_platform_that_has_it():
    assert {(row.id, platform.value) for row in fault_rows() for platform in row.platforms} <= _in_features()
