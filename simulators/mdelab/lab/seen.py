"""What was seen in a tenant: evidence, connections, the diagnosis, and the two counts of events. Reads only.

Hops deliver late; each answer here waits for what they have not delivered yet.
"""

from mdelab.diagnosis import diagnose
from mdelab.lab.backend import Backend
from mdelab.lab.evidence import EvidenceStore
from mdelab.lab.rooms import Rooms
from mdelab.lab.wire import Accounting, Diagnosis, DiagnosisLine
from mdelab.model.evidence import Connection, Evidence


class Seen:
    """Each question takes a tenant's id or name first; the endpoint "" stands for all."""

    def __init__(self, rooms: Rooms, backend: Backend, evidence: EvidenceStore) -> None:
        self._rooms = rooms
        self._backend = backend
        self._evidence = evidence

    async def evidence(self, name: str, endpoint: str, after: int) -> list[Evidence]:
        await self._backend.flush()
        return self._evidence.of(self._rooms[name].tenant.id, endpoint=self._known(name, endpoint), after=after)

    async def connections(self, name: str, endpoint: str, after: int) -> list[Connection]:
        await self._backend.flush()
        return self._evidence.connections(
            self._rooms[name].tenant.id, endpoint=self._known(name, endpoint), after=after
        )

    async def diagnosis(self, name: str, endpoint: str) -> Diagnosis:
        finding = diagnose(endpoint, await self.connections(name, endpoint, 0))
        return Diagnosis(
            endpoint=endpoint,
            layer=finding.layer,
            cause=finding.cause,
            summary=finding.summary,
            evidence=[DiagnosisLine(observer=observer, text=text) for observer, text in finding.lines],
            fix=finding.fix,
            basis=str(finding.basis),
            source=finding.source,
        )

    async def accounting(self, name: str, endpoint: str) -> Accounting:
        room = self._rooms[name]
        if endpoint:
            devices = [room.device(endpoint)]
            sent, waiting = 0, 0
        else:
            devices = list(room.devices.values())
            sent = room.sent_by_removed + sum(counts.sent for counts in room.fleets.values())
            waiting = sum(counts.waiting for counts in room.fleets.values())
        counts = [await device.counts() for device in devices]
        received, stored, duplicates = await self._backend.accounting(room.tenant, endpoint)
        return Accounting(
            sent=sent + sum(made for made, _ in counts),
            waiting=waiting + sum(left for _, left in counts),
            received=received,
            stored=stored,
            duplicates=duplicates,
        )

    def _known(self, name: str, endpoint: str) -> str:
        """`endpoint`, after a check that it is there."""
        if endpoint:
            self._rooms[name].device(endpoint)
        return endpoint
