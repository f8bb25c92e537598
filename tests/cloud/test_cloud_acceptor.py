"""What the cloud says and records of connections: handshakes that fail, hosts that are not simulated, bytes that are no HTTP."""

import asyncio
import socket
import ssl
from pathlib import Path

import pytest
import uvloop
from cloud_ground import CYBER, Ground, on_cloud, parse_answer

from mdelab.model.evidence import Evidence


def _blocking_handshake(address: tuple[str, int], context: ssl.SSLContext, host: str) -> tuple[str, tuple[str, int]]:
    with socket.create_connection(address) as plain:
        own = plain.getsockname()
        try:
            with context.wrap_socket(plain, server_hostname=host):
                return "", own
        except ssl.SSLError as error:
            return str(error.reason), own


async def _wait_for(seen: list[Evidence], peer: tuple[str, int]) -> Evidence:
    async with asyncio.timeout(10):
        while True:
            for record in seen:
                if record.peer == peer and record.step == "tls":
                    return record
            await asyncio.sleep(0)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_that_refuses_the_chain_is_seen_with_its_name_and_alert(
    tmp_path: Path, version: ssl.TLSVersion
) -> None:
    async def story(ground: Ground) -> None:
        context = ssl.create_default_context()
        context.maximum_version = version
        told, own = await asyncio.to_thread(_blocking_handshake, ground.cloud.https, context, CYBER)
        assert told == "CERTIFICATE_VERIFY_FAILED"
        record = await _wait_for(ground.seen, own)
        assert record.observer == "cloud"
        assert record.local == ground.cloud.https
        assert record.name == CYBER
        assert record.tls is not None
        assert (record.tls.outcome, record.tls.sni, record.tls.alert) == ("refused", CYBER, "unknown ca")
        assert record.error

    on_cloud(tmp_path, story)


def test_an_exchange_is_recorded_with_its_handshake_and_its_status(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await ground.send(f"https://{CYBER}/ping")
        tls, http = ground.seen
        assert (tls.step, tls.tls and tls.tls.outcome, tls.tls and tls.tls.version) == ("tls", "established", "TLSv1.3")
        assert http.http is not None
        assert (http.step, http.name, http.http.path, http.http.status) == ("http", CYBER, "/ping", 200)
        assert tls.peer == http.peer
        assert tls.local == http.local == ground.cloud.https
        assert not http.error

    on_cloud(tmp_path, story)


def test_a_tenant_that_keeps_failures_only_gets_no_record_of_what_succeeds(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await ground.send(f"https://{CYBER}/ping")
        assert ground.seen == []
        await ground.send(f"https://{CYBER}/OneCollector/1.0", b"")
        assert [record.error for record in ground.seen] == ["answered 401"]

    on_cloud(tmp_path, story, evidence="failures")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://www.example.org/", "not one that this lab simulates"),
        (f"http://{CYBER}/ping", "is simulated on port 443 only"),
    ],
)
def test_a_host_that_is_not_simulated_there_is_refused_by_name(tmp_path: Path, url: str, words: str) -> None:
    async def story(ground: Ground) -> None:
        got = await ground.send(url)
        assert (got.status, got.json()["error"]["code"]) == (421, "MisdirectedRequest")
        assert words in got.json()["error"]["message"]
        assert got.headers["x-mdelab"] == "lab7"

    on_cloud(tmp_path, story)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"\x00\x01\x02 garbage\r\n\r\n", 400),
        (b"GET http://[ HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT somewhere:443 HTTP/1.1\r\nHost: somewhere:443\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nx: " + b"a" * 200_000, 431),
    ],
)
def test_bytes_that_are_no_request_get_a_clear_error_and_the_lab_goes_on(
    tmp_path: Path, content: bytes, status: int
) -> None:
    async def story(ground: Ground) -> None:
        reader, writer = await asyncio.open_connection(*ground.cloud.http)
        writer.write(content)
        got = parse_answer(await reader.readuntil(b"}}"))
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)
        assert got.status == status
        assert got.json()["error"]["message"]
        assert got.headers["x-mdelab"] == "lab7"
        assert any(record.error for record in ground.seen)
        assert (await ground.send(f"https://{CYBER}/ping")).body == b"OK"

    on_cloud(tmp_path, story)


def test_plain_text_on_the_tls_port_is_a_broken_handshake(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        reader, writer = await asyncio.open_connection(*ground.cloud.https)
        own = writer.get_extra_info("sockname")
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await reader.read()
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)
        record = await _wait_for(ground.seen, own)
        assert record.tls is not None
        assert (record.tls.outcome, record.error) == ("broken", "HTTP_REQUEST")

    on_cloud(tmp_path, story)


def test_two_requests_share_a_connection(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        reader, writer = await asyncio.open_connection(*ground.cloud.https, ssl=ground.trust(), server_hostname=CYBER)
        for _ in range(2):
            writer.write(f"GET /ping HTTP/1.1\r\nHost: {CYBER}\r\n\r\n".encode())
            assert (await reader.readuntil(b"\r\n\r\nOK")).startswith(b"HTTP/1.1 200 OK")
        writer.close()
        await writer.wait_closed()
        assert [record.step for record in ground.seen] == ["tls", "http", "http"]

    on_cloud(tmp_path, story)


def test_the_cloud_stops_while_clients_are_connected_and_can_be_started_nowhere_twice(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        reader, writer = await asyncio.open_connection(*ground.cloud.https, ssl=ground.trust(), server_hostname=CYBER)
        idle_reader, idle = await asyncio.open_connection(*ground.cloud.https)
        await ground.cloud._acceptor.stop()
        assert await asyncio.gather(reader.read(), return_exceptions=True) is not None
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*ground.cloud.https)
        for one in (writer, idle):
            one.close()
            await asyncio.gather(one.wait_closed(), return_exceptions=True)
        assert idle_reader is not None

    on_cloud(tmp_path, story)


def test_the_cloud_works_on_uvloop_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asyncio, "run", uvloop.run)

    async def story(ground: Ground) -> None:
        await ground.enrol()
        assert (await ground.report(ground.event(1))).json() == {"stored": 1, "duplicates": 0}
        _, own = await asyncio.to_thread(_blocking_handshake, ground.cloud.https, ssl.create_default_context(), CYBER)
        record = await _wait_for(ground.seen, own)
        assert record.tls is not None
        assert (record.tls.sni, record.tls.alert) == (CYBER, "unknown ca")

    on_cloud(tmp_path, story)
