"""Answers of the services that speak bare ASGI, and the error body that all device channels share.

The Starlette services (`entra`, `mde_api`) have error bodies of their own, as their real counterparts have.
"""

from dataclasses import dataclass

import msgspec

from mdelab.cloud.asgi import Send
from mdelab.model.channel import MAX_BODY_BYTES

JSON = b"application/json"
TEXT = b"text/plain"

RETRY_AFTER_S = 30
"""What a 503 asks the agent to wait. Lab-defined; the same as the first step of its back-off."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole HTTP answer."""

    status: int
    body: bytes = b""
    content_type: bytes = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class _Error:
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class _Body:
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


async def write(send: Send, answer: Answer) -> None:
    """Send `answer`. For HEAD the server leaves the body out and keeps its length."""
    headers: list[tuple[bytes, bytes]] = []
    if answer.status != 204:
        headers += [(b"content-type", answer.content_type), (b"content-length", str(len(answer.body)).encode())]
    headers += answer.headers
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
