"""The lab's certificates: they work for the simulated names and for nothing else."""

import asyncio
import ssl
import subprocess
from pathlib import Path

import pytest
from cryptography import x509

from mdelab.lab.authority import Authority, _authority, _leaf


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"), "test")


async def _handshake(authority: Authority, host: str, roots: Path) -> None:
    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(close, "127.0.0.1", 0, ssl=authority.server_context())
    port = server.sockets[0].getsockname()[1]
    try:
        context = ssl.create_default_context(cafile=str(roots))
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=host)
        writer.close()
        await writer.wait_closed()
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    "host",
    [
        "x.cp.wd.microsoft.com",
        "cdn.x.cp.wd.microsoft.com",
        "winatp-gw-cus.microsoft.com",
        "edr-cus3.us.endpoint.security.microsoft.com",
        "aka.ms",
    ],
)
def test_the_cloud_is_believed_under_every_name_that_it_answers_for(authority: Authority, host: str) -> None:
    asyncio.run(_handshake(authority, host, authority.cloud_root_file))


def test_the_authorities_do_not_vouch_for_each_other(authority: Authority) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
        asyncio.run(_handshake(authority, "x.cp.wd.microsoft.com", authority.interception_file))


@pytest.mark.parametrize("names_hosts", [True, False])
def test_a_leaf_for_a_name_outside_the_lab_is_worth_nothing(tmp_path: Path, names_hosts: bool) -> None:
    root = _authority("root", names_hosts=names_hosts)
    leaf = _leaf(root, "bank.example", ("bank.example",))
    for name, signed in (("root", root), ("leaf", leaf)):
        (tmp_path / f"{name}.pem").write_bytes(signed.pem())
    command = ["openssl", "verify", "-CAfile", str(tmp_path / "root.pem"), str(tmp_path / "leaf.pem")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode != 0
    assert "permitted subtree violation" in result.stderr or "excluded subtree violation" in result.stderr


def test_every_subject_says_that_it_is_simulated(authority: Authority) -> None:
    for file in (authority.cloud_root_file, authority.interception_file, authority.package_root_file):
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        assert "mdelab simulated" in certificate.subject.rfc4514_string()


def test_keys_are_readable_by_their_owner_only(authority: Authority) -> None:
    for path in authority.interception_key_file.parent.iterdir():
        if b"PRIVATE KEY" in path.read_bytes():
            assert path.stat().st_mode & 0o077 == 0, path.name
