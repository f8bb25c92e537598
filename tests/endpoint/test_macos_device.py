"""A whole Mac: a real sensor with agent and transport, driven by what its administrator types."""

import asyncio
import json
import plistlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from endpoint_world import SIGNER, World, eicar

from mdelab.catalogue.platforms import platform_row
from mdelab.endpoint.managed_files import FOLDER
from mdelab.endpoint.sensor import Sensor
from mdelab.model.package import Kind
from mdelab.model.platform import Platform

APP = "/Applications/MDATP MacOS DIY.app"
KEYS: dict[Kind, tuple[str, str]] = {
    "onboarding": ("OnboardingInfo", "com.microsoft.wdav.atp"),
    "offboarding": ("OffboardingInfo", "com.microsoft.wdav.atp.offboarding"),
}
LOCAL = "/Library/Application Support/Microsoft/Defender"


def on_a_mac(folder: Path, story: Callable[[World, Sensor], Awaitable[None]], **spec: object) -> None:
    async def told() -> None:
        async with World(folder) as world:
            await story(world, await world.sensor(name="mac-1", platform=Platform.MACOS, **spec))

    asyncio.run(told())


async def run(sensor: Sensor, *argv: str, code: int = 0, user: str = "") -> str:
    ended, out, err, not_simulated = await sensor.exec(argv, env={"USER": user} if user else None)
    assert not_simulated == []
    assert ended == code, err
    return out + err


def script(world: World, kind: Kind) -> bytes:
    """The portal's local script, around a package of the tenant."""
    key, domain = KEYS[kind]
    body = plistlib.dumps({key: SIGNER.package(kind, world.tenant.org_id)}).decode()
    lines = [
        "#!/bin/bash",
        f"# mdelab program: macos-{kind}-script",
        f'PLIST="{LOCAL}/{domain}.plist"',
        "cat > \"$PLIST\" <<'MDELAB_END'",
        f"{body}MDELAB_END",
    ]
    return ("\n".join(lines) + "\n").encode()


async def onboard(world: World, sensor: Sensor) -> None:
    sensor.machine.files.write("/tmp/on.sh", script(world, "onboarding"))
    await run(sensor, "sudo", "bash", "-x", "/tmp/on.sh")
    await world.advance(minutes=10)


def test_script_onboards_a_mac_and_another_offboards_it(tmp_path: Path) -> None:
    async def story(world: World, sensor: Sensor) -> None:
        assert "ATTENTION: No license found." in await run(sensor, "mdatp", "health", "--field", "healthy")
        await onboard(world, sensor)
        assert await run(sensor, "mdatp", "health", "--field", "org_id") == f'"{world.tenant.org_id}"\n'
        assert await run(sensor, "mdatp", "health", "--field", "healthy") == "true\n"
        sensor.machine.files.write("/tmp/off.sh", script(world, "offboarding"))
        await run(sensor, "sudo", "bash", "/tmp/off.sh")
        await world.advance(minutes=10)
        assert "ATTENTION: No license found." in await run(sensor, "mdatp", "health", "--field", "healthy")
        assert sensor.state == "offboarded"

    on_a_mac(tmp_path, story)


def test_managed_preferences_onboard_a_mac_without_a_script(tmp_path: Path) -> None:
    async def story(world: World, sensor: Sensor) -> None:
        package = SIGNER.package("onboarding", world.tenant.org_id)
        await run(sensor, "defaults", "write", f"{FOLDER}/com.microsoft.wdav.atp", "OnboardingInfo", "-string", package)
        await world.advance(minutes=10)
        assert await run(sensor, "mdatp", "health", "--field", "licensed") == "true\n"
        content = plistlib.loads((await run(sensor, "profiles", "show", "-output", "stdout-xml")).encode())
        assert len(content["_computerlevel"]) == 8

    on_a_mac(tmp_path, story)


def test_client_that_is_installed_by_hand_starts_and_onboards(tmp_path: Path) -> None:
    async def story(world: World, sensor: Sensor) -> None:
        await run(sensor, "mdatp", "health", code=127)
        sensor.machine.files.write(
            "/tmp/wdav.pkg", b"#!/bin/sh\n# mdelab program: wdav-pkg\n# version: 101.25062.0003\n"
        )
        await run(sensor, "installer", "-pkg", "/tmp/wdav.pkg", "-target", "/", code=1, user="kim")
        await run(sensor, "sudo", "installer", "-pkg", "/tmp/wdav.pkg", "-target", "/", code=1, user="kim")
        await run(sensor, "mdatp", "health", code=127)
        await run(sensor, "dseditgroup", "-o", "edit", "-a", "kim", "-t", "user", "admin")
        await run(sensor, "sudo", "installer", "-pkg", "/tmp/wdav.pkg", "-target", "/", user="kim")
        await onboard(world, sensor)
        assert await run(sensor, "mdatp", "health", "--field", "healthy") == "true\n"
        await run(sensor, f"{LOCAL}/uninstall/uninstall")
        await run(sensor, "mdatp", "health", code=127)

    on_a_mac(tmp_path, story, installed=False)


def test_agent_of_an_onboarded_mac_goes_through_the_proxy_of_the_system(tmp_path: Path) -> None:
    async def story(world: World, sensor: Sensor) -> None:
        host, port = world.proxy_address
        await run(sensor, "networksetup", "-setsecurewebproxy", "Wi-Fi", host, str(port))
        await onboard(world, sensor)
        assert await run(sensor, "mdatp", "health", "--field", "licensed") == "true\n"
        assert world.proxy.asked

    on_a_mac(tmp_path, story)


def test_unloaded_daemon_answers_nothing_until_it_is_loaded(tmp_path: Path) -> None:
    async def story(world: World, sensor: Sensor) -> None:
        await onboard(world, sensor)
        await run(sensor, "launchctl", "unload", "/Library/LaunchDaemons/com.microsoft.fresno.plist")
        assert (await run(sensor, "mdatp", "health", code=1)).startswith("Failed to connect")
        await run(sensor, "launchctl", "load", "/Library/LaunchDaemons/com.microsoft.fresno.plist")
        await world.advance(minutes=1)
        assert await run(sensor, "mdatp", "health", "--field", "licensed") == "true\n"

    on_a_mac(tmp_path, story)


def test_opening_the_test_application_reaches_the_cloud_as_a_process_of_that_name(tmp_path: Path) -> None:
    async def story(world: World, sensor: Sensor) -> None:
        await onboard(world, sensor)
        program = f"{APP}/Contents/MacOS/MDATP MacOS DIY"
        sensor.machine.files.write(program, b"#!/bin/bash\n# mdelab program: mdatp-macos-diy\n", 0o755)
        await run(sensor, "open", "-a", "MDATP MacOS DIY")
        await world.advance(minutes=10)
        images = [event.fields.get("Image", "") for event in world.cloud.events if event.type == "ProcessCreated"]
        assert program in images

    on_a_mac(tmp_path, story)


def test_client_whose_extension_nobody_approved_sees_and_stops_nothing(tmp_path: Path) -> None:
    async def story(world: World, sensor: Sensor) -> None:
        await onboard(world, sensor)
        sensor.machine.files.write("/tmp/unseen.txt", eicar())
        await run(sensor, "sw_vers")
        await world.advance(minutes=10)
        assert {event.type for event in world.cloud.events} == {"Heartbeat"}
        assert sensor.machine.files.exists("/tmp/unseen.txt")
        await sensor.change(profiles=("default",))
        assert f"{FOLDER}/com.apple.system-extension-policy.plist" in sensor.machine.files.paths(FOLDER)
        sensor.machine.files.write("/tmp/seen.txt", eicar())
        await run(sensor, "sw_vers")
        await world.advance(minutes=10)
        assert any(event.fields.get("TargetFilename") == "/tmp/seen.txt" for event in world.cloud.events)
        assert not sensor.machine.files.exists("/tmp/seen.txt")

    on_a_mac(tmp_path, story, profiles=())


def test_antivirus_settings_of_mdm_win_and_are_shown_as_managed(tmp_path: Path) -> None:
    async def story(world: World, sensor: Sensor) -> None:
        await onboard(world, sensor)
        path = platform_row(Platform.MACOS).paths.managed
        sensor.machine.files.write(path, plistlib.dumps({"antivirusEngine": {"enforcementLevel": "passive"}}))
        assert await run(sensor, "mdatp", "health", "--field", "passive_mode_enabled") == "true [managed]\n"
        said = await run(sensor, "mdatp", "health", "--field", "health_issues")
        assert json.loads(said) == []

    on_a_mac(tmp_path, story)
