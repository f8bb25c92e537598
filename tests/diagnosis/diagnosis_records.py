"""Builds the records that the observers of one connection would write, and joins them as the lab does."""

import itertools
from collections.abc import Sequence

import msgspec

from mdelab.model.evidence import Connection, Evidence, HttpSeen, Purpose, Step, TlsSeen, join
from mdelab.model.route import PassedOver, Route, Way

CLOUD_ISSUER = "mdelab simulated cloud root 7f3"
CORP_ISSUER = "Contoso Inspection CA"
C2 = "winatp-gw-weu.microsoft.com"
CYBER = "eu-v20.events.data.microsoft.com"
MAPS = "x.cp.wd.microsoft.com"
CRL = "crl.microsoft.com"
CDN = "cdn.x.cp.wd.microsoft.com"
ENDPOINT = "lin-1"
PROXY = ("127.0.0.1", 3128)
CLOUD = ("127.0.0.1", 443)


class Story:
    """What happened to one endpoint, in order. Every method adds one connection and returns the story."""

    def __init__(self) -> None:
        self.records: list[Evidence] = []
        self._ports = itertools.count(40000)
        self._ids = itertools.count(1)

    def connections(self) -> list[Connection]:
        return join(self.records)

    def add(self, records: Sequence[Evidence]) -> "Story":
        for record in records:
            self.records.append(msgspec.structs.replace(record, id=next(self._ids), endpoint=ENDPOINT))
        return self

    def told(self, observer: str, error: str) -> "Story":
        """The device itself, or what it runs on, says that it does not run; "" for that it runs again."""
        return self.add([Evidence(observer=observer, step="device", error=error, address="127.1.0.1")])

    def unresolved(self, name: str, error: str, curl_code: int = 6, purpose: Purpose = Purpose.AGENT) -> "Story":
        server = Evidence(observer="dns", step="dns", name=name, error=error, address="127.1.0.1")
        text = error if "resol" in error.lower() else f"Could not resolve host: {name}"
        client = Evidence(observer="agent", step="dns", name=name, error=text, curl_code=curl_code, purpose=purpose)
        return self.add([server, client])

    def routed(self, name: str, *reasons: str, error: str = "", curl: int = 0) -> "Story":
        """The client decided to go direct, because of `reasons` for which other settings were passed over."""
        over = tuple(PassedOver(source="pac", reason=reason, text=f"why {reason}", code=308) for reason in reasons)
        ways = () if error else (Way(proxy=None, source="none"),)
        route = Route(source="none", ways=ways, passed_over=over)
        record = Evidence(observer="agent", step="route", name=name, route=route, error=error, curl_code=curl)
        return self.add([msgspec.structs.replace(record, purpose=Purpose.AGENT)])

    def direct(self, name: str, *tail: Evidence, purpose: Purpose = Purpose.AGENT) -> "Story":
        """A connection without a proxy; `tail` are the records after the name was found, without their addresses."""
        own = ("127.1.0.1", next(self._ports))
        found = Evidence(observer="agent", step="dns", name=name, purpose=purpose)
        return self.add([found, *(_place(record, own, CLOUD, own, name, purpose) for record in tail)])

    def proxied(self, name: str, *tail: Evidence, purpose: Purpose = Purpose.AGENT) -> "Story":
        """A connection through `corp-proxy`; records of the hop and the cloud are told by their observer."""
        own = ("127.1.0.1", next(self._ports))
        onward = ("127.1.0.1", next(self._ports))
        return self.add([_place(record, own, PROXY, onward, name, purpose) for record in tail])

    def intercepted(
        self, name: str, *, purpose: Purpose = Purpose.AGENT, verify_code: int = 20, hop: str = "corp-proxy"
    ) -> "Story":
        """The hop shows its own chain, the client refuses, and looks again at what it was shown."""
        shown = tls(CORP_ISSUER, observer=hop, outcome="refused", alert="unknown ca")
        refused = tls(
            outcome="refused", verify_code=verify_code, error="unable to get local issuer certificate", curl=60
        )
        self.proxied(name, tcp(), tunnel(200), tunnel(200, observer=hop), shown, refused, purpose=purpose)
        look = tls(CORP_ISSUER)
        return self.proxied(
            name,
            tcp(),
            tunnel(200),
            tunnel(200, observer=hop),
            tls(CORP_ISSUER, observer=hop, outcome="broken"),
            look,
            purpose=Purpose.PROBE,
        )

    def exempted(self, name: str, *, purpose: Purpose = Purpose.AGENT, hop: str = "corp-proxy") -> "Story":
        """The hop passes the connection on unread and the cloud answers."""
        return self.proxied(
            name,
            tcp(),
            tunnel(200),
            tunnel(200, observer=hop),
            tls(CLOUD_ISSUER, observer="cloud"),
            tls(CLOUD_ISSUER),
            http(200, observer="cloud"),
            http(200),
            purpose=purpose,
        )

    def read_at_hop(self, name: str, *, purpose: Purpose | None = Purpose.CLIENT, hop: str = "corp-proxy") -> "Story":
        """A client that trusts the hop's CA: the hop reads the exchange."""
        own = [tcp(), tunnel(200), tls(CORP_ISSUER), http(200)] if purpose else []
        seen = [
            tunnel(200, observer=hop),
            tls(CORP_ISSUER, observer=hop),
            tls(CLOUD_ISSUER, observer="cloud"),
            http(200, observer=hop),
            http(200, observer="cloud"),
        ]
        return self.proxied(name, *own, *seen, purpose=purpose or Purpose.CLIENT)


def tcp(error: str = "", curl: int = 0) -> Evidence:
    return Evidence(observer="agent", step="tcp", error=error, curl_code=curl)


def tunnel(status: int, *, observer: str = "agent", error: str = "", curl: int = 0) -> Evidence:
    return Evidence(observer=observer, step="tunnel", connect_status=status, error=error, curl_code=curl)


def tls(
    issuer: str = "",
    *,
    observer: str = "agent",
    outcome: str = "established",
    verify_code: int = 0,
    alert: str = "",
    error: str = "",
    curl: int = 0,
) -> Evidence:
    seen = msgspec.convert(
        {"outcome": outcome, "verify_code": verify_code, "alert": alert, "presented_by": issuer}, TlsSeen
    )
    return Evidence(observer=observer, step="tls", tls=seen, error=error, curl_code=curl)


def http(status: int, *, observer: str = "agent", error: str = "", curl: int = 0) -> Evidence:
    seen = HttpSeen(method="GET", path="/ping", status=status)
    return Evidence(observer=observer, step="http", http=seen, error=error, curl_code=curl)


def step(name: Step, error: str, curl: int = 0) -> Evidence:
    return Evidence(observer="agent", step=name, error=error, curl_code=curl)


def _place(
    record: Evidence,
    own: tuple[str, int],
    far: tuple[str, int],
    onward: tuple[str, int],
    name: str,
    purpose: Purpose,
) -> Evidence:
    """The record with the addresses that its observer would write."""
    change = msgspec.structs.replace
    if record.observer == "agent":
        who = "curl" if purpose is Purpose.CLIENT else "agent"
        return change(record, observer=who, local=own, peer=far, name=name, purpose=purpose)
    if record.observer == "cloud":
        return change(record, local=CLOUD, peer=onward, name=name)
    return change(record, local=far, peer=own, onward=(onward, CLOUD), name=name)
