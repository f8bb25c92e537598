"""What curl says about its own transfers, and the evidence made of it.

curl is asked by `--write-out` for a line on stderr after each transfer; the user's own `-w` follows it. The line tells of the
transfer's last connection: of a chain of redirects only the end is curl's evidence (hops and cloud saw the rest).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from mdelab.model.evidence import Evidence, HttpSeen, Purpose, Step, TlsSeen
from mdelab.model.work import Address

_MARK = "\x1e"
_SEPARATOR = "\x1f"
_FIELDS = (
    "local_ip",
    "local_port",
    "remote_ip",
    "remote_port",
    "http_connect",
    "http_code",
    "ssl_verify_result",
    "exitcode",
    "num_connects",
    "time_appconnect",
    "method",
    "url_effective",
    "errormsg",
)
_LINE = re.compile(f"{_MARK}([^{_MARK}]*){_MARK}")

WRITE_OUT = "%{stderr}" + _MARK + _SEPARATOR.join(f"%{{{name}}}" for name in _FIELDS) + _MARK + "%{stdout}"
"""Goes before the user's own text, which may end in `%{onerror}`."""

_TLS_CODES = (35, 51, 58, 59, 60, 66, 77, 80, 82, 83, 90, 91)
"""curl's exit codes that belong to the handshake."""
_REFUSED_CODES = (51, 60, 90)
"""Those in which curl turned the server's certificate down."""
_UNRESOLVED_CODES = (5, 6)
_LOCAL_CODES = (1, 2, 3, 4, 23, 26, 27, 43)
"""Those that are no fault of the network: a wrong URL, a file that cannot be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One URL as curl ended it."""

    local: Address | None
    """None when no connection was made."""
    remote: Address | None
    connect_status: int
    status: int
    verify_code: int
    exit_code: int
    is_new_connection: bool
    has_handshake: bool
    """Whether a TLS handshake was completed."""
    method: str
    url: str
    error: str


def take_transfers(stderr: str) -> tuple[str, list[Transfer]]:
    """Split curl's stderr into what the user sees and the lines that were asked for."""
    return _LINE.sub("", stderr), [_transfer(match[1].split(_SEPARATOR)) for match in _LINE.finditer(stderr)]


def _transfer(values: list[str]) -> Transfer:
    said = dict(zip(_FIELDS, values, strict=True))
    return Transfer(
        local=_address(said["local_ip"], said["local_port"]),
        remote=_address(said["remote_ip"], said["remote_port"]),
        connect_status=int(said["http_connect"]),
        status=int(said["http_code"]),
        verify_code=int(said["ssl_verify_result"]),
        exit_code=int(said["exitcode"]),
        is_new_connection=int(said["num_connects"]) > 0,
        has_handshake=float(said["time_appconnect"]) > 0,
        method=said["method"],
        url=said["url_effective"],
        error=said["errormsg"],
    )


def _address(ip: str, port: str) -> Address | None:
    return (ip, int(port)) if ip and int(port) > 0 else None


def evidence(transfer: Transfer, *, address: str, is_proxied: bool) -> Iterator[Evidence]:
    """The records of one transfer, in the order of the wire; the last one carries the failure. None for one that never began.

    address: the endpoint's, for records without a socket. is_proxied: whether it went through a proxy.
    """
    if transfer.local is None and transfer.exit_code in _LOCAL_CODES:
        return
    parts = urlsplit(transfer.url if "://" in transfer.url else f"http://{transfer.url}")
    is_secure = parts.scheme.lower() == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    failing = _failing_step(transfer, is_proxied=is_proxied, is_secure=is_secure)
    seen = _seen(transfer, failing, is_proxied=is_proxied, is_secure=is_secure)
    for step in seen:
        has_failed = step == failing
        yield Evidence(
            observer="curl",
            step=step,
            local=transfer.local,
            peer=transfer.remote,
            name=parts.hostname or "",
            purpose=Purpose.CLIENT,
            connect_status=transfer.connect_status if step == "tunnel" else 0,
            tls=_tls(transfer, parts.hostname or "", has_failed=has_failed) if step == "tls" else None,
            http=HttpSeen(method=transfer.method, path=path, status=transfer.status) if step == "http" else None,
            error=transfer.error if has_failed else "",
            curl_code=transfer.exit_code if has_failed else 0,
            address="" if transfer.local else address,
        )


def _failing_step(transfer: Transfer, *, is_proxied: bool, is_secure: bool) -> Step | None:
    if transfer.exit_code == 0 or transfer.exit_code in _LOCAL_CODES:
        return None
    if transfer.exit_code in _UNRESOLVED_CODES:
        return "dns"
    if transfer.local is None:
        return "tcp"
    if is_secure and is_proxied and not 200 <= transfer.connect_status < 300:
        return "tunnel"
    is_open = transfer.has_handshake or not transfer.is_new_connection
    if is_secure and (transfer.exit_code in _TLS_CODES or not is_open):
        return "tls"
    return "http"


def _seen(transfer: Transfer, failing: Step | None, *, is_proxied: bool, is_secure: bool) -> list[Step]:
    """The steps that took place, up to the failing one."""
    if failing == "dns":
        return ["dns"]
    wire: list[Step] = ["tcp"]
    if is_secure and is_proxied:
        wire.append("tunnel")
    if is_secure:
        wire.append("tls")
    wire.append("http")
    if not transfer.is_new_connection and transfer.local is not None:
        # curl used a connection again, whose steps an earlier transfer has told.
        wire = ["http"]
    return wire[: wire.index(failing) + 1] if failing in wire else wire


def _tls(transfer: Transfer, name: str, *, has_failed: bool) -> TlsSeen:
    if not has_failed:
        return TlsSeen(outcome="established", sni=name)
    is_refusal = transfer.exit_code in _REFUSED_CODES
    return TlsSeen(
        outcome="refused" if is_refusal else "broken",
        sni=name,
        verify_code=transfer.verify_code if is_refusal else 0,
        verify_text=transfer.error if is_refusal else "",
    )
