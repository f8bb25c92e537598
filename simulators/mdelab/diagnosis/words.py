"""Evidence in words: one line for each record. What came from a peer is made harmless for a terminal."""

from collections.abc import Collection

from mdelab.model.evidence import Evidence
from mdelab.model.route import PassedOver

_LONGEST = 160
"""A line of a diagnosis; a peer's error text may be of any length."""


def clean(text: str) -> str:
    """`text` on one line, with control characters shown as escapes."""
    shown = "".join(char if char.isprintable() else char.encode("unicode_escape", "replace").decode() for char in text)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 3]}..."


def listed(names: Collection[str], most: int = 4) -> str:
    """Names with commas; of many the first and how many more."""
    shown = [clean(name) or "no name" for name in list(names)[:most]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def line(record: Evidence) -> tuple[str, str]:
    """(observer, what it saw) of one record."""
    return clean(record.observer), clean(f"{record.step} {record.name}: {_outcome(record)}")


def _outcome(record: Evidence) -> str:
    parts: list[str] = []
    if record.route is not None:
        parts.append(" then ".join(f"{way} by {way.source}" for way in record.route.ways))
        parts += [f"{one.source} passed over: {_with_code(one)}" for one in record.route.passed_over]
    if record.connect_status:
        parts.append(f"CONNECT answered {record.connect_status}")
    if record.tls is not None:
        tls = record.tls
        parts.append(f"handshake {tls.outcome}")
        parts += [f"issuer {tls.presented_by}"] if tls.presented_by else []
        parts += [f"{tls.verify_text or 'refused'} ({tls.verify_code})"] if tls.verify_code else []
        parts += [f"alert {tls.alert}"] if tls.alert else []
    if record.http is not None:
        parts.append(f"{record.http.method} {record.http.path} {record.http.status or 'without an answer'}")
    if record.error:
        parts.append(record.error)
    if record.curl_code:
        parts.append(f"curl {record.curl_code}")
    return ", ".join(part for part in parts if part) or "ok"


def _with_code(one: PassedOver) -> str:
    return f"{one.text} ({one.code})" if one.code else one.text
