"""The proxy that passes bytes on unread: CONNECT tunnels, and plain HTTP for the services on port 80.

One warm proxy serves every tenant: it finds the hop's policy by the client's address and binds that address again on
the way on. What inspects TLS is `mdelab.network.inspector`; what serves clients that are no endpoints is
`mdelab.network.entrance`.
"""

from mdelab.model.errors import PeerError
from mdelab.model.evidence import Evidence, EvidenceSink, HttpSeen
from mdelab.model.tenant import Directory, HopPolicy
from mdelab.model.work import Address
from mdelab.model.zone import Zone
from mdelab.network.answer import ESTABLISHED, demand, is_authenticated, refusal, refused_status
from mdelab.network.head import Head, read_head
from mdelab.network.listener import Client, Listener, close
from mdelab.network.onward import PLAIN_PORT, TUNNEL_PORT, NotSimulated, Unreachable, connect, ends
from mdelab.network.relay import relay
from mdelab.network.splice import splice


class TunnelProxy:
    """A static HTTP proxy of every tenant, without decryption."""

    def __init__(self, directory: Directory, zone: Zone, sink: EvidenceSink, lab_id: str = "") -> None:
        self._directory = directory
        self._zone = zone
        self._sink = sink
        self._lab_id = lab_id
        self._listener = Listener(self._serve)

    async def start(self, address: str = "127.0.0.1", slots: int = 1) -> list[Address]:
        """Listen once for each slot on ports that the system chooses; their addresses in slot order."""
        return await self._listener.start(address, slots)

    async def stop(self) -> None:
        """Close everything, open tunnels too."""
        await self._listener.stop()

    async def _serve(self, client: Client) -> None:
        policy = self._policy(client)
        if policy is None:
            await self._refuse(client, 403, _stranger(client))
            return
        try:
            head = await read_head(client.reader)
        except PeerError as error:
            self._record(client, policy, "", status=400, error=f"400: {error}")
            await self._refuse(client, 400, f"mdelab proxy: {error}.")
            return
        if head is None:
            return
        policy = self._policy(client)  # it may have changed while the client was silent
        if policy is None:
            await self._refuse(client, 403, _stranger(client))
            return
        status, text = self._verdict(policy, head)
        if status:
            fields = (("Proxy-Authenticate", demand(policy.auth)),) if status == 407 and policy.auth else ()
            self._record_refusal(client, policy, head, status, text)
            await self._refuse(client, status, text, fields)
            return
        await self._pass_on(client, policy, head)

    async def _pass_on(self, client: Client, policy: HopPolicy, head: Head) -> None:
        try:
            far = await connect(self._zone, head.host, head.port, client.peer[0])
        except NotSimulated:
            text = f"mdelab does not simulate {head.host}"
            self._record_refusal(client, policy, head, 502, text)
            await self._refuse(client, 502, text)
            return
        except Unreachable as error:
            text = f"mdelab proxy: cannot connect to {error}"
            self._record_refusal(client, policy, head, 502, text)
            await self._refuse(client, 502, text)
            return
        onward = ends(far[1])
        try:
            if head.is_connect:
                self._record(client, policy, head.host, status=200, onward=onward)
                client.writer.write(ESTABLISHED)
                await splice((client.reader, client.writer), far)
            else:

                def record(status: int) -> None:
                    seen = HttpSeen(method=head.method, path=head.path, status=status)
                    self._record(client, policy, head.host, http=seen, onward=onward)

                await relay(head, (client.reader, client.writer), far, record)
        finally:
            await close(far[1])

    def _policy(self, client: Client) -> HopPolicy | None:
        caller = self._directory.caller(client.peer[0])
        return caller.tenant.hop_at("tunnel", client.slot) if caller else None

    def _verdict(self, policy: HopPolicy, head: Head) -> tuple[int, str]:
        """The status of a refusal and its text; (0, "") when the request may pass."""
        if not is_authenticated(policy, head.field("proxy-authorization")):
            return 407, f"{policy.name}: this proxy demands {policy.auth} authentication"
        if status := refused_status(policy, head.host):
            return status, f"{policy.name}: {head.host} is refused by policy"
        allowed = TUNNEL_PORT if head.is_connect else PLAIN_PORT
        if head.port != allowed:
            what = "CONNECT" if head.is_connect else "plain HTTP"
            return 403, f"{policy.name}: {what} is allowed to port {allowed} only, not to {head.port}"
        return 0, ""

    async def _refuse(self, client: Client, status: int, text: str, fields: tuple[tuple[str, str], ...] = ()) -> None:
        client.writer.write(refusal(status, text, lab_id=self._lab_id, fields=fields))
        await client.writer.drain()

    def _record_refusal(self, client: Client, policy: HopPolicy, head: Head, status: int, text: str) -> None:
        if head.is_connect:
            self._record(client, policy, head.host, status=status, error=text)
        else:
            seen = HttpSeen(method=head.method, path=head.path, status=status)
            self._record(client, policy, head.host, http=seen, error=text)

    def _record(
        self,
        client: Client,
        policy: HopPolicy,
        name: str,
        *,
        status: int = 0,
        onward: tuple[Address, Address] | None = None,
        http: HttpSeen | None = None,
        error: str = "",
    ) -> None:
        self._sink(
            Evidence(
                observer=policy.name,
                step="http" if http else "tunnel",
                local=client.local,
                peer=client.peer,
                onward=onward,
                name=name,
                connect_status=status,
                http=http,
                error=error,
            )
        )


def _stranger(client: Client) -> str:
    return (
        f"mdelab: {client.peer[0]} is no endpoint that uses this proxy, so nothing was sent. "
        "Other programs reach the lab with `mdelab run -- COMMAND`."
    )
