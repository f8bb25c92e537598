"""Reads the cloud's answers: the wanted one, or a short text of what came instead.

A portal, a block page or a cache may answer 200 too: an answer counts only when its body is what was asked for.
"""

from typing import TypeVar

import msgspec

from mdelab.endpoint.events import AnswerReceived

T = TypeVar("T")

_SHOWN_CHARACTERS = 200


def body_of(answer: AnswerReceived, shape: type[T]) -> T | None:
    """The body as `shape`; None when the status is not 200 or the body is something else."""
    if answer.status != 200:
        return None
    try:
        return msgspec.json.decode(answer.body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


class _Error(msgspec.Struct, frozen=True):
    code: str = ""
    message: str = ""


class _Problem(msgspec.Struct, frozen=True):
    error: _Error


def error_text(body: bytes) -> str:
    """What an error body says, in one line for a log; control characters escaped."""
    try:
        error = msgspec.json.decode(body, type=_Problem).error
        text = f"{error.code}: {error.message}"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = body[:_SHOWN_CHARACTERS].decode(errors="replace") or "empty body"
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text[:_SHOWN_CHARACTERS])
