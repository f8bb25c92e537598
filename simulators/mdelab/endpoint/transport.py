"""The agent's own way to the network: name, connection, tunnel, handshake, exchange, each step seen and recorded.

It never verifies less than the channel asks for, and never goes direct when a proxy is set. Connections are kept alive
and used again for the same host, trust and route. What to ask for is `mdelab.endpoint.agent`'s affair.
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.oid import NameOID

from mdelab.catalogue import timing
from mdelab.endpoint import dns
from mdelab.endpoint.contexts import believing_all, openssl_words, received_alert, sent_alert, verifying
from mdelab.endpoint.deadline import Deadline
from mdelab.endpoint.exchange import Exchange, request_bytes
from mdelab.endpoint.outcome import Failure, Reply
from mdelab.endpoint.tunnel import connect_through
from mdelab.endpoint.wire import Wire
from mdelab.model.attachment import Attachment
from mdelab.model.evidence import Evidence, EvidenceSink, HttpSeen, Purpose, Step, TlsSeen
from mdelab.model.route import Proxy
from mdelab.model.tenant import Tenant
from mdelab.model.trust import Trust
from mdelab.model.work import Address, Item

__all__ = ["Failure", "Reply", "Transport"]

USER_AGENT = "mdatp/101 (mdelab simulated)"

_CLOSING_S = 1.0
"""Host time that closing connections may take before they are cut."""


@dataclass(frozen=True, slots=True)
class _Target:
    """What makes a connection fit for another request."""

    host: str
    port: int
    trust: Trust
    roots: bytes
    proxy: Proxy | None
    purpose: Purpose


class _Stopped(Exception):
    """A step failed; the failure is recorded already."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.text)
        self.failure = failure


class Transport:
    """One device's connections."""

    __slots__ = (
        "_attachment",
        "_idle",
        "_most_idle",
        "_name",
        "_open",
        "_proxy",
        "_roots",
        "_sink",
        "_skew",
        "_tenant",
    )

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
        self._sink = sink
        self._proxy = proxy
        self._roots = roots
        self._skew = skew
        self._most_idle = most_idle
        self._idle: list[tuple[_Target, Wire]] = []
        """Most recently used last."""
        self._open: set[Wire] = set()

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
        trust = Trust.PLAIN if plain else trust
        progress = _Progress(host)
        try:
            target = _Target(
                host, parts.port or (80 if plain else 443), trust, self._roots(trust), self._proxy(), purpose
            )
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            default_port = 80 if plain else 443
            shown = host if target.port == default_port else f"{host}:{target.port}"
            packet = request_bytes(method, path, {"Host": shown, "User-Agent": USER_AGENT, **(headers or {})}, body)
            async with Deadline(self._tenant.clock, timing().after("request_timeout"), f"{self._name}: {method} {url}"):
                return await self._send(target, method, path, packet, item, progress)
        except _Stopped as stopped:
            return stopped.failure
        except TimeoutError:
            return self._timed_out(progress, purpose)
        finally:
            item.client = None

    async def resolve(self, name: str) -> str | None:
        """Ask the device's DNS server; None when there is no address, or no answer within the time of a request."""
        try:
            async with Deadline(self._tenant.clock, timing().after("request_timeout"), f"{self._name}: name {name}"):
                return await dns.resolve(name, source=self._attachment.address, resolver=self._attachment.resolver)
        except TimeoutError:
            return None

    async def close(self) -> None:
        """Close every connection and wait until they are gone."""
        self._idle.clear()
        wires = list(self._open)
        for wire in wires:
            wire.close()
        if wires:
            done = asyncio.gather(*(wire.gone for wire in wires), return_exceptions=True)
            try:
                await asyncio.wait_for(done, _CLOSING_S)
            except TimeoutError:
                for wire in wires:
                    wire.abort()

    # One exchange

    async def _send(
        self, target: _Target, method: str, path: str, packet: bytes, item: Item, progress: "_Progress"
    ) -> Reply | Failure:
        wire = self._take_idle(target)
        was_used = wire is not None
        while True:
            if wire is None:
                wire = await self._connect(target, item, progress)
            progress.at("http", wire)
            item.client = wire.local
            exchange = Exchange(wire, method)
            try:
                wire.write(packet)
                outcome = await exchange.outcome
            except BaseException:
                self._drop(wire)
                raise
            if isinstance(outcome, Failure) and was_used and not exchange.has_begun:
                # The server closed the kept connection while we spoke: that is no failure of the request.
                self._drop(wire)
                wire, was_used = None, False
                continue
            break
        failed = isinstance(outcome, Failure)
        self._record(
            "http",
            target.purpose,
            name=target.host,
            wire=wire,
            http=HttpSeen(method=method, path=path, status=outcome.status if isinstance(outcome, Reply) else 0),
            error=outcome.text if isinstance(outcome, Failure) else "",
            curl_code=outcome.curl_code if isinstance(outcome, Failure) else 0,
        )
        if failed or not exchange.may_go_on:
            self._drop(wire)
        else:
            self._keep(target, wire)
        return outcome

    # Connections

    def _take_idle(self, target: _Target) -> Wire | None:
        for index, (kept, wire) in enumerate(self._idle):
            if kept == target and not wire.is_closed:
                del self._idle[index]
                return wire
        return None

    def _keep(self, target: _Target, wire: Wire) -> None:
        def forget(_: Exception | None) -> None:
            self._idle = [(known, other) for known, other in self._idle if other is not wire]
            self._drop(wire)

        wire.receive, wire.ended = None, forget
        self._idle.append((target, wire))
        if len(self._idle) > self._most_idle:
            _, oldest = self._idle.pop(0)
            self._drop(oldest)

    def _drop(self, wire: Wire) -> None:
        wire.close()

    async def _connect(self, target: _Target, item: Item, progress: "_Progress") -> Wire:
        """A connection over which the application may speak. Raises _Stopped."""
        wire = await self._reach(target, item, progress)
        if target.trust is Trust.PLAIN:
            return wire
        try:
            await self._shake_hands(target, wire, item, progress)
        except BaseException:
            self._drop(wire)
            raise
        return wire

    async def _reach(self, target: _Target, item: Item, progress: "_Progress") -> Wire:
        """A connection to the target, through the proxy's tunnel where there is one; no TLS yet."""
        proxy = target.proxy
        host, port = (proxy.host, proxy.port) if proxy else (target.host, target.port)
        address = await self._look_up(host, target, progress, is_proxy=proxy is not None)
        dial = self._attachment.ports.get((address, port), (address, port))
        progress.at("tcp")
        try:
            _, wire = await asyncio.get_running_loop().create_connection(
                Wire, dial[0], dial[1], local_addr=(self._attachment.address, 0)
            )
        except OSError as error:
            text = f"Failed to connect to {host} port {port}: {_why(error)}"
            raise self._stop(target, Failure("tcp", 7, text)) from error
        self._open.add(wire)
        wire.gone.add_done_callback(lambda _: self._open.discard(wire))
        try:
            item.client = wire.local
            self._record("tcp", target.purpose, name=target.host, wire=wire)
            if proxy is not None:
                progress.at("tunnel", wire)
                status, text = await connect_through(wire, target.host, target.port, USER_AGENT)
                if text:
                    raise self._stop(target, Failure("tunnel", 56, text, connect_status=status), wire)
                self._record("tunnel", target.purpose, name=target.host, wire=wire, connect_status=status)
        except BaseException:
            self._drop(wire)
            raise
        return wire

    async def _look_up(self, host: str, target: _Target, progress: "_Progress", *, is_proxy: bool) -> str:
        if _is_address(host):
            return host
        progress.at("dns")
        try:
            address = await dns.resolve(host, source=self._attachment.address, resolver=self._attachment.resolver)
        except OSError:
            address = None
        if address is None:
            what = "proxy" if is_proxy else "host"
            failure = Failure("dns", 5 if is_proxy else 6, f"Could not resolve {what}: {host}")
            raise self._stop(target, failure)
        self._record("dns", target.purpose, name=host)
        return address

    async def _shake_hands(self, target: _Target, wire: Wire, item: Item, progress: "_Progress") -> None:
        progress.at("tls", wire)
        try:
            context = verifying(target.roots)
        except (ssl.SSLError, ValueError) as error:
            text = "error setting certificate verify locations: the device's store holds no certificate"
            raise self._stop(target, Failure("tls", 77, text), wire) from error
        try:
            await wire.start_tls(context, target.host)
        except ssl.SSLCertVerificationError as error:
            await self._refuse(target, wire, error.verify_code, error.verify_message, item, progress)
        except ssl.SSLError as error:
            alert = received_alert(error)
            text = openssl_words(error)
            raise self._stop(
                target,
                # A peer that says "certificate expired" of its own chain: curl maps that alert to 60.
                Failure("tls", 60 if alert == "certificate expired" else 35, text, alert=alert),
                wire,
                TlsSeen(outcome="refused" if alert else "broken", sni=target.host, alert=alert),
            ) from error
        except OSError as error:
            text = (
                "Recv failure: Connection reset by peer"
                if isinstance(error, ConnectionResetError)
                else f"OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to {target.host}:{target.port}"
            )
            raise self._stop(
                target, Failure("tls", 35, text), wire, TlsSeen(outcome="broken", sni=target.host)
            ) from error
        leaf = wire.leaf()
        if skew := self._skew():
            code, text = _judge_dates(leaf, skew)
            if code:
                await self._refuse(target, wire, code, text, item, progress)
        seen = TlsSeen(
            outcome="established",
            sni=target.host,
            version=wire.tls_version,
            presented_by=_issuer(leaf),
            leaf_sha256=sha256(leaf).hexdigest(),
        )
        self._record("tls", target.purpose, name=target.host, wire=wire, tls=seen)

    async def _refuse(
        self, target: _Target, wire: Wire, code: int, words: str, item: Item, progress: "_Progress"
    ) -> None:
        """The chain is not believed: record it, look at it once more without believing it, and stop."""
        text = f"SSL certificate problem: {words}"
        if code == 62:
            text = f"SSL: no alternative certificate subject name matches target host name '{target.host}'"
        alert = sent_alert(code)
        seen = TlsSeen(outcome="refused", sni=target.host, alert=alert, verify_code=code, verify_text=words)
        failure = Failure("tls", 60, text, verify_code=code, alert=alert)
        self._record("tls", target.purpose, name=target.host, wire=wire, tls=seen, error=text, curl_code=60)
        self._drop(wire)
        presented_by = ""
        if target.trust is Trust.ROOT_SET:
            presented_by = await self._probe(target, item)
        progress.at("tls")
        raise _Stopped(Failure("tls", 60, failure.text, verify_code=code, alert=alert, presented_by=presented_by))

    async def _probe(self, target: _Target, item: Item) -> str:
        """Who issued the leaf that is presented; "" when that could not be seen. Sends nothing but the handshake."""
        probe = _Target(target.host, target.port, target.trust, b"", target.proxy, Purpose.PROBE)
        try:
            wire = await self._reach(probe, item, _Progress(target.host))
        except _Stopped:
            return ""
        try:
            await wire.start_tls(believing_all(), target.host)
            leaf = wire.leaf()
            seen = TlsSeen(
                outcome="established",
                sni=target.host,
                version=wire.tls_version,
                presented_by=_issuer(leaf),
                leaf_sha256=sha256(leaf).hexdigest(),
            )
            self._record("tls", Purpose.PROBE, name=target.host, wire=wire, tls=seen)
        except (ssl.SSLError, OSError) as error:
            words = openssl_words(error) if isinstance(error, ssl.SSLError) else str(error)
            seen = TlsSeen(outcome="broken", sni=target.host)
            self._record("tls", Purpose.PROBE, name=target.host, wire=wire, tls=seen, error=words, curl_code=35)
            return ""
        finally:
            self._drop(wire)
        return seen.presented_by

    # Evidence

    def _stop(
        self, target: _Target, failure: Failure, wire: Wire | None = None, tls: TlsSeen | None = None
    ) -> _Stopped:
        self._record(
            failure.step,
            target.purpose,
            name=target.host,
            wire=wire,
            tls=tls,
            connect_status=failure.connect_status,
            error=failure.text,
            curl_code=failure.curl_code,
        )
        return _Stopped(failure)

    def _timed_out(self, progress: "_Progress", purpose: Purpose) -> Failure:
        waited_ms = timing().request_timeout.seconds * 1000
        text = {
            "dns": f"Resolving timed out after {waited_ms} milliseconds",
            "http": f"Operation timed out after {waited_ms} milliseconds with 0 bytes received",
        }.get(progress.step, f"Connection timed out after {waited_ms} milliseconds")
        self._record(progress.step, purpose, name=progress.host, ends=progress.ends, error=text, curl_code=28)
        return Failure(progress.step, 28, text)

    def _record(
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
                error=error,
                curl_code=curl_code,
                address=self._attachment.address,
                tenant=self._tenant.id,
                endpoint=self._name,
                at=self._tenant.clock.now(),
            )
        )


class _Progress:
    """How far a request has come: what a time-out says."""

    __slots__ = ("ends", "host", "step")

    def __init__(self, host: str) -> None:
        self.host = host
        self.step: Step = "dns"
        self.ends: tuple[Address, Address] | None = None

    def at(self, step: Step, wire: Wire | None = None) -> None:
        self.step = step
        self.ends = wire.ends if wire is not None else None


def _why(error: OSError) -> str:
    return "Couldn't connect to server" if isinstance(error, ConnectionRefusedError) else str(error.strerror or error)


def _is_address(host: str) -> bool:
    parts = host.split(".")
    return ":" in host or (len(parts) == 4 and all(part.isdigit() for part in parts))


def _issuer(leaf: bytes) -> str:
    """The common name of a DER certificate's issuer; its whole name when it has none."""
    issuer = x509.load_der_x509_certificate(leaf).issuer
    names = issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else issuer.rfc4514_string()


def _judge_dates(leaf: bytes, skew: timedelta) -> tuple[int, str]:
    """What a device whose clock is off by `skew` thinks of the leaf's dates: X509_V_ERR code and text, or (0, "").

    OpenSSL judges by the host's clock, which is right, so only a wrong refusal is added here.
    """
    certificate = x509.load_der_x509_certificate(leaf)
    believed = datetime.now(UTC) + skew
    if believed > certificate.not_valid_after_utc:
        return 10, "certificate has expired"
    if believed < certificate.not_valid_before_utc:
        return 9, "certificate is not yet valid"
    return 0, ""
