"""A captive portal: it answers for every name with a redirect to its page, on 443 behind a certificate of its own.

The first bytes of the connection have been read already by whoever decided that it is the portal's.
"""

import ssl
from dataclasses import dataclass

import msgspec

from mdelab.model.evidence import HttpSeen, TlsSeen
from mdelab.network.answer import refusal
from mdelab.network.listener import Client

_CHUNK_BYTES = 16_384


def answer(page: str) -> bytes:
    """The whole answer to any request."""
    return refusal(302, "Log in to use this network.", fields=(("Location", page),))


def asked(head: bytes) -> HttpSeen:
    """What a request that is answered so wanted; its head may be anything."""
    words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    return HttpSeen(method=words[0][:32], path=words[1][:1024] if len(words) > 1 else "", status=302)


@dataclass(frozen=True, slots=True)
class Showing:
    """The portal's certificate."""

    context: ssl.SSLContext
    issuer: str
    """Its issuer's common name, for evidence."""


class Talk:
    """One TLS connection to the portal. `shake_hands` comes first."""

    def __init__(self, client: Client, first: bytes, showing: Showing) -> None:
        self._client = client
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._incoming.write(first)
        self._issuer = showing.issuer
        self._session = showing.context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    async def shake_hands(self, name: str) -> TlsSeen:
        """How the handshake ended; most clients refuse the certificate. name: what the client asked for."""
        seen = TlsSeen(outcome="broken", sni=name, presented_by=self._issuer)
        try:
            while not self._is_done():
                if not await self._exchange():
                    return seen
            await self._send()
        except ssl.SSLError as error:
            alert = (error.reason or "").partition("ALERT_")[2].replace("_", " ").lower()
            return msgspec.structs.replace(seen, outcome="refused", alert=alert) if alert else seen
        return msgspec.structs.replace(seen, outcome="established", version=self._session.version() or "")

    async def serve(self, page: str) -> HttpSeen | None:
        """Answer one request; None when none came, as when the client only now refuses the certificate."""
        try:
            while not (head := self._read()):
                if not await self._exchange():
                    return None
        except ssl.SSLError:
            return None
        self._session.write(answer(page))
        await self._send()
        return asked(head)

    def _is_done(self) -> bool:
        try:
            self._session.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def _read(self) -> bytes:
        try:
            return self._session.read(_CHUNK_BYTES)
        except ssl.SSLWantReadError:
            return b""

    async def _exchange(self) -> bool:
        """Send what is due and take what comes; False when the client has gone."""
        await self._send()
        data = await self._client.reader.read(_CHUNK_BYTES)
        self._incoming.write(data)
        return bool(data)

    async def _send(self) -> None:
        self._client.writer.write(self._outgoing.read())
        await self._client.writer.drain()
