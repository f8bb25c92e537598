"""Packages of the portal, packages.microsoft.com, and the small downloads."""

import ast
import asyncio
import hashlib
import io
import json
import plistlib
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from cloud_ground import Ground, on_cloud

from mdelab.model.clock import EPOCH
from mdelab.model.errors import LabError
from mdelab.model.package import parse, verify


@pytest.mark.parametrize("path", ["LinuxDIY", "linuxdiy", "MDE-Linux-EDR-DIY"])
def test_the_linux_test_is_a_zip_with_the_marked_script(tmp_path: Path, path: str) -> None:
    async def story(ground: Ground) -> None:
        got = await ground.send(f"https://aka.ms/{path}")
        with zipfile.ZipFile(io.BytesIO(got.body)) as archive:
            assert archive.namelist() == ["mde_linux_edr_diy.sh", "mde_linux_edr_diy"]
            text = archive.read("mde_linux_edr_diy.sh").decode()
            assert archive.read("mde_linux_edr_diy").decode() == text
        assert text.splitlines()[1] == "# mdelab program: mde_linux_edr_diy"
        ran = await asyncio.to_thread(
            subprocess.run, ["bash", "-s"], input=text, capture_output=True, text=True, timeout=30, check=False
        )
        assert (ran.returncode, ran.stdout) == (1, "")

    on_cloud(tmp_path, story)


def test_the_mac_test_is_a_zip_with_the_marked_app(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        got = await ground.send("https://aka.ms/mdatpmacosdiy")
        assert got.headers["content-disposition"] == 'attachment; filename="mdatp macos diy.zip"'
        with zipfile.ZipFile(io.BytesIO(got.body)) as archive:
            member = archive.getinfo("MDATP MacOS DIY.app/Contents/MacOS/MDATP MacOS DIY")
            text = archive.read(member).decode()
            about = plistlib.loads(archive.read("MDATP MacOS DIY.app/Contents/Info.plist"))
        assert (member.external_attr >> 16) & 0o111
        assert about["CFBundleExecutable"] == "MDATP MacOS DIY"
        assert text.splitlines()[1] == "# mdelab program: mdatp-macos-diy"
        ran = await asyncio.to_thread(
            subprocess.run, ["bash", "-s"], input=text, capture_output=True, text=True, timeout=30, check=False
        )
        assert (ran.returncode, ran.stdout) == (1, "")

    on_cloud(tmp_path, story)


def test_the_eicar_file_is_the_real_one(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        got = await ground.send("https://secure.eicar.org/eicar.com.txt")
        digest = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"
        assert (len(got.body), hashlib.sha256(got.body).hexdigest()) == (68, digest)

    on_cloud(tmp_path, story)


def test_the_definitions_link_redirects_to_a_version_of_the_tenants_day(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        link = await ground.send("https://go.microsoft.com/fwlink/?linkid=2120136")
        assert link.status == 302
        location = link.headers["location"]
        first = (await ground.send(location)).json()
        assert set(first) == {"version", "sha256", "released"}
        assert first["released"] == f"{EPOCH:%Y-%m-%d}t00:00:00z".upper()
        await ground.move(days=1)
        assert (await ground.send(location)).json()["version"] != first["version"]
        assert (await ground.send("https://go.microsoft.com/fwlink/?linkid=1")).status == 404

    on_cloud(tmp_path, story)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("config/ubuntu/22.04/prod.list", "https://packages.microsoft.com/ubuntu/22.04/prod jammy main"),
        ("config/debian/12/insiders-fast.list", "insiders-fast main"),
        ("config/rhel/9/prod.repo", "baseurl=https://packages.microsoft.com/rhel/9/prod/"),
        ("keys/microsoft.asc", "BEGIN PGP PUBLIC KEY BLOCK"),
    ],
)
def test_the_installer_finds_its_repository(tmp_path: Path, path: str, words: str) -> None:
    async def story(ground: Ground) -> None:
        got = await ground.send(f"https://packages.microsoft.com/{path}")
        assert got.status == 200
        assert words in got.body.decode()

    on_cloud(tmp_path, story)


@pytest.mark.parametrize(
    "path", ["config/ubuntu/99/prod.list", "config/rhel/9/prod.list", "config/x/y/z.repo", "keys/x", ""]
)
def test_a_repository_that_does_not_exist_is_not_found(tmp_path: Path, path: str) -> None:
    async def story(ground: Ground) -> None:
        got = await ground.send(f"https://packages.microsoft.com/{path}")
        assert (got.status, got.json()["error"]["code"]) == (404, "NotFound")

    on_cloud(tmp_path, story)


@pytest.mark.parametrize("url", ["https://security.microsoft.com/machines", "http://crl.microsoft.com/pki/crl/x.crl"])
def test_what_is_not_simulated_says_so(tmp_path: Path, url: str) -> None:
    async def story(ground: Ground) -> None:
        got = await ground.send(url)
        assert got.status in (404, 501)
        assert got.json()["error"]["message"]

    on_cloud(tmp_path, story)


def test_an_onboarding_package_does_not_expire_and_is_the_labs(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        name, members, blob, expires = ground.cloud.package(ground.tenant, kind="onboarding")
        package = parse(blob, "onboarding")
        verify(package, [ground.authority.package_root], EPOCH)
        assert (name, expires) == ("WindowsDefenderATPOnboardingPackage.zip", None)
        assert list(members) == ["MicrosoftDefenderATPOnboardingLinuxServer.py"]
        assert (package.org_id, package.command_url) == (ground.tenant.org_id, "https://winatp-gw-cus.microsoft.com/")
        assert (package.connectivity, package.cyber_url, package.lab) == ("standard", "", "mdelab lab7")

    on_cloud(tmp_path, story)


@pytest.mark.parametrize("geography", ["US", "EU", "UK", "AU"])
def test_a_streamlined_package_names_its_gateway(tmp_path: Path, geography: str) -> None:
    async def story(ground: Ground) -> None:
        made = ground.cloud.package(
            ground.tenant, kind="onboarding", method="configuration", connectivity="streamlined", geography=geography
        )
        package = parse(json.loads(made.members["mdatp_onboard.json"])["onboardingInfo"], "onboarding")
        assert (package.connectivity, package.geography) == ("streamlined", geography)
        assert json.loads(package.body)["partnerGeoLocation"] == f"GW_{geography}"
        assert f".{geography.lower()}.endpoint.security.microsoft.com/edr/" in package.command_url
        assert package.cyber_url.startswith(f"https://{geography.lower()}-v20.events.endpoint.security.microsoft.com/")

    on_cloud(tmp_path, story)


def test_an_offboarding_package_is_good_for_seven_days_and_says_so_in_its_name(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        name, members, blob, expires = ground.cloud.package(ground.tenant, kind="offboarding")
        assert expires == EPOCH + timedelta(days=7)
        assert parse(blob, "offboarding").expires == expires
        assert name == "WindowsDefenderATPOffboardingPackage_valid_until_2026-01-12.zip"
        assert list(members) == ["MicrosoftDefenderATPOffboardingLinuxServer_valid_until_2026-01-12.py"]

    on_cloud(tmp_path, story)


@pytest.mark.parametrize("kind", ["onboarding", "offboarding"])
def test_a_script_refuses_to_run_on_a_real_machine_and_carries_its_package(tmp_path: Path, kind: str) -> None:
    async def story(ground: Ground) -> None:
        made = ground.cloud.package(ground.tenant, kind=kind)  # type: ignore[arg-type]  # parametrised
        ((name, text),) = made.members.items()
        assert f"# mdelab program: {kind}-script" in text.splitlines()[:5]
        literals = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]
        assert json.dumps({f"{kind}Info": made.blob}) in literals
        file = tmp_path / name
        file.write_text(text)
        ran = await asyncio.to_thread(
            subprocess.run, [sys.executable, str(file)], capture_output=True, text=True, timeout=30, check=False
        )
        assert ran.returncode == 1
        assert "refuses to run on a real machine" in ran.stderr

    on_cloud(tmp_path, story)


def test_a_package_that_the_portal_does_not_offer_is_refused_with_advice(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        with pytest.raises(LabError, match="by method 'post'; it has script"):
            ground.cloud.package(ground.tenant, kind="onboarding", method="post")
        with pytest.raises(LabError, match="geography 'XX'"):
            ground.cloud.package(ground.tenant, kind="onboarding", geography="XX")

    on_cloud(tmp_path, story)


@pytest.mark.parametrize(
    ("url", "index"),
    [
        (
            "https://packages.microsoft.com/ubuntu/22.04/prod/dists/jammy/main/binary-amd64/Packages",
            "Filename: pool/mdatp_101.25072.0002_amd64.deb",
        ),
        (
            "https://packages.microsoft.com/ubuntu/22.04/prod/dists/insiders-fast/main/binary-arm64/Packages",
            "Version: 101.25082.0001",
        ),
        (
            "https://packages.microsoft.com/rhel/9/prod/repodata/primary.xml",
            '<location href="Packages/mdatp-101.25072.0002.rpm"/>',
        ),
        ("https://sls.update.microsoft.com/mdelab/updates.json", '"kb":"KB5005292"'),
    ],
)
def test_a_repository_lists_the_newest_client(tmp_path: Path, url: str, index: str) -> None:
    async def story(ground: Ground) -> None:
        got = await ground.send(url)
        assert (got.status, index in got.body.decode()) == (200, True)

    on_cloud(tmp_path, story)


@pytest.mark.parametrize(
    "path",
    [
        "ubuntu/22.04/prod/dists/focal/main/binary-amd64/Packages",
        "ubuntu/22.04/prod/dists/jammy/main/binary-sparc/Packages",
        "rhel/9/nightly/repodata/primary.xml",
        "ubuntu/22.04/prod/pool/mdatp_1.0_amd64.deb",
    ],
)
def test_a_repository_has_nothing_beside_the_client(tmp_path: Path, path: str) -> None:
    async def story(ground: Ground) -> None:
        assert (await ground.send(f"https://packages.microsoft.com/{path}")).status == 404

    on_cloud(tmp_path, story)
