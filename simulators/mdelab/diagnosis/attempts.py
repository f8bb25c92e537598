"""What each connection came to, and which connections still tell how the device fares now.

An *attempt* is one connection with its verdict. A device's current attempts are the newest ones: of a channel that the
agent used last by itself the newest; of a channel that a connectivity test used last the newest for each name. What
was repaired since then does not count any more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mdelab.catalogue.services import service_for
from mdelab.model.evidence import OBSERVERS, Connection, Evidence, Purpose
from mdelab.model.trust import Trust

OWN = (Purpose.AGENT, Purpose.TEST)
"""The purposes by which a device is judged; other programs count only where these never tried."""

"""Observers that no client chose as its proxy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One connection, and the record that shows where it failed."""

    connection: Connection
    failed: Evidence | None
    """The first step that went wrong as the client saw it; None when none did."""

    @property
    def name(self) -> str:
        return self.connection.name

    @property
    def channel(self) -> str:
        """The service's channel, `other` for a name outside the catalogue."""
        service = service_for(self.name) if self.name else None
        return service.channel if service else "other"

    @property
    def is_pinned(self) -> bool:
        service = service_for(self.name) if self.name else None
        return service is not None and service.trust is Trust.ROOT_SET


def attempt(connection: Connection) -> Attempt:
    """The verdict on one connection: the client's own, or the other observers' where the client is silent.

    A failed step ends a connection, but a kept one may carry a refused exchange and then a good one: there the last counts.
    """
    own = [record for record in connection.records if record.purpose is not None]
    expects_success = connection.purpose in (Purpose.AGENT, None)
    exchanges = [record for record in own or connection.records if record.step == "http"]
    steps = [record for record in own or connection.records if record.step != "http"]
    failed = next((record for record in steps + exchanges[-1:] if _went_wrong(record, expects_success)), None)
    return Attempt(connection=connection, failed=failed)


def current(connections: Iterable[Connection]) -> list[Attempt]:
    """The attempts that count, the oldest first. Probes never count: they fail on purpose. Nor do fetches of PAC files: what
    came of one is told by the route that followed.

    connections: the oldest first, as `latest` tells.
    """
    every = [
        attempt(connection)
        for connection in connections
        if connection.purpose not in (Purpose.PROBE, Purpose.PAC)
        and not _is_prelude(connection)
        and connection.records[0].step != "device"
    ]
    tried = [one for one in every if one.connection.purpose in OWN] or every
    by_channel: dict[str, list[Attempt]] = {}
    for one in tried:
        by_channel.setdefault(one.channel, []).append(one)
    chosen = [one for attempts in by_channel.values() for one in _newest(attempts)]
    return sorted(chosen, key=lambda one: latest(one.connection))


def latest(connection: Connection) -> int:
    """The id of the last record: a connection that is kept open stays new while it is used."""
    return max((record.id for record in connection.records), default=connection.id)


def hops(connection: Connection) -> list[str]:
    """The observers between the client and the cloud."""
    return [observer for observer in connection.observers if observer not in OBSERVERS]


def route_of(one: Attempt, connections: Sequence[Connection]) -> Evidence | None:
    """The record of the route that the client had chosen when it made this attempt; None when it told none."""
    end = latest(one.connection)
    routes = [
        record
        for connection in connections
        for record in connection.records
        if record.step == "route" and record.name == one.name and record.id <= end
    ]
    return max(routes, key=lambda record: record.id, default=None)


def probe_after(connection: Connection, connections: Sequence[Connection]) -> Connection | None:
    """The agent's second look at the chain that it refused on `connection`."""
    looks = [
        other
        for other in connections
        if other.purpose is Purpose.PROBE
        and other.name == connection.name
        and other.id >= connection.id
        and not _is_prelude(other)
    ]
    return min(looks, key=lambda other: other.id, default=None)


def _newest(attempts: list[Attempt]) -> list[Attempt]:
    """attempts: of one channel, the oldest first."""
    if attempts[-1].connection.purpose is Purpose.AGENT:
        return [attempts[-1]]
    by_name = {one.name: one for one in attempts}
    return list(by_name.values())


def _is_prelude(connection: Connection) -> bool:
    """A route that was chosen, or a name that was found; the connection that follows has records of its own."""
    return all(record.step in ("route", "dns") and not record.error for record in connection.records)


def _went_wrong(record: Evidence, expects_success: bool) -> bool:
    if record.error or record.curl_code:
        return True
    if record.tls is not None and record.tls.outcome != "established":
        return True
    if record.connect_status >= 300:
        return True
    return expects_success and record.http is not None and record.http.status >= 400
