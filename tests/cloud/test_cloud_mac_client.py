"""What Microsoft AutoUpdate downloads: the feeds of the channels, and the client's package for Macs."""

import asyncio
import plistlib
import subprocess
from pathlib import Path

from cloud_ground import Ground, on_cloud

from mdelab.catalogue.macos import macos


def test_each_channel_has_a_feed_that_leads_to_its_package(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        for channel in macos().channel:
            (newest,) = plistlib.loads((await ground.send(channel.feed)).body)
            assert newest["Update Version"] == channel.version
            package = (await ground.send(newest["Location"])).body.decode()
            assert package.splitlines()[1:3] == ["# mdelab program: wdav-pkg", f"# version: {channel.version}"]
        assert (await ground.send("https://officecdnmac.microsoft.com/pr/other.xml")).status == 404

    on_cloud(tmp_path, story)


def test_package_refuses_to_run_on_a_real_machine(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        text = (await ground.send(macos().channel[0].package)).body.decode()
        ran = await asyncio.to_thread(
            subprocess.run, ["sh", "-s"], input=text, capture_output=True, text=True, timeout=30, check=False
        )
        assert (ran.returncode, ran.stdout) == (1, "")
        assert "test lab" in ran.stderr

    on_cloud(tmp_path, story)
