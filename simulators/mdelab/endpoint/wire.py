"""One TCP connection of a device, with TLS over it once that is asked for.

TLS runs over memory buffers here and not in asyncio's own layer, because that one throws away the alert with which
OpenSSL answers a chain that it refuses, and the far side must see the real alert.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import cast

_READ_BYTES = 16_384
"""A TLS record holds no more. What is asked for is allocated for each read, so more would cost every small answer."""


class Wire(asyncio.Protocol):
    """Bytes in and out. Owned by the transport; whoever reads sets `receive` and `ended`."""

    __slots__ = (
        "_early",
        "_handshake",
        "_incoming",
        "_outgoing",
        "_tls",
        "_transport",
        "ended",
        "ends",
        "gone",
        "is_closed",
        "receive",
    )

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._tls: ssl.SSLObject | None = None
        self._incoming: ssl.MemoryBIO | None = None
        self._outgoing: ssl.MemoryBIO | None = None
        self._handshake: asyncio.Future[None] | None = None
        self._early = b""
        self.ends: tuple[tuple[str, int], tuple[str, int]] = (("", 0), ("", 0))
        """Our own end and the far one."""
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the socket is closed."""
        self.receive: Callable[[bytes], None] | None = None
        """Takes what arrived, decrypted. What arrives while it is None was not asked for, and ends the wire."""
        self.ended: Callable[[Exception | None], None] | None = None
        """Told once when nothing more will arrive; None means an orderly end."""
        self.is_closed = False

    # asyncio calls these

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not every event loop's transport derives from asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        self.ends = (_address(transport.get_extra_info("sockname")), _address(transport.get_extra_info("peername")))

    def data_received(self, data: bytes) -> None:
        if self._tls is None or self._incoming is None:
            self._deliver(data)
            return
        self._incoming.write(data)
        if self._handshake is not None:
            self._shake()
        else:
            self._decrypt()

    def eof_received(self) -> bool:
        if self._handshake is not None and not self._handshake.done():
            self._handshake.set_exception(ConnectionAbortedError("the peer closed during the handshake"))
        self._end(None)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if self._handshake is not None and not self._handshake.done():
            self._handshake.set_exception(exc or ConnectionAbortedError("the connection ended during the handshake"))
        self._end(exc)
        if not self.gone.done():
            self.gone.set_result(None)

    # the transport calls these

    @property
    def local(self) -> tuple[str, int]:
        return self.ends[0]

    @property
    def tls_version(self) -> str:
        return (self._tls.version() or "") if self._tls else ""

    def leaf(self) -> bytes:
        """The certificate that the server presented, DER; empty before the handshake."""
        return (self._tls.getpeercert(binary_form=True) or b"") if self._tls else b""

    async def start_tls(self, context: ssl.SSLContext, name: str) -> None:
        """Shake hands as a client of `name`.

        Raises ssl.SSLError (SSLCertVerificationError for a refused chain; the alert has been sent) or ConnectionError.
        """
        if self.is_closed:
            raise ConnectionAbortedError("the peer closed before the handshake")
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        self._handshake = asyncio.get_running_loop().create_future()
        self._incoming.write(self._early)
        self._shake()
        try:
            await self._handshake
        finally:
            self._handshake = None
        # Application data may have come in the same packet as the server's last handshake message.
        if self._incoming.pending:
            self._decrypt()

    def receive_early(self, data: bytes) -> None:
        """Bytes of the far end that came together with the proxy's answer; the handshake reads them first."""
        self._early = data

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def write(self, data: bytes) -> None:
        if self._transport is None or self.is_closed:
            return
        if self._tls is None:
            self._transport.write(data)
            return
        self._tls.write(data)
        self._flush()

    def close(self) -> None:
        """Say goodbye in an orderly way, without waiting for the other side's."""
        self.ended = self.receive = None
        if self._transport is None:
            return
        if self._tls is not None and not self.is_closed and self._handshake is None:
            # The other side's close_notify has not come, or the session is broken: either way ours is written.
            with contextlib.suppress(ssl.SSLError):
                self._tls.unwrap()
            self._flush()
        self._transport.close()

    # inside

    def _shake(self) -> None:
        assert self._tls is not None
        assert self._handshake is not None
        if self._handshake.done():
            return
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError as error:
            # The alert is in the outgoing buffer.
            self._flush()
            self._handshake.set_exception(error)
        else:
            self._flush()
            self._handshake.set_result(None)

    def _decrypt(self) -> None:
        assert self._tls is not None
        try:
            while not self.is_closed and (data := self._tls.read(_READ_BYTES)):
                self._deliver(data)
        except ssl.SSLWantReadError:
            self._flush()
            return
        except ssl.SSLZeroReturnError:
            self._end(None)
            return
        except ssl.SSLError as error:
            self._flush()
            self._end(error)
            return
        self._end(None)

    def _flush(self) -> None:
        if self._outgoing is not None and self._transport is not None and (data := self._outgoing.read()):
            self._transport.write(data)

    def _deliver(self, data: bytes) -> None:
        if self.receive is not None:
            self.receive(data)
        else:
            self._end(None)

    def _end(self, error: Exception | None) -> None:
        if self.is_closed:
            return
        self.is_closed = True
        ended, self.ended, self.receive = self.ended, None, None
        if ended is not None:
            ended(error)
        if self._transport is not None:
            self._transport.close()


def _address(found: tuple[str, int]) -> tuple[str, int]:
    return found[0], found[1]
