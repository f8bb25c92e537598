"""The HTTP Archive: valid by the format's own rules, and failed tunnels and handshakes are in it."""

import json
from datetime import UTC, datetime

import jsonschema
import pytest

from mdelab.model.evidence import Connection, Evidence, HttpSeen, Purpose, TlsSeen, join
from mdelab.report.har import har

_PAIRS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name", "value"],
        "properties": {"name": {"type": "string"}, "value": {"type": "string"}},
    },
}
_SIZE = {"type": "integer", "minimum": -1}


def _object(required: dict[str, object], optional: dict[str, object] | None = None) -> dict[str, object]:
    """An object with these names and, as HAR 1.2 allows, others that begin with an underscore."""
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(optional or {})},
        "patternProperties": {"^_": {}},
        "additionalProperties": False,
    }


_TEXT = {"type": "string"}
_EXCHANGE: dict[str, object] = {
    "httpVersion": _TEXT,
    "cookies": _PAIRS,
    "headers": _PAIRS,
    "headersSize": _SIZE,
    "bodySize": _SIZE,
}
_SCHEMA = _object(
    {
        "log": _object(
            {
                "version": {"const": "1.2"},
                "creator": _object({"name": _TEXT, "version": _TEXT}),
                "entries": {
                    "type": "array",
                    "items": _object(
                        {
                            "startedDateTime": {"type": "string", "format": "date-time"},
                            "time": {"type": "number", "minimum": 0},
                            "request": _object(
                                {**_EXCHANGE, "method": _TEXT, "url": {"type": "string"}, "queryString": _PAIRS}
                            ),
                            "response": _object(
                                {
                                    **_EXCHANGE,
                                    "status": {"type": "integer"},
                                    "statusText": _TEXT,
                                    "redirectURL": _TEXT,
                                    "content": _object({"size": {"type": "integer"}, "mimeType": _TEXT}),
                                }
                            ),
                            "cache": _object({}),
                            "timings": _object(
                                {name: {"type": "number", "minimum": -1} for name in ("send", "wait", "receive")}
                            ),
                        },
                        {"connection": _TEXT},
                    ),
                },
            }
        )
    }
)
"""HAR 1.2 as its specification has it, as far as an archive of ours goes."""

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
CLIENT, PROXY, CLOUD, ONWARD = ("127.0.1.1", 4000), ("127.0.2.1", 8080), ("127.0.3.1", 443), ("127.0.1.1", 4001)


def seen(observer: str, step: str, **fields: object) -> Evidence:
    own = {"local": CLIENT, "peer": PROXY, "purpose": Purpose.CLIENT} if observer == "curl" else {"peer": CLIENT}
    return Evidence(observer=observer, step=step, name="x.example", at=AT, **{**own, **fields})  # type: ignore[arg-type]


def archive(*records: Evidence) -> list[dict[str, object]]:
    found: list[Connection] = join(records)
    written = json.loads(har(found))
    jsonschema.Draft202012Validator(_SCHEMA).validate(written)
    entries: list[dict[str, object]] = written["log"]["entries"]
    return entries


REFUSED_TUNNEL = (seen("curl", "tcp"), seen("curl", "tunnel", connect_status=407, error="CONNECT 407", curl_code=56))
BROKEN_HANDSHAKE = (
    seen("curl", "tcp"),
    seen("curl", "tunnel", connect_status=200),
    seen("curl", "tls", tls=TlsSeen(outcome="refused"), error="unknown ca\x1b[31m", curl_code=60),
)
UNKNOWN_NAME = (seen("curl", "dns", local=None, peer=None, error="NXDOMAIN", curl_code=6),)


@pytest.mark.parametrize(
    ("records", "status", "text", "reached", "code"),
    [
        (REFUSED_TUNNEL, 407, "CONNECT 407", "tunnel", 56),
        (BROKEN_HANDSHAKE, 0, "unknown ca\x1b[31m", "tls", 60),
        (UNKNOWN_NAME, 0, "NXDOMAIN", "dns", 6),
    ],
    ids=["tunnel", "handshake", "name"],
)
def test_a_connection_that_came_to_no_exchange_is_kept(
    records: tuple[Evidence, ...], status: int, text: str, reached: str, code: int
) -> None:
    (entry,) = archive(*records)
    request, response, own = entry["request"], entry["response"], entry["_mdelab"]
    assert isinstance(request, dict)
    assert isinstance(response, dict)
    assert isinstance(own, dict)
    assert (request["method"], request["url"]) == ("CONNECT", "https://x.example/")
    assert (response["status"], response["statusText"]) == (status, text)
    assert (own["reached"], own["curl_code"], len(own["records"])) == (reached, code, len(records))


def test_an_exchange_that_several_saw_is_one_entry_with_its_query() -> None:
    exchange = HttpSeen(method="GET", path="/a?b=c&d=", status=404)
    (entry,) = archive(
        seen("curl", "tcp"),
        seen("curl", "tls", tls=TlsSeen(outcome="established")),
        seen("cloud", "http", http=exchange),
        seen("curl", "http", http=exchange),
    )
    request, response = entry["request"], entry["response"]
    assert isinstance(request, dict)
    assert isinstance(response, dict)
    assert (request["method"], request["url"]) == ("GET", "https://x.example/a?b=c&d=")
    assert request["queryString"] == [{"name": "b", "value": "c"}, {"name": "d", "value": ""}]
    assert (response["status"], response["statusText"]) == (404, "Not Found")
    assert entry["startedDateTime"] == "2026-01-05T09:00:00Z"


def test_a_plain_exchange_has_a_plain_url() -> None:
    (entry,) = archive(seen("curl", "tcp"), seen("curl", "http", http=HttpSeen(method="GET", path="/crl", status=200)))
    request = entry["request"]
    assert isinstance(request, dict)
    assert request["url"] == "http://x.example/crl"


def test_no_connections_are_an_archive_too() -> None:
    assert archive() == []
