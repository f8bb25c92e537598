"""The lab's own forward proxy for clients that are no endpoints: curl, browsers, SDKs under `mdelab run`, a user's own proxies.

It leads the lab's names to the mock cloud and refuses every other name, so that nothing that was meant for the lab can
reach the real services. What endpoints use instead is `mdelab.network.tunnel` and `mdelab.network.inspector`.
"""

from collections.abc import Callable

from mdelab.model.errors import PeerError
from mdelab.model.evidence import Evidence, EvidenceSink, HttpSeen
from mdelab.model.work import Address
from mdelab.model.zone import Zone
from mdelab.network.answer import ESTABLISHED, refusal
from mdelab.network.external import Asked
from mdelab.network.head import Head, read_head
from mdelab.network.listener import Client, Listener, close
from mdelab.network.onward import PLAIN_PORT, TUNNEL_PORT, NotSimulated, Unreachable, connect, ends
from mdelab.network.relay import relay
from mdelab.network.splice import splice


class Entrance:
    """A forward proxy that knows the lab's names only."""

    def __init__(
        self, zone: Zone, sink: EvidenceSink, lab_id: str, claim: Callable[[str], Asked | None] = lambda host: None
    ) -> None:
        """claim: whose request a connection for a host is, when it comes from a proxy that a device has asked."""
        self._claim = claim
        self._zone = zone
        self._sink = sink
        self._lab_id = lab_id
        self._listener = Listener(self._serve)

    async def start(self, address: str = "127.0.0.1", port: int = 0) -> Address:
        """Listen on a port; 0 for one that the system chooses."""
        return (await self._listener.start(address, port=port))[0]

    async def stop(self) -> None:
        """Close everything, open tunnels too."""
        await self._listener.stop()

    async def _serve(self, client: Client) -> None:
        try:
            head = await read_head(client.reader)
        except PeerError as error:
            await self._refuse(client, 400, f"mdelab: {error}. Use this address as an HTTP proxy.")
            return
        if head is None:
            return
        allowed = TUNNEL_PORT if head.is_connect else PLAIN_PORT
        if self._zone.resolve(head.host) is None or head.port != allowed:
            await self._refuse_name(client, head, allowed)
            return
        asked = self._claim(head.host)
        try:
            far = await connect(self._zone, head.host, head.port, asked.address if asked else None)
        except (NotSimulated, Unreachable) as error:
            text = f"mdelab: the lab does not answer for {error}. See `mdelab status`."
            self._record(client, head, 502, text, None, asked)
            await self._refuse(client, 502, text)
            return
        onward = ends(far[1])
        near = client.reader, client.writer
        if asked is not None:
            asked.joined((client.peer, client.local))
        try:
            if head.is_connect:
                self._record(client, head, 200, "", onward, asked)
                client.writer.write(ESTABLISHED)
                await splice(near, far, asked.went_on if asked else None)
            else:
                await relay(head, near, far, lambda status: self._record(client, head, status, "", onward, asked))
        finally:
            await close(far[1])

    async def _refuse_name(self, client: Client, head: Head, allowed: int) -> None:
        if self._zone.resolve(head.host) is None:
            what = f"{head.host} is not simulated by this lab"
            hint = "`mdelab status` lists the names; programs that need the real one must run outside `mdelab run`"
        else:
            what = f"{head.host} is simulated on port {allowed} for this kind of request, not on {head.port}"
            hint = "use https:// without a port, or http:// without a port"
        text = f"mdelab: {what}; nothing was sent. {hint[0].upper()}{hint[1:]}."
        self._record(client, head, 403, text, None)
        await self._refuse(client, 403, text)

    async def _refuse(self, client: Client, status: int, text: str) -> None:
        client.writer.write(refusal(status, text, lab_id=self._lab_id))
        await client.writer.drain()

    def _record(
        self,
        client: Client,
        head: Head,
        status: int,
        error: str,
        onward: tuple[Address, Address] | None,
        asked: Asked | None = None,
    ) -> None:
        seen = None if head.is_connect else HttpSeen(method=head.method, path=head.path, status=status)
        self._sink(
            Evidence(
                observer="entrance",
                step="http" if seen else "tunnel",
                local=client.local,
                peer=client.peer,
                onward=onward,
                name=head.host,
                connect_status=status if head.is_connect else 0,
                http=seen,
                error=error,
                tenant=asked.caller.tenant.id if asked else "",
                endpoint=asked.caller.endpoint if asked else "",
            )
        )
