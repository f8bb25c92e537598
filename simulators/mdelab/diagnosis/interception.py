"""Whether an endpoint refuses *because of interception*: four things that must hold together.

A refused handshake alone proves nothing, and neither does silence at the hop: the hop must be shown to read what it can
read. So a client that does trust the hop is part of the proof.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mdelab.diagnosis.attempts import OWN, Attempt, attempt, current, hops, latest
from mdelab.diagnosis.match import cloud_issuers, inspected_by
from mdelab.diagnosis.words import clean, listed
from mdelab.model.evidence import Connection, Evidence, Purpose

_CHAIN_VERDICTS = frozenset({18, 19, 20, 21})
"""X509_V_ERR_* that say "I do not know who signed this"; a wrong date or name is another story."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One of the four, with what shows it or what is missing."""

    claim: str
    holds: bool
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Interception:
    """The four facts. Only together do they say "refused because of interception"."""

    presented: Fact
    """The hop presented a chain of the interception CA."""
    broke_off: Fact
    """The agent broke off after it."""
    unread: Fact
    """No application byte of the agent's pinned connections was readable at the hop."""
    control: Fact
    """A client that trusts the hop got through it, and the hop read that."""

    @property
    def facts(self) -> tuple[Fact, Fact, Fact, Fact]:
        return self.presented, self.broke_off, self.unread, self.control

    @property
    def holds(self) -> bool:
        return all(fact.holds for fact in self.facts)

    def __str__(self) -> str:
        return "\n".join(f"{'yes' if fact.holds else 'NO '} {fact.claim}: {fact.evidence}" for fact in self.facts)


def refused_because_of_interception(connections: Sequence[Connection]) -> Interception:
    """Look for the four facts in the connections of one endpoint.

    connections: in any order. Of the agent's own the newest of each channel count, and only on pinned channels: what
    trusts the OS store may well be read where an administrator has put the CA into it.
    """
    ordered = sorted(connections, key=latest)
    now = [one for one in current(ordered) if one.connection.purpose in OWN and one.is_pinned]
    foreign = [(one, record) for one in now if (record := _foreign(one.connection, ordered))]
    hop = foreign[-1][1].observer if foreign else ""
    return Interception(
        presented=_presented(now, foreign),
        broke_off=_broke_off(now, [one for one, _ in foreign]),
        unread=_unread(ordered, {one.connection.id for one in now}),
        control=_control(ordered, hop),
    )


def _foreign(connection: Connection, connections: Sequence[Connection]) -> Evidence | None:
    """The hop's record of the chain that it presented, if that is not the cloud's own."""
    record = inspected_by(connection)
    if record is None or record.tls is None or not record.tls.presented_by:
        return None
    return None if record.tls.presented_by in cloud_issuers(connections) else record


def _presented(now: Sequence[Attempt], foreign: Sequence[tuple[Attempt, Evidence]]) -> Fact:
    claim = "the hop presented a chain of the interception CA"
    if not foreign:
        return Fact(claim=claim, holds=False, evidence=f"no hop did on {_tried(now)}")
    one, record = foreign[-1]
    issuer = record.tls.presented_by if record.tls else ""
    text = f"{clean(record.observer)} showed {clean(one.name)} signed by {clean(issuer)}"
    return Fact(claim=claim, holds=True, evidence=text)


def _broke_off(now: Sequence[Attempt], foreign: Sequence[Attempt]) -> Fact:
    claim = "the agent broke off after it"
    going_on = [one for one in foreign if not _refuses_chain(one)]
    if not foreign:
        return Fact(claim=claim, holds=False, evidence=f"nothing was presented on {_tried(now)}")
    if going_on:
        names = listed([one.name for one in going_on])
        return Fact(claim=claim, holds=False, evidence=f"it did not refuse the chain for {names}")
    failed = foreign[-1].failed
    text = f"{listed([one.name for one in foreign])}: {clean(failed.error) if failed else ''}"
    return Fact(claim=claim, holds=True, evidence=text)


def _refuses_chain(one: Attempt) -> bool:
    """The client rejected the chain, and nothing of its own came after."""
    failed = one.failed
    if failed is None or failed.step != "tls" or failed.tls is None or failed.purpose is None:
        return False
    spoke = any(record.http is not None for record in one.connection.records)
    return failed.tls.outcome == "refused" and failed.tls.verify_code in _CHAIN_VERDICTS and not spoke


def _unread(connections: Sequence[Connection], counted: set[int]) -> Fact:
    claim = "no application byte of the agent was readable at the hop"
    # A probe looks at a chain and sends nothing, so what a hop read on one would be a leak as well.
    agent = [
        one
        for one in connections
        if one.id in counted or (one.purpose is Purpose.PROBE and counted and one.id >= min(counted))
    ]
    read = [f"{observer}: {clean(name)}" for one in agent for observer, name in _read_at_hops(one)]
    if not agent:
        return Fact(claim=claim, holds=False, evidence="the agent made no connection on a pinned channel")
    if read:
        return Fact(claim=claim, holds=False, evidence=f"read at {listed(read)}")
    return Fact(claim=claim, holds=True, evidence=f"none on {len(agent)} connections")


def _control(connections: Sequence[Connection], hop: str) -> Fact:
    claim = "the control client got through"
    clients = [one for one in connections if one.purpose in (Purpose.CLIENT, None)]
    for one in reversed(clients):
        passed = [
            record
            for record in one.records
            if record.http is not None and 200 <= record.http.status < 400 and record.observer in hops(one)
        ]
        if attempt(one).failed is None and passed and hop in ("", passed[-1].observer):
            seen = passed[-1].http
            text = f"{clean(passed[-1].observer)} read {seen.method} {clean(one.name)} {seen.status}" if seen else ""
            return Fact(claim=claim, holds=True, evidence=text)
    where = f" at {clean(hop)}" if hop else ""
    return Fact(claim=claim, holds=False, evidence=f"no other program's exchange was read{where}")


def _read_at_hops(connection: Connection) -> Iterator[tuple[str, str]]:
    between = hops(connection)
    for record in connection.records:
        if record.http is not None and record.observer in between:
            yield record.observer, connection.name


def _tried(now: Sequence[Attempt]) -> str:
    return listed([one.name for one in now]) if now else "the agent's connections: it made none on a pinned channel"
