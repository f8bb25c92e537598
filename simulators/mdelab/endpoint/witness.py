"""The agent's evidence: one record for each step of a connection, and for the step at which one failed."""

from datetime import timedelta

from mdelab.catalogue import timing
from mdelab.endpoint.attempt import Progress, Stopped, Target
from mdelab.endpoint.outcome import Failure
from mdelab.endpoint.wire import Wire
from mdelab.model.attachment import Attachment
from mdelab.model.evidence import Evidence, EvidenceSink, HttpSeen, Purpose, Step, TlsSeen
from mdelab.model.route import Route
from mdelab.model.tenant import Tenant
from mdelab.model.work import Address


class Witness:
    """Writes down what one device's agent saw; only failures, where the tenant wants no more."""

    __slots__ = ("_attachment", "_name", "_sink", "_tenant")

    def __init__(self, *, name: str, tenant: Tenant, attachment: Attachment, sink: EvidenceSink) -> None:
        self._name = name
        self._tenant = tenant
        self._attachment = attachment
        self._sink = sink

    def record(
        self,
        step: Step,
        purpose: Purpose,
        *,
        name: str,
        wire: Wire | None = None,
        ends: tuple[Address, Address] | None = None,
        connect_status: int = 0,
        tls: TlsSeen | None = None,
        http: HttpSeen | None = None,
        route: Route | None = None,
        error: str = "",
        curl_code: int = 0,
    ) -> None:
        if not error and self._tenant.evidence == "failures":
            return
        if wire is not None:
            ends = wire.ends
        self._sink(
            Evidence(
                observer="agent",
                step=step,
                local=ends[0] if ends else None,
                peer=ends[1] if ends else None,
                name=name,
                purpose=purpose,
                connect_status=connect_status,
                tls=tls,
                http=http,
                route=route,
                error=error,
                curl_code=curl_code,
                address=self._attachment.address,
                tenant=self._tenant.id,
                endpoint=self._name,
                at=self._tenant.clock.now(),
            )
        )

    def stop(self, target: Target, failure: Failure, wire: Wire | None = None, tls: TlsSeen | None = None) -> Stopped:
        """Record a failure; what is to be raised for it."""
        self.record(
            failure.step,
            target.purpose,
            name=target.host,
            wire=wire,
            tls=tls,
            connect_status=failure.connect_status,
            error=failure.text,
            curl_code=failure.curl_code,
        )
        return Stopped(failure)

    def time_out(self, progress: Progress, purpose: Purpose, limit: timedelta | None = None) -> Failure:
        """Record that the time has passed at the step that `progress` names. limit: None for that of a request."""
        waited_ms = round((limit or timing().after("request_timeout")).total_seconds()) * 1000
        text = {
            "dns": f"Resolving timed out after {waited_ms} milliseconds",
            "http": f"Operation timed out after {waited_ms} milliseconds with 0 bytes received",
        }.get(progress.step, f"Connection timed out after {waited_ms} milliseconds")
        self.record(progress.step, purpose, name=progress.host, ends=progress.ends, error=text, curl_code=28)
        return Failure(progress.step, 28, text)
