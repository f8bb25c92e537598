"""The agent's own way to the network: one request and its answer, over a kept connection or a new one.

Which way it goes is `mdelab.endpoint.route`'s, how a connection is made `mdelab.endpoint.connector`'s, which ones are kept
`mdelab.endpoint.pool`'s, the evidence of it all `mdelab.endpoint.witness`'s and what to ask for `mdelab.endpoint.agent`'s affair.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import timedelta
from typing import Self
from urllib.parse import urlsplit

from mdelab.catalogue import timing
from mdelab.endpoint import dns
from mdelab.endpoint.attempt import Progress, Stopped, Wanted
from mdelab.endpoint.connector import USER_AGENT, Connector
from mdelab.endpoint.deadline import Deadline
from mdelab.endpoint.exchange import Exchange, request_bytes
from mdelab.endpoint.outcome import Failure, Reply
from mdelab.endpoint.pool import Pool
from mdelab.endpoint.route import Router
from mdelab.endpoint.wire import Wire
from mdelab.endpoint.witness import Witness
from mdelab.model.attachment import Attachment
from mdelab.model.evidence import EvidenceSink, HttpSeen, Purpose
from mdelab.model.pac import asked_about
from mdelab.model.route import NOTHING_SET, Route, Way
from mdelab.model.tenant import Tenant
from mdelab.model.trust import Trust
from mdelab.model.work import Item

__all__ = ["Failure", "Reply", "Transport"]

_NO_PROXY = 5
"""curl's code for a proxy that cannot be found; the agent may not connect without one."""


class Transport:
    """One device's requests."""

    __slots__ = ("_attachment", "_connector", "_name", "_pool", "_roots", "_router", "_tenant", "_witness")

    def __init__(
        self,
        *,
        name: str,
        tenant: Tenant,
        attachment: Attachment,
        sink: EvidenceSink,
        router: Router,
        roots: Callable[[Trust], bytes],
        skew: Callable[[], timedelta] = timedelta,
        most_idle: int = 4,
    ) -> None:
        """router, roots, skew: asked anew for each connection: the way, the PEM that a trust means, the clock's error.

        most_idle: connections that are kept for the next request.
        """
        self._name = name
        self._tenant = tenant
        self._attachment = attachment
        self._router = router
        self._roots = roots
        self._pool = Pool(most_idle)
        self._witness = Witness(name=name, tenant=tenant, attachment=attachment, sink=sink)
        self._connector = Connector(
            attachment=attachment, clock=tenant.clock, pool=self._pool, witness=self._witness, skew=skew
        )

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
        ask = _Ask.read(method, url, trust, headers, body)
        wanted = self._wanted(ask, self._router.settings(), purpose)
        progress = Progress(ask.host)
        limit = timing().after("request_timeout")
        try:
            if (kept := self._pool.take(wanted)) is not None:
                async with Deadline(self._tenant.clock, limit, f"{self._name}: {method} {url}"):
                    outcome = await self._exchange(ask, wanted, kept, item, progress, is_kept=True)
                if outcome is not None:
                    return outcome
            ways = await self._ways(ask, purpose, item)
            async with Deadline(self._tenant.clock, limit, f"{self._name}: {method} {url}"):
                return await self._send(ask, wanted, ways, item, progress)
        except Stopped as stopped:
            return stopped.failure
        except TimeoutError:
            return self._witness.time_out(progress, purpose)
        finally:
            item.client = None

    async def route(self, url: str, item: Item) -> Route:
        """The route that a connection to `url` would take now. Raises LabError for what is no http(s) URL."""
        asked_about(url, is_whole=True)
        return await self._router.route(url, _Direct(self, item))

    async def resolve(self, name: str) -> str | None:
        """Ask the device's DNS server; None when there is no address, or no answer within the time of a request."""
        try:
            async with Deadline(self._tenant.clock, timing().after("request_timeout"), f"{self._name}: name {name}"):
                self._attachment.link.check()
                return await dns.resolve(name, source=self._attachment.address, resolver=self._attachment.resolver)
        except (TimeoutError, OSError):
            return None

    async def get_directly(self, url: str, item: Item) -> Reply | Failure:
        """Fetch a PAC file: a GET that goes through no proxy."""
        ask = _Ask.read("GET", url, Trust.OS_STORE, None, b"")
        wanted = self._wanted(ask, None, Purpose.PAC)
        progress = Progress(ask.host)
        try:
            async with Deadline(self._tenant.clock, timing().after("pac_fetch"), f"{self._name}: PAC file {url}"):
                return await self._send(ask, wanted, (Way(proxy=None, source=NOTHING_SET),), item, progress)
        except Stopped as stopped:
            return stopped.failure
        except TimeoutError:
            return self._witness.time_out(progress, Purpose.PAC, timing().after("pac_fetch"))
        finally:
            item.client = None

    def drop_idle(self) -> None:
        """Close the connections that are kept for a next request."""
        self._pool.drop_idle()

    async def close(self) -> None:
        """Close every connection and wait until they are gone."""
        await self._pool.close()

    def _wanted(self, ask: "_Ask", settings: Hashable, purpose: Purpose) -> Wanted:
        return Wanted(ask.host, ask.port, ask.trust, self._roots(ask.trust), settings, purpose)

    async def _ways(self, ask: "_Ask", purpose: Purpose, item: Item) -> tuple[Way, ...]:
        """The ways of the route, which is recorded. Raises Stopped when there is none."""
        route = await self._router.route(ask.url, _Direct(self, item))
        if not route.ways:
            text = f"no route to {ask.host}: {route.passed_over[-1].text}"
            self._witness.record("route", purpose, name=ask.host, route=route, error=text, curl_code=_NO_PROXY)
            raise Stopped(Failure("route", _NO_PROXY, text))
        if route.source:
            self._witness.record("route", purpose, name=ask.host, route=route)
        return route.ways

    async def _send(
        self, ask: "_Ask", wanted: Wanted, ways: tuple[Way, ...], item: Item, progress: Progress
    ) -> Reply | Failure:
        wire = await self._connector.connect(wanted, ways, item, progress)
        outcome = await self._exchange(ask, wanted, wire, item, progress, is_kept=False)
        assert outcome is not None
        return outcome

    async def _exchange(
        self, ask: "_Ask", wanted: Wanted, wire: Wire, item: Item, progress: Progress, *, is_kept: bool
    ) -> Reply | Failure | None:
        """None when the server had closed a kept connection while we spoke: that is no failure of the request."""
        progress.at("http", wire)
        item.client = wire.local
        exchange = Exchange(wire, ask.method)
        try:
            wire.write(ask.packet)
            outcome = await exchange.outcome
        except BaseException:
            wire.close()
            raise
        if isinstance(outcome, Failure) and is_kept and not exchange.has_begun:
            wire.close()
            return None
        failure = outcome if isinstance(outcome, Failure) else None
        status = outcome.status if isinstance(outcome, Reply) else 0
        self._witness.record(
            "http",
            wanted.purpose,
            name=ask.host,
            wire=wire,
            http=HttpSeen(method=ask.method, path=ask.path, status=status),
            error=failure.text if failure else "",
            curl_code=failure.curl_code if failure else 0,
        )
        if failure or not exchange.may_go_on:
            wire.close()
        else:
            self._pool.keep(wanted, wire)
        return outcome


@dataclass(frozen=True, slots=True)
class _Ask:
    """One request as it goes over the wire, and where to."""

    method: str
    url: str
    host: str
    port: int
    path: str
    trust: Trust
    packet: bytes

    @classmethod
    def read(cls, method: str, url: str, trust: Trust, headers: dict[str, str] | None, body: bytes) -> Self:
        parts = urlsplit(url)
        host = parts.hostname or ""
        plain = parts.scheme == "http"
        default_port = 80 if plain else 443
        port = parts.port or default_port
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        shown = host if port == default_port else f"{host}:{port}"
        packet = request_bytes(method, path, {"Host": shown, "User-Agent": USER_AGENT, **(headers or {})}, body)
        return cls(method, url, host, port, path, Trust.PLAIN if plain else trust, packet)


@dataclass(frozen=True, slots=True)
class _Direct:
    """What the router may do while it decides: the transport's own means, on behalf of one piece of work."""

    transport: Transport
    item: Item

    async def get(self, url: str) -> Reply | Failure:
        return await self.transport.get_directly(url, self.item)

    async def resolve(self, name: str) -> str | None:
        return await self.transport.resolve(name)
