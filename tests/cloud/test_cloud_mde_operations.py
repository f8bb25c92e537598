"""What automation does by the Defender API beyond looking: alerts on events, batches, tags, orders and their states, quotas."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cloud_ground import COMMAND, MACHINE, Got, Ground, on_cloud, profile

from mdelab.cloud.mde_api.limits import Limits
from mdelab.cloud.mde_api.odata import moment
from mdelab.model.channel import CommandResult, Enrolment
from mdelab.model.clock import EPOCH

DIY = {"Image": "/root/mde_linux_edr_diy.sh", "CommandLine": "./mde_linux_edr_diy.sh", "User": "root"}


async def listed(ground: Ground) -> None:
    """A Linux device in the inventory, with an address."""
    blob = ground.cloud.package(ground.tenant, kind="onboarding").blob
    about = profile(address="10.1.2.3", mac="00:15:5d:00:00:01")
    body = msgspec.json.encode(Enrolment(package=blob, profile=about))
    got = await ground.send(f"https://{COMMAND}/commands/enrol", body)
    ground.tokens["lin-1"] = got.json()["token"]
    await ground.move(minutes=6)


def code(got: Got) -> tuple[int, str]:
    return got.status, got.json()["error"]["code"]


def reference(event_time: str, **changes: Any) -> dict[str, Any]:
    return {
        "machineId": MACHINE, "severity": "Medium", "title": "made by hand", "description": "d", "recommendedAction": "look",
        "eventTime": event_time, "reportId": "event-1", "category": "Execution",
    } | changes  # fmt: skip


def test_an_alert_is_created_on_an_event_and_taken_up_by_the_open_one_of_its_title(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await listed(ground)
        at = f"{ground.tenant.clock.now():%Y-%m-%dT%H:%M:%S}.0000000Z"
        await ground.report(ground.event(1, "ProcessCreated", Image="/bin/x", CommandLine="x"))
        path = "/alerts/CreateAlertByReference"
        made = (await ground.api(path, reference(at))).json()
        assert (made["severity"], made["category"], made["detectorId"]) == ("Medium", "Execution", None)
        assert [row["processCommandLine"] for row in made["evidence"]] == ["x"]
        await ground.move(minutes=1)
        again = (await ground.api(path, reference(at))).json()
        assert again["id"] == made["id"]
        assert again["lastUpdateTime"] > made["lastUpdateTime"]
        assert (await ground.api(f"/alerts/{made['id']}/machine")).json()["id"] == MACHINE
        for changes, refused in (
            ({"reportId": "event-2"}, (404, "ResourceNotFound")),
            ({"eventTime": "2026-01-05T09:00:00Z"}, (404, "ResourceNotFound")),
            ({"eventTime": "yesterday"}, (400, "InvalidInput")),
            ({"machineId": "0" * 40}, (404, "ResourceNotFound")),
            ({"severity": "Informational"}, (400, "InvalidInput")),
            ({"category": "Nonsense"}, (400, "InvalidInput")),
        ):
            assert code(await ground.api(path, reference(at, **changes))) == refused

    on_cloud(tmp_path, story)


def test_a_batch_changes_all_of_its_alerts_or_none(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await listed(ground)
        await ground.report(ground.event(1, "ProcessCreated", **DIY))
        await ground.move(minutes=4)
        (alert,) = (await ground.api("/alerts")).json()["value"]
        both = {"alertIds": [alert["id"], "da1_1"], "status": "Resolved"}
        assert code(await ground.api("/alerts/batchUpdate", both)) == (404, "ResourceNotFound")
        assert (await ground.api("/alerts/$count?$filter=status+eq+'New'")).json() == 1
        done = await ground.api("/alerts/batchUpdate", both | {"alertIds": [alert["id"]]})
        assert (done.status, done.body) == (200, b"")
        assert (
            await ground.api(f"/machines/{MACHINE}/alerts/$count?$filter=status ne 'Resolved'".replace(" ", "+"))
        ).json() == 0
        assert code(await ground.api("/alerts/batchUpdate", {"status": "New"})) == (400, "MissingRequiredParameter")

    on_cloud(tmp_path, story)


def test_machines_are_found_by_address_and_tagged_together(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await listed(ground)
        found = await ground.api("/machines/findbyip(ip='10.1.2.3',timestamp=2026-01-05T09:10:00Z)")
        assert [row["id"] for row in found.json()["value"]] == [MACHINE]
        for question in (
            "ip='10.1.2.4',timestamp=2026-01-05T09:10:00Z",
            "ip='10.1.2.3',timestamp=2026-01-06T09:10:00Z",
        ):
            assert (await ground.api(f"/machines/findbyip({question})")).json()["value"] == []
        assert code(await ground.api("/machines/findbyip(ip='x',timestamp=2026-01-05)")) == (400, "InvalidIpAddress")
        assert code(await ground.api("/machines/findbyip(ip='10.1.2.3')")) == (400, "BadRequest")
        path = "/machines/AddOrRemoveTagForMultipleMachines"
        tagged = await ground.api(path, {"Value": "ring", "Action": "Add", "MachineIds": [MACHINE]})
        assert [row["machineTags"] for row in tagged.json()["value"]] == [["ring"]]
        many = {"Value": "ring", "Action": "Add", "MachineIds": [MACHINE] * 501}
        assert code(await ground.api(path, many)) == (400, "MaximumBatchSizeExceeded")
        valued = await ground.api(f"/machines/{MACHINE}/setDeviceValue", {"DeviceValue": "High"})
        assert valued.json()["deviceValue"] == "High"

    on_cloud(tmp_path, story)


def test_an_action_is_in_progress_from_the_poll_until_the_result(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await listed(ground)
        ordered = await ground.api(f"/machines/{MACHINE}/collectInvestigationPackage", {"Comment": "x"})
        assert (ordered.status, ordered.json()["status"]) == (201, "Pending")
        path = f"/machineactions/{ordered.json()['id']}"
        (told,) = (await ground.poll()).json()["commands"]
        assert (await ground.api(path)).json()["status"] == "InProgress"
        result = CommandResult(id=told["id"], status="Failed", message="no room")
        await ground.send(
            f"https://{COMMAND}/commands/result", msgspec.json.encode(result), token=ground.tokens["lin-1"]
        )
        ended = (await ground.api(path)).json()
        assert (ended["status"], ended["troubleshootInfo"]) == ("Failed", "no room")
        assert code(await ground.api(f"{path}/cancel", {"Comment": "x"})) == (400, "BadRequest")
        await ground.move(days=4)
        assert (await ground.api(path)).json()["status"] == "Failed"

    on_cloud(tmp_path, story)


def live(*types: str) -> dict[str, Any]:
    return {"Comment": "x", "Commands": [{"type": one, "params": [{"key": "Path", "value": "y"}]} for one in types]}


def test_a_live_response_shows_its_commands_and_runs_alone(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await listed(ground)
        path = f"/machines/{MACHINE}/runliveresponse"
        assert code(await ground.api(path, live())) == (400, "MissingRequiredParameter")
        assert code(await ground.api(path, live("GetFile", "PutFile"))) == (400, "InvalidInput")
        assert code(await ground.api(path, live("FormatDisk"))) == (400, "InvalidRequestBody")
        made = (await ground.api(path, live("RunScript", "GetFile"))).json()
        assert made["type"] == "LiveResponse"
        assert [(one["index"], one["commandStatus"], one["command"]["type"]) for one in made["commands"]] == [
            (0, "Created", "RunScript"), (1, "Created", "GetFile"),
        ]  # fmt: skip
        assert code(await ground.api(path, live("GetFile"))) == (400, "ActiveRequestAlreadyExists")

    on_cloud(tmp_path, story)


@pytest.mark.parametrize(
    ("platform", "operation", "body", "refused"),
    [
        ("Ubuntu", "StopAndQuarantineFile", {"Sha1": "0" * 40}, "OsPlatformNotSupported"),
        ("Windows11", "StopAndQuarantineFile", {}, "MissingRequiredParameter"),
        ("Windows11", "StopAndQuarantineFile", {"Sha1": "xyz"}, "InvalidHashValue"),
        ("Windows11", "isolate", {"IsolationType": "UnManagedDevice"}, "InvalidInput"),
        ("Windows11", "offboard", {"Comment": " "}, "MissingRequiredParameter"),
    ],
)
def test_an_order_that_the_device_cannot_take_is_refused(
    tmp_path: Path, platform: str, operation: str, body: dict[str, Any], refused: str
) -> None:
    async def story(ground: Ground) -> None:
        await listed(ground)
        estate = ground.cloud.estate(ground.tenant)
        device = estate.devices[MACHINE]
        device.profile = msgspec.structs.replace(device.profile, os_platform=platform)
        got = await ground.api(f"/machines/{MACHINE}/{operation}", {"Comment": "x"} | body)
        assert code(got) == (400, refused)
        assert estate.actions == {}

    on_cloud(tmp_path, story)


def test_a_device_that_has_offboarded_as_ordered_takes_no_more_orders(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await listed(ground)
        device = ground.cloud.estate(ground.tenant).devices[MACHINE]
        device.profile = msgspec.structs.replace(device.profile, os_platform="Windows11")
        ordered = (await ground.api(f"/machines/{MACHINE}/offboard", {"Comment": "x"})).json()
        result = msgspec.json.encode(CommandResult(id=ordered["id"], status="Succeeded"))
        url, token = f"https://{COMMAND}/commands/result", ground.tokens["lin-1"]
        assert (await ground.send(url, result, token=token)).status == 204
        assert (await ground.send(url, result, token=token)).status == 401
        assert (await ground.poll()).status == 401
        assert code(await ground.api(f"/machines/{MACHINE}/isolate", {"Comment": "x"})) == (400, "BadRequest")

    on_cloud(tmp_path, story)


def test_quotas_slide_with_time_and_hold_for_minute_and_hour() -> None:
    limits = Limits()

    def call(after: timedelta, client: str = "a") -> int:
        return limits.admit("t", client, "batch-update", EPOCH + after)

    for minute in range(49):
        assert [call(timedelta(minutes=minute)) for _ in range(10)] == [0] * 10
        assert call(timedelta(minutes=minute)) == 60
    assert [call(timedelta(minutes=49)) for _ in range(10)] == [0] * 10
    assert call(timedelta(minutes=50)) == 600, "500 an hour"
    assert call(timedelta(minutes=50), client="b") == 0
    assert call(timedelta(minutes=60)) == 0
    limits.forget("t")
    assert call(timedelta(minutes=50)) == 0


def test_a_moment_may_have_seven_digits_and_no_zone() -> None:
    assert moment("2026-01-05T09:00:00.0000000Z") == moment("2026-01-05T09:00:00") == EPOCH
