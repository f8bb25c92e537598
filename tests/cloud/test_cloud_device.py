"""The device channels over real TLS: probes, enrolment, telemetry, polls, offboarding, and what is refused."""

from pathlib import Path

import msgspec
import pytest
from cloud_ground import COMMAND, CYBER, MACHINE, Ground, on_cloud, profile

from mdelab.catalogue.services import read_services
from mdelab.model.channel import CYBER_PATH, MAX_BODY_BYTES, CommandResult, Enrolment
from mdelab.model.clock import Clock
from mdelab.model.licence import Subscription
from mdelab.model.package import LAB_MARKER
from mdelab.model.tenant import new_tenant


def test_every_probe_is_answered_byte_for_byte_as_the_catalogue_says(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        for row in read_services().probe:
            if ".events.endpoint." in row.url:
                continue
            got = await ground.send(row.url, method=row.method)
            expected = b"" if row.method == "HEAD" else row.body.encode()
            assert (got.status, got.body) == (row.status, expected), row.url
            assert got.headers["content-length"] == str(len(row.body)), row.url
            assert got.headers["content-type"] == "text/plain"
            assert got.headers["x-mdelab"] == "lab7"

    on_cloud(tmp_path, story)


def test_a_device_enrols_reports_and_is_counted(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await ground.enrol()
        got = await ground.report(ground.event(1), ground.event(2))
        assert (got.status, got.json()) == (200, {"stored": 2, "duplicates": 0})
        assert ground.cloud.accounting(ground.tenant) == (2, 2, 0)
        assert ground.cloud.accounting(ground.tenant, "lin-1") == (2, 2, 0)
        assert ground.cloud.accounting(ground.tenant, "lin-2") == (0, 0, 0)

    on_cloud(tmp_path, story)


def test_an_event_id_is_stored_once_and_its_repeats_are_counted(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await ground.enrol()
        await ground.report(ground.event(1), ground.event(2))
        mixed = await ground.report(ground.event(2), ground.event(3), ground.event(3))
        assert mixed.json() == {"stored": 1, "duplicates": 2}
        again = await ground.report(ground.event(1), ground.event(2))
        assert again.json() == {"stored": 0, "duplicates": 2}
        assert ground.cloud.accounting(ground.tenant, "lin-1") == (7, 3, 4)

    on_cloud(tmp_path, story)


def test_a_device_of_a_streamlined_package_uses_the_streamlined_paths(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        got = await ground.send(
            "https://edr-cus.us.endpoint.security.microsoft.com/edr/commands/enrol", ground.enrolment()
        )
        assert got.status == 200
        elsewhere = await ground.send(f"https://{COMMAND}/edr/commands/enrol", ground.enrolment())
        assert elsewhere.status == 404

    on_cloud(tmp_path, story)


def test_a_package_of_an_unknown_organisation_is_refused(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        foreign = new_tenant(name="foreign", scenario="x", seed=1, clock=Clock())
        ground.cloud.add_tenant(foreign, Subscription())
        blob = ground.cloud.package(foreign, kind="onboarding").blob
        ground.cloud.remove_tenant(foreign)
        body = msgspec.json.encode(Enrolment(package=blob, profile=profile()))
        got = await ground.send(f"https://{COMMAND}/commands/enrol", body)
        assert (got.status, got.json()["error"]["code"]) == (403, "Forbidden")

    on_cloud(tmp_path, story)


def test_a_tampered_package_is_refused(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        blob = ground.cloud.package(ground.tenant, kind="onboarding").blob.replace(
            f"{LAB_MARKER} lab7", f"{LAB_MARKER} lab8"
        )
        body = msgspec.json.encode(Enrolment(package=blob, profile=profile()))
        got = await ground.send(f"https://{COMMAND}/commands/enrol", body)
        assert (got.status, got.json()["error"]["code"]) == (400, "BadPackage")
        assert "signature" in got.json()["error"]["message"]

    on_cloud(tmp_path, story)


@pytest.mark.parametrize("machine", ["", "AB" * 20, "ab" * 19, "zz" * 20])
def test_a_machine_id_that_is_not_40_hex_digits_is_refused(tmp_path: Path, machine: str) -> None:
    async def story(ground: Ground) -> None:
        got = await ground.send(f"https://{COMMAND}/commands/enrol", ground.enrolment(machine=machine))
        assert got.status == 400

    on_cloud(tmp_path, story)


@pytest.mark.parametrize("token", ["", "wrong"])
def test_a_report_without_a_good_token_is_refused_and_not_counted(tmp_path: Path, token: str) -> None:
    async def story(ground: Ground) -> None:
        await ground.enrol()
        ground.tokens["lin-1"] = token
        got = await ground.report(ground.event(1))
        assert (got.status, got.json()["error"]["code"]) == (401, "Unauthorized")
        assert ground.cloud.accounting(ground.tenant) == (0, 0, 0)

    on_cloud(tmp_path, story)


def test_a_device_token_expires_on_the_tenants_clock(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await ground.enrol()
        await ground.move(days=29)
        assert (await ground.poll()).status == 200
        await ground.move(days=1)
        assert (await ground.poll()).status == 401
        await ground.enrol()
        assert (await ground.poll()).status == 200

    on_cloud(tmp_path, story)


def test_after_its_offboarding_a_device_has_no_token_any_more(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await ground.enrol()
        assert (await ground.offboard()).status == 204
        assert (await ground.poll()).status == 401
        assert (await ground.report(ground.event(1))).status == 401

    on_cloud(tmp_path, story)


def test_an_expired_offboarding_package_is_refused(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await ground.enrol()
        blob = ground.cloud.package(ground.tenant, kind="offboarding").blob
        await ground.move(days=7)
        got = await ground.send(
            f"https://{COMMAND}/commands/offboard", msgspec.json.encode({"package": blob}), token=ground.tokens["lin-1"]
        )
        assert (got.status, got.json()["error"]["code"]) == (400, "BadPackage")
        assert (await ground.poll()).status == 200

    on_cloud(tmp_path, story)


def test_a_body_that_is_too_large_is_refused_and_the_lab_goes_on(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await ground.enrol()
        token = ground.tokens["lin-1"]
        got = await ground.send(f"https://{CYBER}{CYBER_PATH}", b" " * (MAX_BODY_BYTES + 1), token=token)
        assert (got.status, got.json()["error"]["code"]) == (413, "PayloadTooLarge")
        chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
        chunked = await ground.send(
            f"https://{CYBER}{CYBER_PATH}",
            None,
            method="POST",
            token=token,
            headers={"Transfer-Encoding": "chunked\r\n\r\n" + (chunk * 17).decode() + "0"},
        )
        assert chunked.status == 413
        assert (await ground.report(ground.event(1))).status == 200

    on_cloud(tmp_path, story)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"events": 1}', b"[" * 100_000, b"\xff\xfe", b'{"events": [{}]}'])
def test_a_report_that_cannot_be_read_is_refused_and_the_lab_goes_on(tmp_path: Path, body: bytes) -> None:
    async def story(ground: Ground) -> None:
        await ground.enrol()
        got = await ground.send(f"https://{CYBER}{CYBER_PATH}", body, token=ground.tokens["lin-1"])
        assert (got.status, got.json()["error"]["code"]) == (400, "BadRequest")
        assert (await ground.report(ground.event(1))).status == 200

    on_cloud(tmp_path, story)


def test_a_command_is_told_at_each_poll_until_its_result_arrives(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await ground.enrol()
        await ground.move(minutes=6)
        ordered = await ground.api(f"/machines/{MACHINE}/runAntiVirusScan", {"Comment": "now", "ScanType": "Full"})
        assert (ordered.status, ordered.json()["status"]) == (201, "Pending")
        action = ordered.json()["id"]
        for _ in range(2):
            commands = (await ground.poll()).json()["commands"]
            assert commands == [{"id": action, "type": "RunAntiVirusScan", "parameters": {"scope": "Full"}}]
        body = msgspec.json.encode(CommandResult(id=action, status="Succeeded"))
        for _ in range(2):
            told = await ground.send(f"https://{COMMAND}/commands/result", body, token=ground.tokens["lin-1"])
            assert told.status == 204
        assert (await ground.poll()).json() == {"commands": []}
        assert (await ground.api(f"/machineactions/{action}")).json()["status"] == "Succeeded"

    on_cloud(tmp_path, story)


def test_a_removed_tenant_leaves_no_row_and_its_tokens_are_worth_nothing(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await ground.enrol()
        await ground.report(ground.event(1))
        enrolment = ground.enrolment()
        ground.cloud.remove_tenant(ground.tenant)
        assert (await ground.report(ground.event(2))).status == 401
        assert (await ground.send(f"https://{COMMAND}/commands/enrol", enrolment)).status == 403
        await ground.cloud._store.commit(lambda connection: None)
        for table in ("reports", "events", "records"):
            assert ground.cloud._store.read(f"SELECT COUNT(*) FROM {table}") == [(0,)]

    on_cloud(tmp_path, story)
