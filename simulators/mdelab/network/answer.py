"""The answers that a proxy gives by itself: refusals and demands for credentials."""

import base64
import binascii
import secrets

from mdelab.catalogue.challenges import challenge
from mdelab.model.names import matches
from mdelab.model.tenant import HopPolicy

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"

REALM = "mdelab proxy"

_REASONS = {
    302: "Found",
    400: "Bad Request",
    403: "Forbidden",
    405: "Method Not Allowed",
    407: "Proxy Authentication Required",
    429: "Too Many Requests",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


def refusal(status: int, text: str, *, lab_id: str = "", fields: tuple[tuple[str, str], ...] = ()) -> bytes:
    """A whole answer after which the proxy closes.

    text: the body, for people. lab_id: the mark `X-Mdelab`, so that nobody takes the lab for the real thing.
    """
    body = f"{text}\n".encode()
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Refused')}"]
    lines += [f"{name}: {value}" for name, value in fields]
    if lab_id:
        lines.append(f"X-Mdelab: {lab_id}")
    lines += ["Content-Type: text/plain; charset=utf-8", f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def demand(scheme: str) -> str:
    """The value of `Proxy-Authenticate` for a scheme as `HopPolicy.auth` names it, with a fresh nonce."""
    return challenge(scheme).value.format(realm=REALM, nonce=secrets.token_hex(16))


def is_authenticated(policy: HopPolicy, authorization: str) -> bool:
    """Whether a client may pass the hop's authentication.

    authorization: the field `Proxy-Authorization`. Any well-formed Basic credentials will do: the lab has no proxy
    users. The other schemes never succeed, since the Defender client has no answer to them.
    """
    if not policy.auth:
        return True
    scheme, _, credentials = authorization.partition(" ")
    if policy.auth != "basic" or scheme.lower() != "basic":
        return False
    try:
        return b":" in base64.b64decode(credentials.strip(), validate=True)
    except binascii.Error:
        return False


def refused_status(policy: HopPolicy, host: str) -> int:
    """The status with which the hop refuses `host`; 0 when it lets it pass. Exact names win over patterns."""
    rows = [(pattern, status) for pattern, status in policy.refuse.items() if matches(pattern, host)]
    return max(rows, key=lambda row: (not row[0].startswith("*"), len(row[0])), default=("", 0))[1]
