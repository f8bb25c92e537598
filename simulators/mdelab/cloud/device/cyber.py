"""Cyber telemetry: a report is answered after its events are committed, never before."""

from collections.abc import Container

import msgspec

from mdelab.cloud.answer import Answer, refusal, unavailable
from mdelab.cloud.call import Call
from mdelab.cloud.detection.detector import Detector
from mdelab.cloud.device.tokens import identify
from mdelab.cloud.estate import Estates, Traffic
from mdelab.cloud.store import StoreUnavailable
from mdelab.cloud.telemetry import Telemetry
from mdelab.model.channel import Event, Report, Stored

_reports = msgspec.json.Decoder(Report)
_encode = msgspec.json.Encoder().encode


class CyberChannel:
    def __init__(self, estates: Estates, telemetry: Telemetry, detector: Detector) -> None:
        self._estates = estates
        self._telemetry = telemetry
        self._detector = detector

    async def report(self, call: Call) -> Answer:
        identity = identify(self._estates, call)
        if isinstance(identity, Answer):
            return identity
        estate, device = identity
        body = call.body
        try:
            report = _reports.decode(body)
        except (msgspec.DecodeError, RecursionError) as error:
            return refusal(400, "BadRequest", f"the report cannot be read: {error}. Nothing of it was kept.")
        # Only the ids wait for the commit: events that live on cost the garbage collector more than reading some again.
        ids = [event.id for event in report.events]
        del report
        traffic = estate.traffic.get(device.endpoint)
        if traffic is None:
            traffic = estate.traffic[device.endpoint] = Traffic()
        traffic.received += len(ids)
        now = estate.tenant.clock.now()
        try:
            added = await self._telemetry.add(estate.tenant.id, device.endpoint, device.id, now, ids, body)
        except StoreUnavailable as error:
            # Received, and not taken: the sender keeps it and counts it again.
            traffic.received -= len(ids)
            return unavailable(f"{error}. Nothing of the report was kept; send it again.")
        traffic.duplicates += added.duplicates
        device.last_cyber = now
        if added.new and self._detector.may_care(body):
            self._detector.judge(estate, device, _events(body, frozenset(added.new)))
        return Answer(200, _encode(Stored(stored=len(added.new), duplicates=added.duplicates)))


def _events(body: bytes, ids: Container[str]) -> tuple[Event, ...]:
    """The events of a report that have these ids, each id once."""
    return tuple({event.id: event for event in _reports.decode(body).events if event.id in ids}.values())
