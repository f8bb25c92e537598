"""Which row of the symptom catalogue fits a failed attempt."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mdelab.catalogue.symptoms import Others, Presenter, Symptom, When, symptom, symptoms
from mdelab.diagnosis.attempts import Attempt, hops, probe_after, route_of
from mdelab.model.evidence import STEPS, Connection, Evidence, Purpose, Step
from mdelab.model.route import PassedOver

_DIALLED = re.compile(r"connect to (\S+) port")
"""In a client's words about a connection that failed: the host that it dialled, which is the proxy where one is set."""

_NO_FAULT = ("weaker", "nothing-announced", "unspoken")
"""Reasons for which a setting is passed over as it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything that a row may ask about one failed attempt."""

    failed: Evidence
    at_step: tuple[Evidence, ...]
    """What every observer wrote about the step that failed."""
    presenter: Presenter | None
    issuer: str
    """The issuer's name on the certificate that was shown, "" when nobody read it."""
    hop: str
    """The hop that acted, "" on a direct route."""
    is_proxied: bool
    channel: str
    others: frozenset[Others]
    passed_over: tuple[PassedOver, ...]
    """The settings that the route did not follow, with what is wrong with them."""


def scene(failing: Attempt, attempts: Sequence[Attempt], connections: Sequence[Connection]) -> Scene:
    """Put together what the records say about `failing`.

    attempts: the current ones, `failing` among them. connections: all of the device, for probes and the cloud's issuers.
    Raises ValueError when `failing` did not fail.
    """
    failed = failing.failed
    if failed is None:
        raise ValueError(f"the connection to {failing.name!r} did not fail")
    probe = probe_after(failing.connection, connections) if failed.step == "tls" else None
    looks = [failing.connection] + ([probe] if probe else [])
    asked = reports(failing, connections)
    presenter, issuer = _presenter(looks, connections)
    between = hops(failing.connection)
    return Scene(
        failed=failed,
        at_step=tuple(
            record for look in [failing.connection, *asked] for record in look.records if record.step == failed.step
        ),
        presenter=presenter if failed.step == "tls" else None,
        issuer=issuer,
        hop=between[0] if between else "",
        is_proxied=bool(between) or _mentions_proxy(failing, connections),
        channel=failing.channel,
        others=_others(failing, failed.step, attempts) | _redirected(connections),
        passed_over=wrongs(route_of(failing, connections)),
    )


def cause(seen: Scene) -> Symptom:
    """The first row that fits. Every step has a last row that fits anything, so there is always one."""
    return next(
        (row for row in symptoms() if any(_fits(when, seen) for when in row.when)),
        symptom(f"{seen.failed.step}-failed" if seen.failed.step in ("tcp", "tls", "http") else "http-failed"),
    )


def standing(records: Sequence[Evidence]) -> tuple[Evidence, Symptom] | None:
    """Why the device, or its client, does not run now, and its row; None when both run, for all that was told.

    records: of the device, the oldest first.
    """
    newest = {record.observer: record for record in records if record.step == "device"}
    for record in newest.values():
        row = next((row for row in symptoms() if any(_is_about(when, record) for when in row.when)), None)
        if record.error and row is not None:
            return record, row
    return None


def _is_about(when: When, record: Evidence) -> bool:
    return when.step == record.step and any(part in record.error.lower() for part in when.says)


def wrongs(record: Evidence | None) -> tuple[PassedOver, ...]:
    """What a route did not follow because something is wrong with it; a stronger setting is no wrong."""
    route = record.route if record is not None else None
    return tuple(one for one in route.passed_over if one.reason not in _NO_FAULT) if route else ()


def inspected_by(connection: Connection) -> Evidence | None:
    """The record with which a hop says that it ended TLS itself; None when no hop read the connection."""
    between = hops(connection)
    return next((one for one in connection.records if one.observer in between and one.tls is not None), None)


def reports(failing: Attempt, connections: Sequence[Connection]) -> list[Connection]:
    """What somebody wrote of the step that failed without a socket of it: the DNS server of a name, a firewall of a request.

    The client knows only that nothing came of it.
    """
    return [
        one
        for one in connections
        if one.name == failing.name
        and failing.failed is not None
        and all(record.step == failing.failed.step and record.purpose is None for record in one.records)
        and all(record.local is None and record.peer is None for record in one.records)
    ][-1:]


def _fits(when: When, seen: Scene) -> bool:
    failed = seen.failed
    statuses = {record.connect_status for record in seen.at_step}
    answers = {record.http.status for record in (failed, *seen.at_step) if record.http is not None}
    codes = {record.tls.verify_code for record in (failed, *seen.at_step) if record.tls is not None}
    alerts = {record.tls.alert for record in (failed, *seen.at_step) if record.tls is not None}
    words = " ".join(_words(record) for record in (failed, *seen.at_step)).lower()
    return (
        when.step == failed.step
        and (not when.curl_code or failed.curl_code in when.curl_code)
        and (not when.verify_code or not codes.isdisjoint(when.verify_code))
        and (not when.connect_status or not statuses.isdisjoint(when.connect_status))
        and (not when.http_status or not answers.isdisjoint(when.http_status))
        and (not when.alert or not alerts.isdisjoint(when.alert))
        and (not when.says or any(part in words for part in when.says))
        and (when.presented_by is None or when.presented_by == seen.presenter)
        and (when.route is None or when.route == ("proxy" if seen.is_proxied else "direct"))
        and (not when.passed_over or any(one.reason in when.passed_over for one in seen.passed_over))
        and (when.others is None or when.others in seen.others)
        and (not when.channel or seen.channel in when.channel)
    )


def _words(record: Evidence) -> str:
    return f"{record.error} {record.tls.verify_text if record.tls else ''}"


def _presenter(looks: Sequence[Connection], connections: Sequence[Connection]) -> tuple[Presenter | None, str]:
    """Who showed the certificate on these connections, and the issuer's name on it.

    A hop that inspects says so itself. Without one, the issuer decides: the cloud's own, or somebody else's.
    """
    for look in looks:
        record = inspected_by(look)
        if record is not None and record.tls is not None:
            return "hop", record.tls.presented_by or _issuer(look)
    issuer = next((found for look in looks if (found := _issuer(look))), "")
    if not issuer:
        return None, ""
    return ("cloud" if issuer in cloud_issuers(connections) else "stranger"), issuer


def _issuer(connection: Connection) -> str:
    return next((one.tls.presented_by for one in connection.records if one.tls and one.tls.presented_by), "")


def cloud_issuers(connections: Sequence[Connection]) -> set[str]:
    """The issuers on the certificates that came from the cloud: what it says that it showed, and what clients read on
    connections that reached it without a hop ending TLS in between.
    """
    issuers: set[str] = set()
    for connection in connections:
        seen = [(record.observer, record.tls) for record in connection.records if record.tls is not None]
        issuers |= {tls.presented_by for observer, tls in seen if observer == "cloud"}
        if any(observer == "cloud" for observer, _ in seen) and inspected_by(connection) is None:
            issuers |= {tls.presented_by for _, tls in seen}
    return issuers - {""}


def _mentions_proxy(failing: Attempt, connections: Sequence[Connection]) -> bool:
    """Whether a route that ended before any hop could see it was to go through a proxy.

    The client says so, or names another host than the one it wants, or dialled where its other tunnels began.
    """
    records = [record for record in failing.connection.records if record.purpose is not None]
    words = " ".join(record.error for record in records).lower()
    if any(record.step == "tunnel" for record in records) or "proxy" in words:
        return True
    dialled_host = _DIALLED.search(words)
    if dialled_host is not None:
        return dialled_host[1] != failing.name.lower()
    dialled = {record.peer for record in records if record.step == "tcp" and record.peer}
    tunnels = {
        record.peer
        for connection in connections
        for record in connection.records
        if record.step == "tunnel" and record.purpose is not None and record.peer
    }
    return not dialled.isdisjoint(tunnels)


def _others(failing: Attempt, step: Step, attempts: Sequence[Attempt]) -> frozenset[Others]:
    rest = [one for one in attempts if one.name != failing.name]
    found: set[Others] = set()
    if rest and all(one.failed is not None and one.failed.step == step for one in rest):
        found.add("fail")
    if any(one.failed is None or STEPS.index(one.failed.step) > STEPS.index(step) for one in rest):
        found.add("pass")
    between = set(hops(failing.connection))
    if any(
        one.failed is None and between.intersection(hops(one.connection)) and inspected_by(one.connection) is None
        for one in rest
    ):
        found.add("unread")
    return frozenset(found)


def _redirected(connections: Sequence[Connection]) -> frozenset[Others]:
    """Whether somebody on the way answered a request by himself with a redirect, as a captive portal does."""
    portals = [
        record
        for connection in connections
        if connection.purpose is not Purpose.PAC and "cloud" not in connection.observers
        for record in connection.records
        if record.http is not None and 300 <= record.http.status < 400
    ]
    return frozenset({"redirected"}) if portals else frozenset()
