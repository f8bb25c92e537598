"""The package host, read by Debian's own tools: its signature, its digests, and the package that it serves."""

import base64
import hashlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cloud_ground import Ground, on_cloud

from mdelab.model.debian_package import make_package, version_in

HOST = "https://packages.microsoft.com"
SUITE = f"{HOST}/debian/12/prod/dists/bookworm"

needs_gpgv = pytest.mark.skipif(shutil.which("gpgv") is None, reason="gpgv is not installed here")
needs_dpkg = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not installed here")


def _fetch(tmp_path: Path, *urls: str) -> list[bytes]:
    got: list[bytes] = []

    async def story(ground: Ground) -> None:
        for url in urls:
            answer = await ground.send(url)
            assert answer.status == 200, url
            got.append(answer.body)

    on_cloud(tmp_path, story)
    return got


def _verify(folder: Path, key: bytes, signed: bytes) -> subprocess.CompletedProcess[str]:
    """What gpgv says of a signed text, given a key in its block of text."""
    block = re.search(rb"\n\n(.*)\n=", key, re.DOTALL)
    assert block
    (folder / "key.gpg").write_bytes(base64.b64decode(block[1]))
    (folder / "signed").write_bytes(signed)
    command = ["gpgv", "--keyring", str(folder / "key.gpg"), str(folder / "signed")]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


@needs_gpgv
def test_gpgv_finds_the_repository_signed_with_the_hosts_key(tmp_path: Path) -> None:
    key, release = _fetch(tmp_path, f"{HOST}/keys/microsoft.asc", f"{SUITE}/InRelease")
    said = _verify(tmp_path, key, release)
    assert said.returncode == 0
    assert 'Good signature from "mdelab simulated package signing"' in said.stderr


@needs_gpgv
def test_gpgv_refuses_a_repository_that_was_changed_on_the_way(tmp_path: Path) -> None:
    key, release = _fetch(tmp_path, f"{HOST}/keys/microsoft.asc", f"{SUITE}/InRelease")
    assert "BAD signature" in _verify(tmp_path, key, release.replace(b"Suite: bookworm", b"Suite: trixie")).stderr


@needs_gpgv
def test_every_lab_has_a_key_of_its_own(tmp_path: Path) -> None:
    (key,) = _fetch(tmp_path / "one", f"{HOST}/keys/microsoft.asc")
    (release,) = _fetch(tmp_path / "other", f"{SUITE}/InRelease")
    assert "No public key" in _verify(tmp_path, key, release).stderr


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_the_release_holds_the_digest_of_the_index_and_the_index_that_of_the_package(
    tmp_path: Path, architecture: str
) -> None:
    release, index = _fetch(tmp_path, f"{SUITE}/InRelease", f"{SUITE}/main/binary-{architecture}/Packages")
    row = f" {hashlib.sha256(index).hexdigest()} {len(index)} main/binary-{architecture}/Packages\n"
    assert row in release.decode()
    place = re.search(r"^Filename: (\S+)$", index.decode(), re.MULTILINE)
    assert place
    (package,) = _fetch(tmp_path / "again", f"{HOST}/debian/12/prod/{place[1]}")
    assert f"\nSize: {len(package)}\nSHA256: {hashlib.sha256(package).hexdigest()}\n" in index.decode()


@pytest.mark.parametrize(
    ("place", "names"),
    [("debian/12", True), ("ubuntu/24.04", True), ("ubuntu/22.04", False), ("debian/11", False)],
)
def test_only_lists_of_newer_systems_name_the_file_of_the_key(tmp_path: Path, place: str, names: bool) -> None:
    (text,) = _fetch(tmp_path, f"{HOST}/config/{place}/prod.list")
    assert (b"signed-by=/usr/share/keyrings/microsoft-prod.gpg" in text) is names


@needs_dpkg
def test_dpkg_reads_the_package(tmp_path: Path) -> None:
    file = tmp_path / "mdatp.deb"
    file.write_bytes(make_package("101.25072.0002", "arm64"))

    def ask(*arguments: str) -> str:
        return subprocess.run(["dpkg-deb", *arguments, str(file)], capture_output=True, text=True, check=True).stdout

    assert ask("--show", "--showformat=${Package} ${Version} ${Architecture}") == "mdatp 101.25072.0002 arm64"
    assert "./usr/bin/mdatp -> /opt/mdelab/endpoint/stub.py" in ask("--contents")


@pytest.mark.parametrize(
    "content", [b"", b"!<arch>\n", b"!<arch>\n\0Package: mdatp\nVersion: 1.0\n", b"# version: 1\n"]
)
def test_another_file_is_no_package_of_the_lab(content: Any) -> None:
    assert version_in(content) == ""
    assert version_in(make_package("1.0", "amd64")) == "1.0"
