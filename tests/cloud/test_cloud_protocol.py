"""One connection of the cloud: requests that follow each other, bodies that are waited for, answers before the end."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from cloud_ground import API, CYBER, Ground, on_cloud

from mdelab.cloud.answer import Answer, head
from mdelab.cloud.call import Call
from mdelab.model.channel import CYBER_PATH, MAX_BODY_BYTES, Report

_PROBE = f"GET /ping HTTP/1.1\r\nHost: {CYBER}\r\n\r\n".encode()
_MACHINES = f"GET /api/machines HTTP/1.1\r\nHost: {API}\r\n\r\n".encode()

Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def _on_wire(tmp_path: Path, story: Callable[[Ground, Wire], Awaitable[None]]) -> None:
    async def connected(ground: Ground) -> None:
        reader, writer = await asyncio.open_connection(*ground.cloud.https, ssl=ground.trust(), server_hostname=CYBER)
        try:
            await story(ground, (reader, writer))
        finally:
            writer.close()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)

    on_cloud(tmp_path, connected)


async def _answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, await reader.readexactly(int(headers.get("content-length", "0")))


def _report(ground: Ground, *numbers: int, more: str = "") -> tuple[bytes, bytes]:
    body = msgspec.json.encode(Report(events=tuple(ground.event(number) for number in numbers)))
    lines = (
        f"POST {CYBER_PATH} HTTP/1.1\r\nHost: {CYBER}\r\nAuthorization: Bearer {ground.tokens['lin-1']}\r\n"
        f"Content-Length: {len(body)}\r\n{more}\r\n"
    )
    return lines.encode(), body


def test_pipelined_requests_of_both_kinds_are_answered_in_their_order(tmp_path: Path) -> None:
    async def story(ground: Ground, wire: Wire) -> None:
        await ground.enrol()
        reader, writer = wire
        writer.write(b"".join(_report(ground, 1)) + _MACHINES + _PROBE + _MACHINES + b"".join(_report(ground, 1, 2)))
        statuses, bodies = [], []
        for _ in range(5):
            status, _headers, body = await _answer(reader)
            statuses.append(status)
            bodies.append(body)
        assert statuses == [200, 401, 200, 401, 200]
        assert bodies[0] == b'{"stored":1,"duplicates":0}'
        assert bodies[2] == b"OK"
        assert bodies[4] == b'{"stored":1,"duplicates":1}'

    _on_wire(tmp_path, story)


def test_a_request_that_arrives_byte_by_byte_is_answered(tmp_path: Path) -> None:
    async def story(ground: Ground, wire: Wire) -> None:
        await ground.enrol()
        reader, writer = wire
        for byte in b"".join(_report(ground, 1, 2)):
            writer.write(bytes([byte]))
            await writer.drain()
        assert (await _answer(reader))[2] == b'{"stored":2,"duplicates":0}'

    _on_wire(tmp_path, story)


def test_a_client_that_waits_for_100_is_told_to_go_on(tmp_path: Path) -> None:
    async def story(ground: Ground, wire: Wire) -> None:
        await ground.enrol()
        reader, writer = wire
        lines, body = _report(ground, 1, more="Expect: 100-continue\r\n")
        writer.write(lines)
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(body)
        assert (await _answer(reader))[0] == 200

    _on_wire(tmp_path, story)


def test_a_body_that_is_told_to_be_too_large_is_refused_before_it_is_sent_and_the_connection_goes_on(
    tmp_path: Path,
) -> None:
    async def story(_: Ground, wire: Wire) -> None:
        reader, writer = wire
        size = MAX_BODY_BYTES + 1
        lines = f"POST {CYBER_PATH} HTTP/1.1\r\nHost: {CYBER}\r\nExpect: 100-continue\r\nContent-Length: {size}\r\n\r\n"
        writer.write(lines.encode())
        assert (await _answer(reader))[0] == 413
        writer.write(b" " * size + _PROBE)
        assert (await _answer(reader))[2] == b"OK"

    _on_wire(tmp_path, story)


def test_http_1_0_is_answered_and_closed(tmp_path: Path) -> None:
    async def story(_: Ground, wire: Wire) -> None:
        reader, writer = wire
        writer.write(f"GET /ping HTTP/1.0\r\nHost: {CYBER}\r\n\r\n".encode())
        status, headers, body = await _answer(reader)
        assert (status, headers["connection"], body) == (200, "close", b"OK")
        assert await reader.read() == b""

    _on_wire(tmp_path, story)


def test_a_service_that_fails_gives_500_and_the_lab_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_: Call) -> Answer:
        raise RuntimeError("planted")

    async def story(ground: Ground, wire: Wire) -> None:
        reader, writer = wire
        dispatcher = ground.cloud._acceptor._dispatcher
        whole, dispatcher._bare = dispatcher._bare, {"device": broken}
        writer.write(_PROBE)
        status, headers, body = await _answer(reader)
        assert (status, headers["connection"]) == (500, "close")
        assert msgspec.json.decode(body)["error"]["code"] == "InternalServerError"
        assert await reader.read() == b""
        assert "planted" in caplog.text
        dispatcher._bare = whole
        dispatcher.target.cache_clear()
        assert (await ground.send(f"https://{CYBER}/ping")).body == b"OK"

    _on_wire(tmp_path, story)


def test_a_client_that_leaves_in_the_middle_of_its_body_is_forgotten(tmp_path: Path) -> None:
    async def story(ground: Ground, wire: Wire) -> None:
        await ground.enrol()
        reader, writer = wire
        lines, body = _report(ground, 1)
        writer.write(lines + body[:10])
        await writer.drain()
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)
        assert reader.at_eof()
        assert ground.cloud.accounting(ground.tenant) == (0, 0, 0)
        assert (await ground.report(ground.event(1))).status == 200

    _on_wire(tmp_path, story)


def test_a_header_of_more_than_one_line_is_never_written() -> None:
    with pytest.raises(ValueError, match="more than one line"):
        head(Answer(302, headers=((b"location", b"a\r\nset-cookie: b"),)), (), keep_alive=True)
