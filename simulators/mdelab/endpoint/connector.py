"""Makes a connection over which an application may speak: name, connection, tunnel, handshake, each step recorded.

It never verifies less than the channel asks for, and goes no way but those of the route, in their order: the next one is tried
when no connection could be made, never after a proxy has refused. A chain that a pinned channel
refused is looked at once more, without believing it, to say who presented it.
"""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from datetime import timedelta

from mdelab.catalogue import timing
from mdelab.endpoint import dns
from mdelab.endpoint.attempt import Progress, Stopped, Target, Wanted
from mdelab.endpoint.contexts import believing_all, openssl_words, received_alert, sent_alert, verifying
from mdelab.endpoint.deadline import Deadline
from mdelab.endpoint.leaf import established, judge_dates
from mdelab.endpoint.outcome import Failure
from mdelab.endpoint.pool import Pool
from mdelab.endpoint.tunnel import connect_through
from mdelab.endpoint.wire import Wire
from mdelab.endpoint.witness import Witness
from mdelab.model.attachment import Attachment, is_without_network
from mdelab.model.clock import Clock
from mdelab.model.evidence import Purpose, TlsSeen
from mdelab.model.route import Way
from mdelab.model.trust import Trust
from mdelab.model.work import Item

_NOT_REACHED = ("dns", "tcp")
"""The steps after whose failure the next way is tried (chromium net/docs/proxy.md: a refused CONNECT is an answer)."""

_NO_NETWORK = "the device has no network"

USER_AGENT = "mdatp/101 (mdelab simulated)"


class Connector:
    """One device's way to a host."""

    __slots__ = ("_attachment", "_clock", "_pool", "_skew", "_witness")

    def __init__(
        self, *, attachment: Attachment, clock: Clock, pool: Pool, witness: Witness, skew: Callable[[], timedelta]
    ) -> None:
        """pool: is told of each connection. skew: the error of the device's clock, asked anew each time."""
        self._attachment = attachment
        self._clock = clock
        self._pool = pool
        self._witness = witness
        self._skew = skew

    async def connect(self, wanted: Wanted, ways: Sequence[Way], item: Item, progress: Progress) -> Wire:
        """A connection over which the application may speak; `item.client` is its local end. Raises Stopped.

        ways: at least one.
        """
        target, wire = await self._reach_by(wanted, ways, item, progress)
        if target.trust is Trust.PLAIN:
            return wire
        try:
            await self._shake_hands(target, wire, item, progress)
        except BaseException:
            wire.close()
            raise
        return wire

    async def _reach_by(
        self, wanted: Wanted, ways: Sequence[Way], item: Item, progress: Progress
    ) -> tuple[Target, Wire]:
        """By the first way on which a connection can be made."""
        limit = timing().after("next_way")
        for way in ways[:-1]:
            target = wanted.by(way.proxy)
            try:
                async with Deadline(self._clock, limit, f"{wanted.host} by {way}"):
                    return target, await self._reach(target, item, progress)
            except Stopped as stopped:
                if stopped.failure.step not in _NOT_REACHED:
                    raise
            except TimeoutError:
                failure = self._witness.time_out(progress, wanted.purpose, limit)
                if failure.step not in _NOT_REACHED:
                    raise Stopped(failure) from None
            item.client = None
        target = wanted.by(ways[-1].proxy)
        return target, await self._reach(target, item, progress)

    async def _reach(self, target: Target, item: Item, progress: Progress) -> Wire:
        """A connection to the target, through the proxy's tunnel where there is one; no TLS yet."""
        proxy = target.proxy
        host, port = (proxy.host, proxy.port) if proxy else (target.host, target.port)
        address = await self._look_up(host, target, progress, is_proxy=proxy is not None)
        item.server = dial = await self._attachment.dial(host, (address, port))
        progress.at("tcp")
        try:
            self._attachment.link.check()
            _, wire = await asyncio.get_running_loop().create_connection(
                Wire, dial[0], dial[1], local_addr=(self._attachment.address, 0)
            )
        except OSError as error:
            text = f"Failed to connect to {host} port {port}: {_why(error)}"
            raise self._witness.stop(target, Failure("tcp", 7, text)) from error
        finally:
            item.server = None
        self._pool.add(wire)
        try:
            item.client = wire.local
            self._witness.record("tcp", target.purpose, name=target.host, wire=wire)
            if proxy is not None:
                progress.at("tunnel", wire)
                status, text = await connect_through(wire, target.host, target.port, USER_AGENT)
                if text:
                    raise self._witness.stop(target, Failure("tunnel", 56, text, connect_status=status), wire)
                self._witness.record("tunnel", target.purpose, name=target.host, wire=wire, connect_status=status)
        except BaseException:
            wire.close()
            raise
        return wire

    async def _look_up(self, host: str, target: Target, progress: Progress, *, is_proxy: bool) -> str:
        if _is_address(host):
            return host
        progress.at("dns")
        why = ""
        try:
            self._attachment.link.check()
            address = await dns.resolve(host, source=self._attachment.address, resolver=self._attachment.resolver)
        except OSError as error:
            address, why = None, f": {_why(error)}" if is_without_network(error) else ""
        if address is None:
            what = "proxy" if is_proxy else "host"
            failure = Failure("dns", 5 if is_proxy else 6, f"Could not resolve {what}: {host}{why}")
            raise self._witness.stop(target, failure)
        self._witness.record("dns", target.purpose, name=host)
        return address

    async def _shake_hands(self, target: Target, wire: Wire, item: Item, progress: Progress) -> None:
        progress.at("tls", wire)
        try:
            context = verifying(target.roots)
        except (ssl.SSLError, ValueError) as error:
            text = "error setting certificate verify locations: the device's store holds no certificate"
            raise self._witness.stop(target, Failure("tls", 77, text), wire) from error
        try:
            await wire.start_tls(context, target.host)
        except ssl.SSLCertVerificationError as error:
            await self._refuse(target, wire, error.verify_code, error.verify_message, item, progress)
        except ssl.SSLError as error:
            alert = received_alert(error)
            raise self._witness.stop(
                target,
                # A peer that says "certificate expired" of its own chain: curl maps that alert to 60.
                Failure("tls", 60 if alert == "certificate expired" else 35, openssl_words(error), alert=alert),
                wire,
                TlsSeen(outcome="refused" if alert else "broken", sni=target.host, alert=alert),
            ) from error
        except OSError as error:
            text = (
                "Recv failure: Connection reset by peer"
                if isinstance(error, ConnectionResetError)
                else f"OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to {target.host}:{target.port}"
            )
            raise self._witness.stop(
                target, Failure("tls", 35, text), wire, TlsSeen(outcome="broken", sni=target.host)
            ) from error
        if skew := self._skew():
            code, text = judge_dates(wire.leaf(), skew)
            if code:
                await self._refuse(target, wire, code, text, item, progress)
        seen = established(wire, target.host)
        self._witness.record("tls", target.purpose, name=target.host, wire=wire, tls=seen)

    async def _refuse(self, target: Target, wire: Wire, code: int, words: str, item: Item, progress: Progress) -> None:
        """The chain is not believed: record it, look at it once more without believing it, and stop."""
        text = f"SSL certificate problem: {words}"
        if code == 62:
            text = f"SSL: no alternative certificate subject name matches target host name '{target.host}'"
        alert = sent_alert(code)
        seen = TlsSeen(outcome="refused", sni=target.host, alert=alert, verify_code=code, verify_text=words)
        self._witness.record("tls", target.purpose, name=target.host, wire=wire, tls=seen, error=text, curl_code=60)
        wire.close()
        presented_by = await self._probe(target, item) if target.trust is Trust.ROOT_SET else ""
        progress.at("tls")
        raise Stopped(Failure("tls", 60, text, verify_code=code, alert=alert, presented_by=presented_by))

    async def _probe(self, target: Target, item: Item) -> str:
        """Who issued the leaf that is presented; "" when that could not be seen. Sends nothing but the handshake."""
        probe = Target(target.host, target.port, target.trust, b"", target.proxy, Purpose.PROBE)
        try:
            wire = await self._reach(probe, item, Progress(target.host))
        except Stopped:
            return ""
        try:
            await wire.start_tls(believing_all(), target.host)
            seen = established(wire, target.host)
            self._witness.record("tls", Purpose.PROBE, name=target.host, wire=wire, tls=seen)
        except (ssl.SSLError, OSError) as error:
            words = openssl_words(error) if isinstance(error, ssl.SSLError) else str(error)
            seen = TlsSeen(outcome="broken", sni=target.host)
            self._witness.record("tls", Purpose.PROBE, name=target.host, wire=wire, tls=seen, error=words, curl_code=35)
            return ""
        finally:
            wire.close()
        return seen.presented_by


def _why(error: OSError) -> str:
    if is_without_network(error):
        return f"{_NO_NETWORK}: {error.strerror or error}"
    return "Couldn't connect to server" if isinstance(error, ConnectionRefusedError) else str(error.strerror or error)


def _is_address(host: str) -> bool:
    parts = host.split(".")
    return ":" in host or (len(parts) == 4 and all(part.isdigit() for part in parts))
