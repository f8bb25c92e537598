"""The way to proxies that are not the lab's: a user's own, which has the lab's entrance as its upstream.

A device's request goes to that proxy as it is, and what the lab sees is both its ends: what the proxy answers here, and the
tunnel that it opens at the entrance. The two are matched by the name, since nothing else of a device gets through a proxy; so
where two devices have asked for one name and neither tunnel is there yet, a tunnel is nobody's.
"""

import asyncio
import re
from collections.abc import Callable

from mdelab.model.errors import PeerError
from mdelab.model.evidence import Evidence, EvidenceSink, HttpSeen, TlsSeen
from mdelab.model.proxy import parse_proxy
from mdelab.model.tenant import Caller, Directory, HopPolicy
from mdelab.model.work import Address
from mdelab.network.answer import refusal
from mdelab.network.head import MAX_HEAD_BYTES, Head, read_head
from mdelab.network.listener import Client, Listener, close
from mdelab.network.onward import ends
from mdelab.network.splice import Streams, splice

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([0-9]{3})[ \r]")

_OK = 200

_HELLO_BYTES = 43
"""Of a TLS record with a ClientHello: as far as the end of its random (RFC 8446, sections 4.1.2 and 5.1)."""

_Leg = tuple[Address, Address]

_CONNECTS_WITHIN_S = 10.0
"""Host time: the proxy stands in the user's own network."""


class Asked:
    """One request that a device has sent to an external proxy."""

    def __init__(self, caller: Caller, host: str, address: str, note: Callable[[_Leg | None], None]) -> None:
        """address: the device's. note: records the proxy's next leg, or, with None, that it ended TLS itself."""
        self.caller = caller
        self.host = host
        self.address = address
        self.is_met = False
        """Whether a tunnel for it, or for another device's request for the same name, has come to the entrance."""
        self._note = note
        self._sent = bytearray()
        self._passed_on = bytearray()

    def joined(self, leg: _Leg) -> None:
        """The proxy's tunnel for it has come to the entrance. leg: the proxy's own end, and the entrance's."""
        self._note(leg)

    def sent(self, data: bytes) -> None:
        """The device has sent this through the tunnel."""
        self._take(self._sent, data)

    def went_on(self, data: bytes) -> None:
        """The proxy has sent this on."""
        self._take(self._passed_on, data)

    def _take(self, kept: bytearray, data: bytes) -> None:
        """A proxy that reads is told by its first bytes: a ClientHello of its own, whose random is another."""
        if len(kept) >= _HELLO_BYTES:
            return
        kept.extend(data[: _HELLO_BYTES - len(kept)])
        if len(self._sent) == len(self._passed_on) == _HELLO_BYTES and self._sent != self._passed_on:
            self._note(None)


class ExternalProxies:
    """Of every tenant; one listener for each slot, as the lab's own hops have."""

    def __init__(self, directory: Directory, sink: EvidenceSink, lab_id: str = "") -> None:
        self._directory = directory
        self._sink = sink
        self._lab_id = lab_id
        self._asked: list[Asked] = []
        self._listener = Listener(self._serve)

    async def start(self, address: str = "127.0.0.1", slots: int = 1) -> list[Address]:
        """Listen once for each slot on ports that the system chooses; their addresses in slot order."""
        return await self._listener.start(address, slots)

    async def stop(self) -> None:
        """Close everything, open tunnels too."""
        await self._listener.stop()

    def claim(self, host: str) -> Asked | None:
        """Whose request a connection is that comes to the entrance for `host`; None for that of a client that is no device."""
        waiting = [asked for asked in self._asked if asked.host == host]
        for asked in waiting:
            asked.is_met = True
        if len({(asked.caller.tenant.id, asked.caller.endpoint) for asked in waiting}) != 1:
            return None
        self._asked.remove(waiting[0])
        return waiting[0]

    async def _serve(self, client: Client) -> None:
        caller = self._directory.caller(client.peer[0])
        policy = caller.tenant.hop_at("external", client.slot) if caller else None
        if caller is None or policy is None:
            await self._refuse(client, 403, f"mdelab: {client.peer[0]} is no endpoint that uses this proxy.")
            return
        try:
            head = await read_head(client.reader)
        except PeerError as error:
            await self._refuse(client, 400, f"mdelab: {error}.")
            return
        if head is None:
            return
        far = await self._reach(client, policy, head)
        if far is None:
            return
        onward = ends(far[1])

        def note(leg: _Leg | None) -> None:
            if leg is None:
                # What it showed the device is for the device to tell.
                self._record_tls(client, policy, head, TlsSeen(outcome="established", sni=head.host))
            else:
                self._record(client, policy, head, 200, leg)

        asked = Asked(caller, head.host, client.peer[0], note)
        self._asked.append(asked)
        try:
            far[1].write(_to_proxy(head))
            answer = await _answer(far[0])
            status = _status(answer)
            self._record(client, policy, head, status, onward, _wrong(policy, status))
            client.writer.write(answer)
            if answer:
                await splice((client.reader, client.writer), far, asked.sent)
            if status == _OK and head.is_connect and not asked.is_met:
                self._record_tls(
                    client, policy, head, error=f"the external proxy {policy.address} opened no tunnel at the entrance"
                )
        finally:
            if asked in self._asked:
                self._asked.remove(asked)
            await close(far[1])

    async def _reach(self, client: Client, policy: HopPolicy, head: Head) -> Streams | None:
        """A connection to the user's proxy; None when there is none, and the client has been told."""
        proxy = parse_proxy(policy.address, where=policy.name, form="host-port")
        try:
            async with asyncio.timeout(_CONNECTS_WITHIN_S):
                return await asyncio.open_connection(proxy.host, proxy.port, limit=MAX_HEAD_BYTES)
        except (OSError, TimeoutError) as error:
            why = getattr(error, "strerror", None) or str(error) or "it does not answer"
            text = f"the external proxy {policy.address} cannot be reached: {why}"
            self._record(client, policy, head, 502, None, text)
            await self._refuse(client, 502, f"mdelab: {text}.")
            return None

    async def _refuse(self, client: Client, status: int, text: str) -> None:
        client.writer.write(refusal(status, text, lab_id=self._lab_id))
        await client.writer.drain()

    def _record(
        self,
        client: Client,
        policy: HopPolicy,
        head: Head,
        status: int,
        onward: _Leg | None,
        error: str = "",
    ) -> None:
        seen = None if head.is_connect else HttpSeen(method=head.method, path=head.path, status=status)
        self._sink(
            Evidence(
                observer=policy.name,
                step="http" if seen else "tunnel",
                local=client.local,
                peer=client.peer,
                onward=onward,
                name=head.host,
                connect_status=status if head.is_connect else 0,
                http=seen,
                error=error,
            )
        )

    def _record_tls(
        self, client: Client, policy: HopPolicy, head: Head, seen: TlsSeen | None = None, error: str = ""
    ) -> None:
        self._sink(
            Evidence(
                observer=policy.name,
                step="tls",
                local=client.local,
                peer=client.peer,
                name=head.host,
                tls=seen,
                error=error,
            )
        )


def _to_proxy(head: Head) -> bytes:
    """The head as the device wrote it, for another proxy."""
    host = f"[{head.host}]" if ":" in head.host else head.host
    target = f"{host}:{head.port}" if head.is_connect else f"http://{host}:{head.port}{head.path}"
    lines = [f"{head.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in head.fields), "", ""]
    return "\r\n".join(lines).encode("latin-1")


async def _answer(reader: asyncio.StreamReader) -> bytes:
    """The head of the proxy's answer; what there is of it when it closes or says too much."""
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        return error.partial
    except asyncio.LimitOverrunError as error:
        return await reader.readexactly(error.consumed)


def _status(answer: bytes) -> int:
    found = _STATUS_LINE.match(answer)
    return int(found[1]) if found else 0


def _wrong(policy: HopPolicy, status: int) -> str:
    where = f"the external proxy {policy.address}"
    if not status:
        return f"{where} closed without an answer"
    return f"{where} answered {status}" if status >= 400 else ""
