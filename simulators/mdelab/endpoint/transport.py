"""The agent's own way to the network: one request and its answer, over a kept connection or a new one.

How a connection is made is `mdelab.endpoint.connector`, which ones are kept `mdelab.endpoint.pool`, the evidence of it all
`mdelab.endpoint.witness`; what to ask for is `mdelab.endpoint.agent`'s affair.
"""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

from mdelab.catalogue import timing
from mdelab.endpoint import dns
from mdelab.endpoint.attempt import Progress, Stopped, Target
from mdelab.endpoint.connector import USER_AGENT, Connector
from mdelab.endpoint.deadline import Deadline
from mdelab.endpoint.exchange import Exchange, request_bytes
from mdelab.endpoint.outcome import Failure, Reply
from mdelab.endpoint.pool import Pool
from mdelab.endpoint.wire import Wire
from mdelab.endpoint.witness import Witness
from mdelab.model.attachment import Attachment
from mdelab.model.evidence import EvidenceSink, HttpSeen, Purpose
from mdelab.model.proxy import Proxy
from mdelab.model.tenant import Tenant
from mdelab.model.trust import Trust
from mdelab.model.work import Item

__all__ = ["Failure", "Reply", "Transport"]


class Transport:
    """One device's requests."""

    __slots__ = ("_attachment", "_connector", "_name", "_pool", "_proxy", "_roots", "_tenant", "_witness")

    def __init__(
        self,
        *,
        name: str,
        tenant: Tenant,
        attachment: Attachment,
        sink: EvidenceSink,
        proxy: Callable[[], Proxy | None],
        roots: Callable[[Trust], bytes],
        skew: Callable[[], timedelta] = timedelta,
        most_idle: int = 4,
    ) -> None:
        """proxy, roots, skew: asked anew for each connection: the way, the PEM that a trust means, the clock's error.

        most_idle: connections that are kept for the next request.
        """
        self._name = name
        self._tenant = tenant
        self._attachment = attachment
        self._proxy = proxy
        self._roots = roots
        self._pool = Pool(most_idle)
        self._witness = Witness(name=name, tenant=tenant, attachment=attachment, sink=sink)
        self._connector = Connector(attachment=attachment, pool=self._pool, witness=self._witness, skew=skew)

    async def request(
        self,
        method: str,
        url: str,
        *,
        purpose: Purpose,
        trust: Trust,
        item: Item,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> Reply | Failure:
        """One request, no redirects followed.

        item: of the tenant's work; its `client` follows the connection that is waited on. Never raises for what the
        network does. Failures are recorded as evidence.
        """
        parts = urlsplit(url)
        host = parts.hostname or ""
        plain = parts.scheme == "http"
        default_port = 80 if plain else 443
        trust = Trust.PLAIN if plain else trust
        progress = Progress(host)
        try:
            target = Target(host, parts.port or default_port, trust, self._roots(trust), self._proxy(), purpose)
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            shown = host if target.port == default_port else f"{host}:{target.port}"
            packet = request_bytes(method, path, {"Host": shown, "User-Agent": USER_AGENT, **(headers or {})}, body)
            async with Deadline(self._tenant.clock, timing().after("request_timeout"), f"{self._name}: {method} {url}"):
                return await self._send(target, method, path, packet, item, progress)
        except Stopped as stopped:
            return stopped.failure
        except TimeoutError:
            return self._witness.time_out(progress, purpose)
        finally:
            item.client = None

    async def resolve(self, name: str) -> str | None:
        """Ask the device's DNS server; None when there is no address, or no answer within the time of a request."""
        try:
            async with Deadline(self._tenant.clock, timing().after("request_timeout"), f"{self._name}: name {name}"):
                return await dns.resolve(name, source=self._attachment.address, resolver=self._attachment.resolver)
        except TimeoutError:
            return None

    def drop_idle(self) -> None:
        """Close the connections that are kept for a next request."""
        self._pool.drop_idle()

    async def close(self) -> None:
        """Close every connection and wait until they are gone."""
        await self._pool.close()

    async def _send(
        self, target: Target, method: str, path: str, packet: bytes, item: Item, progress: Progress
    ) -> Reply | Failure:
        wire: Wire | None = self._pool.take(target)
        was_used = wire is not None
        while True:
            if wire is None:
                wire = await self._connector.connect(target, item, progress)
            progress.at("http", wire)
            item.client = wire.local
            exchange = Exchange(wire, method)
            try:
                wire.write(packet)
                outcome = await exchange.outcome
            except BaseException:
                wire.close()
                raise
            if isinstance(outcome, Failure) and was_used and not exchange.has_begun:
                # The server closed the kept connection while we spoke: that is no failure of the request.
                wire.close()
                wire, was_used = None, False
                continue
            break
        failure = outcome if isinstance(outcome, Failure) else None
        self._witness.record(
            "http",
            target.purpose,
            name=target.host,
            wire=wire,
            http=HttpSeen(method=method, path=path, status=outcome.status if isinstance(outcome, Reply) else 0),
            error=failure.text if failure else "",
            curl_code=failure.curl_code if failure else 0,
        )
        if failure or not exchange.may_go_on:
            wire.close()
        else:
            self._pool.keep(target, wire)
        return outcome
