"""Answers of the services that speak in values, and the error body that all device channels share.

The Starlette services (`entra`, `mde_api`) have error bodies of their own, as their real counterparts have.
"""

from collections.abc import Iterable
from functools import cache
from http import HTTPStatus

import msgspec

from mdelab.cloud.asgi import Send
from mdelab.model.channel import MAX_BODY_BYTES

JSON = b"application/json"
TEXT = b"text/plain"

RETRY_AFTER_S = 30
"""What a 503 asks the agent to wait. Lab-defined; the same as the first step of its back-off."""


class Answer(msgspec.Struct, frozen=True):
    """One whole HTTP answer."""

    status: int
    body: bytes = b""
    content_type: bytes = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()


class _Error(msgspec.Struct, frozen=True):
    code: str
    message: str


class _Body(msgspec.Struct, frozen=True):
    error: _Error


NO_CONTENT = Answer(204)


def ok(value: object) -> Answer:
    """200 with `value` as JSON."""
    return Answer(200, msgspec.json.encode(value))


def refusal(status: int, code: str, message: str, *headers: tuple[bytes, bytes]) -> Answer:
    """An error as `docs/contracts.md` section 5 gives it; the message says what, why and what to do."""
    return Answer(status, msgspec.json.encode(_Body(_Error(code, message))), headers=headers)


def unavailable(message: str) -> Answer:
    """503 with Retry-After: nothing of the request was kept."""
    return refusal(503, "ServiceUnavailable", message, (b"retry-after", str(RETRY_AFTER_S).encode()))


def too_large() -> Answer:
    return refusal(
        413,
        "PayloadTooLarge",
        f"the body is larger than {MAX_BODY_BYTES} bytes; nothing of it was kept. Send it in parts.",
    )


def failed() -> Answer:
    return refusal(500, "InternalServerError", "the lab failed to answer; its log says why. Report it with the log.")


async def write(send: Send, answer: Answer) -> None:
    """Send `answer` by ASGI. For HEAD the server leaves the body out and keeps its length."""
    length = (b"content-length", str(len(answer.body)).encode())
    headers = [(b"content-type", answer.content_type), length, *answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def head(answer: Answer, more: Iterable[tuple[bytes, bytes]], keep_alive: bool) -> bytes:
    """The bytes of HTTP/1.1 before the body: `more` headers first, the answer's own last. 204 has no length."""
    lines = _first_lines(answer.status, answer.content_type, tuple(more), keep_alive)
    if answer.headers:
        lines += b"".join([_line(name, value) for name, value in answer.headers])
    return lines + b"\r\n" if answer.status == 204 else lines + b"content-length: %d\r\n\r\n" % len(answer.body)


@cache  # the lab's own words: statuses, content types and headers of its code
def _first_lines(status: int, content_type: bytes, more: tuple[tuple[bytes, bytes], ...], keep_alive: bool) -> bytes:
    lines = [b"HTTP/1.1 %d %s\r\n" % (status, HTTPStatus(status).phrase.encode())]
    lines += [_line(name, value) for name, value in more]
    if status != 204:
        lines.append(_line(b"content-type", content_type))
    if not keep_alive:
        lines.append(_line(b"connection", b"close"))
    return b"".join(lines)


def _line(name: bytes, value: bytes) -> bytes:
    if b"\r" in value or b"\n" in value:
        raise ValueError(f"the header {name!r} must not have the value {value!r}: it is more than one line")
    return name + b": " + value + b"\r\n"
