"""The evidence of a tenant as a log that two runs of one recipe have in common, byte by byte.

It goes connection by connection, as clients began them, in each in the order of the wire, then by observer: records of two
processes cross on their way to the lab, and which comes first says nothing. For the same reason only clients' records have a
time: what a hop saw is stamped when it arrives.

What a lab makes anew at each start stands there as the first, second, ... of its kind: ports, addresses of endpoints, the
lab's name and the fingerprints of its certificates. A number stands for one value and for no other, so nothing that could
differ between two values of a kind is hidden; everything else is written as it is.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from mdelab.model.evidence import STEPS, Connection, Evidence, join

_KINDS = {
    "endpoint": r"127\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.\d+",
    "lab": r"(?<=mdelab simulated )(?:cloud root|interception CA|captive portal) [0-9a-f]{8}",
}
"""Kinds of values that stand inside texts."""


def event_log(records: Iterable[Evidence]) -> list[str]:
    """One line of JSON for each record; times are the tenant's. records: in the order of arrival, of one tenant."""
    number = _Numbers()
    ordered = [record for one in sorted(join(records), key=_began) for record in sorted(one.records, key=_place)]
    return [msgspec.json.encode(_record(record, number)).decode() for record in ordered]


def _began(connection: Connection) -> int:
    """When the client began it: clients are in the lab's own process, so their records come in order."""
    own = [record.id for record in connection.records if record.purpose is not None]
    return min(own, default=connection.id)


def _place(record: Evidence) -> tuple[int, str]:
    return STEPS.index(record.step), record.observer


class _Numbers:
    """Gives each value of a kind a number, in the order in which they come."""

    def __init__(self) -> None:
        self._known: dict[str, dict[object, int]] = {}

    def __call__(self, kind: str, value: object) -> str:
        known = self._known.setdefault(kind, {})
        return f"{kind}-{known.setdefault(value, len(known) + 1)}"


def _record(record: Evidence, number: _Numbers) -> Any:
    plain = msgspec.to_builtins(record)
    for name in ("id", "tenant"):
        plain.pop(name, None)  # the first is the line's number, the second is the same in all
    if record.purpose is None and record.peer is not None:
        plain.pop("at", None)
    return _walk(plain, number)


def _walk(value: Any, number: _Numbers) -> Any:
    match value:
        case {"host": str() as host, "port": int() as port}:
            return [_text(host, number), number("port", (host, port))]
        case dict():
            return {
                name: number("certificate", inner) if name == "leaf_sha256" else _walk(inner, number)
                for name, inner in value.items()
            }
        case (str() as host, int() as port):
            return [_text(host, number), number("port", (host, port))]
        case list() | tuple():
            return [_walk(inner, number) for inner in value]
        case str():
            return _text(value, number)
        case _:
            return value


def _text(text: str, number: _Numbers) -> str:
    for kind, pattern in _KINDS.items():
        text = re.sub(pattern, _numbered(kind, number), text)
    return text


def _numbered(kind: str, number: _Numbers) -> Callable[[re.Match[str]], str]:
    return lambda match: number(kind, match[0])
