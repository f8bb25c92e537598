"""The Defender API and its tokens, by real requests: who may ask, what is listed when, and what an order does."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cloud_ground import MACHINE, Ground, on_cloud, profile

from mdelab.cloud.action import Action
from mdelab.cloud.alert import Alert
from mdelab.cloud.machine import Device, risk_score, sensor_health
from mdelab.model.clock import EPOCH

DIY = {"Image": "/root/mde_linux_edr_diy.sh", "CommandLine": "./mde_linux_edr_diy.sh", "User": "root"}


def test_a_device_is_listed_once_the_inventory_shows_it(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await ground.enrol()
        await ground.move(minutes=4)
        assert (await ground.api("/machines")).json()["value"] == []
        assert (await ground.api(f"/machines/{MACHINE}")).status == 404
        await ground.move(minutes=1)
        rows = (await ground.api("/machines")).json()["value"]
        assert [(row["id"], row["computerDnsName"], row["osPlatform"]) for row in rows] == [
            (MACHINE, "lin-1.corp.example", "Ubuntu")
        ]
        assert (rows[0]["healthStatus"], rows[0]["onboardingStatus"], rows[0]["riskScore"]) == (
            "Active",
            "Onboarded",
            "None",
        )
        assert rows[0]["firstSeen"] == "2026-01-05T09:00:00.0000000Z"
        for name in (MACHINE, "LIN-1.corp.example"):
            assert (await ground.api(f"/machines/{name}")).json()["id"] == MACHINE

    on_cloud(tmp_path, story)


def test_a_device_that_enrols_again_is_the_same_device(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await ground.enrol()
        await ground.move(minutes=6)
        await ground.offboard()
        await ground.enrol()
        assert [row["id"] for row in (await ground.api("/machines")).json()["value"]] == [MACHINE]

    on_cloud(tmp_path, story)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("?$filter=healthStatus+eq+'Active'", 1),
        ("?$filter=healthStatus%20eq%20'Inactive'", 0),
        ("?%24filter=startswith(computerDnsName,'lin')", 1),
        ("?$top=0", 0),
        ("?$skip=1", 0),
    ],
)
def test_the_list_takes_odata_options(tmp_path: Path, query: str, count: int) -> None:
    async def story(ground: Ground) -> None:
        await ground.enrol()
        await ground.move(minutes=6)
        assert len((await ground.api(f"/machines{query}")).json()["value"]) == count

    on_cloud(tmp_path, story)


def test_a_wrong_filter_is_an_odata_error(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        got = await ground.api("/machines?$filter=nonsense+eq+'x'")
        assert (got.status, got.json()["error"]["code"]) == (400, "ODataError")
        assert "nonsense" in got.json()["error"]["message"]

    on_cloud(tmp_path, story)


def test_the_linux_test_raises_one_low_alert_after_a_few_minutes(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await ground.enrol()
        await ground.move(minutes=6)
        await ground.report(ground.event(1, "ProcessCreated", **DIY), ground.event(2, "ProcessCreated", **DIY))
        await ground.move(minutes=2)
        assert (await ground.api("/alerts")).json()["value"] == []
        await ground.report(ground.event(1, "ProcessCreated", **DIY))
        await ground.move(minutes=1)
        (alert,) = (await ground.api("/alerts?$expand=evidence")).json()["value"]
        assert (alert["title"], alert["severity"], alert["status"], alert["category"]) == (
            "Enumeration of files with sensitive data", "Low", "New", "Discovery",
        )  # fmt: skip
        assert (alert["machineId"], alert["aadTenantId"]) == (MACHINE, ground.tenant.id)
        assert alert["mitreTechniques"] == ["T1083"]
        assert [row["processCommandLine"] for row in alert["evidence"]] == ["./mde_linux_edr_diy.sh"] * 2
        assert (await ground.api(f"/machines/{MACHINE}")).json()["riskScore"] == "Low"

        await ground.report(ground.event(3, "ProcessCreated", **DIY))
        await ground.move(hours=1)
        assert len((await ground.api(f"/machines/{MACHINE}/alerts")).json()["value"]) == 1

        change = {"status": "Resolved", "classification": "InformationalExpectedActivity", "determination": "SecurityTesting",
                  "comment": "a test"}  # fmt: skip
        resolved = (await ground.api(f"/alerts/{alert['id']}", change, method="PATCH")).json()
        assert (resolved["status"], resolved["determination"]) == ("Resolved", "SecurityTesting")
        assert resolved["resolvedTime"]
        assert resolved["comments"][0]["comment"] == "a test"
        assert (await ground.api(f"/machines/{MACHINE}")).json()["riskScore"] == "None"

        await ground.report(ground.event(3, "ProcessCreated", **DIY))
        await ground.move(hours=1)
        assert len((await ground.api("/alerts")).json()["value"]) == 1
        await ground.report(ground.event(4, "ProcessCreated", **DIY))
        await ground.move(hours=1)
        assert len((await ground.api("/alerts?$filter=status eq 'New'".replace(" ", "+"))).json()["value"]) == 1

    on_cloud(tmp_path, story)


@pytest.mark.parametrize(
    "change",
    [{"status": "Gone"}, {"classification": "x"}, {"determination": "Malware"}, {"Status": "New"}, {"status": 7}],
)
def test_a_wrong_change_of_an_alert_is_refused_and_changes_nothing(tmp_path: Path, change: dict[str, Any]) -> None:
    async def story(ground: Ground) -> None:
        await ground.enrol()
        await ground.report(ground.event(1, "ProcessCreated", **DIY))
        await ground.move(minutes=6)
        (before,) = (await ground.api("/alerts")).json()["value"]
        got = await ground.api(f"/alerts/{before['id']}", change, method="PATCH")
        assert got.status == 400
        assert (await ground.api("/alerts")).json()["value"] == [before]

    on_cloud(tmp_path, story)


def test_tags_are_set_found_and_removed(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await ground.enrol()
        await ground.move(minutes=6)
        tagged = await ground.api(f"/machines/{MACHINE}/tags", {"Value": "ring 1", "Action": "Add"})
        assert tagged.json()["machineTags"] == ["ring 1"]
        assert len((await ground.api("/machines/findbytag?tag=ring+1")).json()["value"]) == 1
        assert len((await ground.api("/machines/findbytag?tag=ring")).json()["value"]) == 0
        assert len((await ground.api("/machines/findbytag?tag=ring&useStartsWithFilter=true")).json()["value"]) == 1
        removed = await ground.api(f"/machines/{MACHINE}/tags", {"Value": "ring 1", "Action": "Remove"})
        assert removed.json()["machineTags"] == []
        assert (await ground.api(f"/machines/{MACHINE}/tags", {"value": "x", "Action": "Add"})).json()["error"][
            "code"
        ] == ("MissingRequiredParameter")

    on_cloud(tmp_path, story)


def test_a_linux_device_cannot_be_offboarded_by_the_api(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await ground.enrol()
        await ground.move(minutes=6)
        got = await ground.api(f"/machines/{MACHINE}/offboard", {"Comment": "bye"})
        assert (got.status, got.json()["error"]["code"]) == (400, "OsPlatformNotSupported")

    on_cloud(tmp_path, story)


def test_an_action_that_waits_can_be_cancelled_and_is_then_not_told(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await ground.enrol()
        await ground.move(minutes=6)
        path, body = f"/machines/{MACHINE}/isolate", {"Comment": "now", "IsolationType": "Full"}
        action = (await ground.api(path, body)).json()["id"]
        again = await ground.api(path, body)
        assert (again.status, again.json()["error"]["message"]) == (400, "Action is already in progress")
        cancelled = await ground.api(f"/machineactions/{action}/cancel", {"Comment": "no"})
        assert cancelled.json()["status"] == "Cancelled"
        assert (await ground.poll()).json() == {"commands": []}
        assert (await ground.api(f"/machineactions/{action}/cancel", {"Comment": "no"})).status == 400
        assert [row["status"] for row in (await ground.api("/machineactions")).json()["value"]] == ["Cancelled"]

    on_cloud(tmp_path, story)


@pytest.mark.parametrize(
    ("command_ago", "cyber_ago", "onboarded", "health"),
    [
        (timedelta(0), timedelta(0), True, "Active"),
        (timedelta(hours=48), timedelta(hours=48), True, "Active"),
        (timedelta(hours=49), timedelta(0), True, "ImpairedCommunication"),
        (timedelta(0), timedelta(hours=49), True, "NoSensorData"),
        (timedelta(hours=49), timedelta(hours=49), True, "NoSensorDataImpairedCommunication"),
        (timedelta(days=7), timedelta(days=7), True, "NoSensorDataImpairedCommunication"),
        (timedelta(days=7, seconds=1), timedelta(days=7, seconds=1), True, "Inactive"),
        (timedelta(days=8), timedelta(0), True, "ImpairedCommunication"),
        (timedelta(days=7), timedelta(days=7), False, "Active"),
        (timedelta(days=7, seconds=1), timedelta(days=8), False, "Inactive"),
    ],
)
def test_sensor_health_follows_both_channels(
    command_ago: timedelta, cyber_ago: timedelta, onboarded: bool, health: str
) -> None:
    now = EPOCH + timedelta(days=30)
    device = Device(
        profile=profile(), endpoint="lin-1", token="", token_expires=now, first_seen=EPOCH,
        last_command=now - command_ago, last_cyber=now - cyber_ago, is_onboarded=onboarded,
    )  # fmt: skip
    assert sensor_health(device, now) == health


def _alert(severity: str, status: str) -> Alert:
    return Alert(
        id="da1_1", rule="r", machine_id=MACHINE, title="t", description="d", severity=severity, category="c",
        detection_source="s", threat_name=None, threat_family=None, techniques=(), created=EPOCH, updated=EPOCH,
        first_event=EPOCH, last_event=EPOCH, events=[], status=status,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("alerts", "risk"),
    [
        ([], "None"),
        ([("Low", "New"), ("Medium", "InProgress"), ("High", "Resolved")], "Medium"),
        ([("Informational", "New")], "Informational"),
        ([("High", "Resolved")], "None"),
    ],
)
def test_the_risk_is_the_highest_severity_that_is_unresolved(alerts: list[tuple[str, str]], risk: str) -> None:
    assert risk_score(_alert(*one) for one in alerts) == risk


def test_an_offboarded_device_stays_and_goes_inactive_after_seven_days(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await ground.enrol()
        await ground.move(minutes=6)
        await ground.offboard()
        await ground.move(days=7)
        assert (await ground.api(f"/machines/{MACHINE}")).json()["healthStatus"] == "Active"
        await ground.move(seconds=1)
        assert (await ground.api(f"/machines/{MACHINE}")).json()["healthStatus"] == "Inactive"

    on_cloud(tmp_path, story)


def test_records_are_written_through(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await ground.enrol()
        await ground.report(ground.event(1, "ProcessCreated", **DIY))
        await ground.move(minutes=6)
        await ground.api(f"/machines/{MACHINE}/runAntiVirusScan", {"Comment": "x"})
        await ground.cloud._store.commit(lambda connection: None)
        rows = ground.cloud._store.read("SELECT kind, document FROM records ORDER BY kind")
        assert [row[0] for row in rows] == [one.__name__ for one in (Action, Alert, Device)]
        assert all(msgspec.json.decode(row[1]) for row in rows if isinstance(row[1], bytes))

    on_cloud(tmp_path, story)
