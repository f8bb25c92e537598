"""The planted defects: one small change of the product each, and the tests that must turn red by it.

A suite that stays green with one of these proves nothing about the requirement behind it. A row of
catalogue/requirements.toml is held only when it names a defect from here and a scenario that carries its tag.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """A wrong product in one edit."""

    name: str
    wrong: str
    """What a user would meet."""
    path: str
    """Below `simulators/mdelab`."""
    good: str
    """Text that stands in the file exactly once."""
    bad: str
    """What stands there instead."""
    run: tuple[str, ...]
    """Files to run: features, or unit tests where no scenario can see it."""
    backend: Literal["embedded", "docker"] = "embedded"
    """Where the lab of these files runs; skipped where there are no containers."""
    red: tuple[str, ...]
    """Scenarios, or names of test functions, that must fail. Others of these files may."""


INTERCEPTION = "features/interception/linux.feature"
OFFBOARDING = "features/offboarding/linux.feature"
ALERTS = "features/alerts/linux.feature"
ONBOARDING = "features/onboarding/linux.feature"
CONDITIONS = "features/onboarding/conditions.feature"
PROXIES = "features/connectivity/proxies.feature"
TOOL_RAISES = "the Linux test tool raises its alert with low severity"

DEFECTS = (
    Defect(
        name="agent-ignores-its-roots",
        wrong="The agent believes what the device's store believes, so an inspecting proxy can read it.",
        path="endpoint/roots.py",
        good="        case Trust.ROOT_SET:\n",
        bad="        case Trust.ROOT_SET:\n            return roots_of(machine, Trust.OS_STORE)\n",
        run=(INTERCEPTION,),
        red=(
            "trusting the inspecting proxy's CA helps curl and not the agent",
            "the connectivity test reports interception as curl error 60",
            "the diagnosis names interception as the cause",
        ),
    ),
    Defect(
        name="offboarding-ignored",
        wrong="An offboarding file appears and the agent goes on as before.",
        path="endpoint/judgement.py",
        good='self._consider_offboarding(mine, now) if "offboarding" in fresh else None',
        bad="None",
        run=(OFFBOARDING,),
        red=(
            "an offboarded endpoint has no licence",
            "an offboarded endpoint stays Active for some days and is Inactive after seven",
            "the portal's Python script offboards the endpoint on which it runs",
        ),
    ),
    Defect(
        name="onboarding-ignored",
        wrong="An onboarding file appears and the agent stays without a licence.",
        path="endpoint/judgement.py",
        good="            verdict = self._consider_onboarding(now)\n",
        bad="            return\n            verdict = self._consider_onboarding(now)\n",
        run=(ONBOARDING,),
        red=(
            "an endpoint with its tenant's onboarding file becomes licensed and healthy",
            "the Defender API lists an onboarded endpoint as Active",
        ),
    ),
    Defect(
        name="alert-severity-wrong",
        wrong="The Linux test alert is raised with severity High.",
        path="catalogue/detections/linux_edr_diy.yml",
        good="\nlevel: low\n",
        bad="\nlevel: high\n",
        run=(ALERTS,),
        red=(TOOL_RAISES,),
    ),
    Defect(
        name="alert-too-late",
        wrong="An alert takes five hours instead of a few minutes.",
        path="catalogue/timing.toml",
        good="[alert]\nseconds = 180\n",
        bad="[alert]\nseconds = 18000\n",
        run=(ALERTS,),
        red=(TOOL_RAISES, "the antivirus test file raises an alert"),
    ),
    Defect(
        name="report-acknowledged-before-commit",
        wrong="The cloud says that it has a report before the report is on the disk.",
        path="cloud/telemetry.py",
        good="        committed = await done\n",
        bad="        return Committed(ids, 0)\n        committed = await done\n",
        run=("tests/cloud/test_cloud_store.py", "tests/cloud/test_cloud_device.py"),
        red=(
            "test_a_full_disk_acknowledges_nothing_and_the_lab_recovers",
            "test_an_event_id_is_stored_once_and_its_repeats_are_counted",
        ),
    ),
    Defect(
        name="cloud-loses-events",
        wrong="The cloud acknowledges reports and keeps every second event of them.",
        path="cloud/telemetry.py",
        good="_encode([row.ids for row in rows])",
        bad="_encode([row.ids[::2] for row in rows])",
        run=(ONBOARDING,),
        red=("every event of an onboarded endpoint is stored in the cloud",),
    ),
    Defect(
        name="proxy-authentication-forgotten",
        wrong="A proxy that demands credentials lets everybody pass.",
        path="network/answer.py",
        good="    if not policy.auth:\n        return True\n",
        bad="    return True\n",
        run=(PROXIES,),
        red=(
            "a proxy that asks for <scheme> credentials refuses the endpoint",
            "the sensor works once the proxy permits anonymous traffic",
        ),
    ),
    Defect(
        name="python-always-there",
        wrong="The portal's Python script runs on a device without Python.",
        path="endpoint/programs/linux.py",
        good='"python3": lambda spec: bool(spec.python),',
        bad='"python3": lambda spec: True,',
        run=(CONDITIONS,),
        red=(
            "the portal's script cannot run on an endpoint without Python",
            "an old Python is not enough on RHEL 8",
        ),
    ),
)
