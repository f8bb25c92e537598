"""Collects the records of every observer, says whose they are, and joins them into connections."""

from collections import deque
from collections.abc import Iterator

import msgspec

from mdelab.model.evidence import Connection, Evidence, join
from mdelab.model.tenant import Caller, Directory

KEPT = 20_000
"""Records a tenant; the oldest go first. A scenario makes some hundreds."""


class EvidenceStore:
    """The records of one lab, in the order of their arrival."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._by_tenant: dict[str, deque[Evidence]] = {}
        self._last_id = 0

    def record(self, evidence: Evidence) -> None:
        """Take a record from an observer; the sink that all of them are given. Never raises."""
        caller = self._caller(evidence)
        if caller is not None and caller.tenant.evidence == "failures" and not evidence.error:
            return
        self._last_id += 1
        tenant = evidence.tenant or (caller.tenant.id if caller else "")
        known = msgspec.structs.replace(
            evidence,
            id=self._last_id,
            tenant=tenant,
            endpoint=evidence.endpoint or (caller.endpoint if caller else ""),
            at=evidence.at or (caller.tenant.clock.now() if caller else None),
        )
        self._by_tenant.setdefault(tenant, deque(maxlen=KEPT)).append(known)

    def of(self, tenant_id: str, *, endpoint: str = "", after: int = 0) -> list[Evidence]:
        """The records of a tenant, the oldest first; "" gives those of no tenant, such as the entrance's."""
        return [
            record
            for record in self._by_tenant.get(tenant_id, ())
            if record.id > after and (not endpoint or record.endpoint == endpoint)
        ]

    def connections(self, tenant_id: str, *, endpoint: str = "", after: int = 0) -> list[Connection]:
        return join(self.of(tenant_id, endpoint=endpoint, after=after))

    def forget(self, tenant_id: str) -> None:
        self._by_tenant.pop(tenant_id, None)

    def _caller(self, evidence: Evidence) -> Caller | None:
        for address in _addresses(evidence):
            if caller := self._directory.caller(address):
                return caller
        return None


def _addresses(evidence: Evidence) -> Iterator[str]:
    if evidence.address:
        yield evidence.address
    if evidence.local is not None:
        yield evidence.local[0]
    if evidence.peer is not None:
        yield evidence.peer[0]
