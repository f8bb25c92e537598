"""The proxy that passes bytes on unread: CONNECT tunnels, and plain HTTP for the services on port 80.

One warm proxy serves every tenant: it finds the hop's policy by the client's address and binds that address again on
the way on. What inspects TLS is `mdelab.network.inspector`; what serves clients that are no endpoints is
`mdelab.network.entrance`.
"""

from dataclasses import dataclass

from mdelab.model.errors import PeerError
from mdelab.model.evidence import Evidence, EvidenceSink, HttpSeen
from mdelab.model.tenant import Directory, HopPolicy
from mdelab.model.work import Address
from mdelab.model.zone import Zone
from mdelab.network.answer import ESTABLISHED, demand, is_authenticated, refusal, refused_status
from mdelab.network.faults import proxy_verdict
from mdelab.network.faults.verdicts import Aborted, Answered, Held
from mdelab.network.head import Head, read_head
from mdelab.network.listener import Client, Listener, close, hold
from mdelab.network.onward import PLAIN_PORT, TUNNEL_PORT, NotSimulated, Unreachable, connect, ends
from mdelab.network.relay import relay
from mdelab.network.splice import Streams, splice


@dataclass(frozen=True, slots=True, eq=False)
class _Tunnel:
    """One that stands."""

    client: Client
    head: Head
    far: Streams


class TunnelProxy:
    """A static HTTP proxy of every tenant, without decryption."""

    def __init__(self, directory: Directory, zone: Zone, sink: EvidenceSink, lab_id: str = "") -> None:
        self._directory = directory
        self._zone = zone
        self._sink = sink
        self._lab_id = lab_id
        self._tunnels: set[_Tunnel] = set()
        self._listener = Listener(self._serve)

    async def start(self, address: str = "127.0.0.1", slots: int = 1) -> list[Address]:
        """Listen once for each slot on ports that the system chooses; their addresses in slot order."""
        return await self._listener.start(address, slots)

    async def stop(self) -> None:
        """Close everything, open tunnels too."""
        await self._listener.stop()

    def revise(self) -> None:
        """End the tunnels that the policies of now refuse: what a proxy or a firewall blocks does not go on for days."""
        for tunnel in list(self._tunnels):
            policy = self._policy(tunnel.client)
            if policy is None or _verdict(policy, tunnel.head):
                tunnel.client.writer.transport.abort()
                tunnel.far[1].transport.abort()

    async def _serve(self, client: Client) -> None:
        policy = self._policy(client)
        if policy is None:
            await self._refuse(client, Answered(403, _stranger(client)))
            return
        try:
            head = await read_head(client.reader)
        except PeerError as error:
            self._record(client, policy, "", status=400, error=f"400: {error}")
            await self._refuse(client, Answered(400, f"mdelab proxy: {error}."))
            return
        if head is None:
            return
        caller = self._directory.caller(client.peer[0])
        policy = self._policy(client)  # it may have changed while the client was silent
        if caller is None or policy is None:
            await self._refuse(client, Answered(403, _stranger(client)))
            return
        fault, verdict = proxy_verdict(
            caller.tenant.faults, "tunnel", endpoint=caller.endpoint, hop=policy.name, name=head.host
        )
        match verdict or _verdict(policy, head):
            case Answered() as answer:
                await self._answer(client, policy, head, answer, fault)
            case Aborted():
                self._record_refusal(client, policy, head, 0, "closed without an answer", fault)
            case Held():
                self._record_refusal(client, policy, head, 0, "taken and not answered", fault)
                await hold(client, caller.tenant.work)
            case _:
                await self._pass_on(client, policy, head)

    async def _answer(self, client: Client, policy: HopPolicy, head: Head, answer: Answered, fault: str = "") -> None:
        """Answer by itself."""
        self._record_refusal(client, policy, head, answer.status, answer.text, fault)
        await self._refuse(client, answer)

    async def _pass_on(self, client: Client, policy: HopPolicy, head: Head) -> None:
        try:
            far = await connect(self._zone, head.host, head.port, client.peer[0])
        except NotSimulated:
            await self._answer(client, policy, head, Answered(502, f"mdelab does not simulate {head.host}"))
            return
        except Unreachable as error:
            await self._answer(client, policy, head, Answered(502, f"mdelab proxy: cannot connect to {error}"))
            return
        onward = ends(far[1])
        try:
            if head.is_connect:
                self._record(client, policy, head.host, status=200, onward=onward)
                client.writer.write(ESTABLISHED)
                await self._stand(_Tunnel(client, head, far))
            else:

                def record(status: int) -> None:
                    seen = HttpSeen(method=head.method, path=head.path, status=status)
                    self._record(client, policy, head.host, http=seen, onward=onward)

                await relay(head, (client.reader, client.writer), far, record)
        finally:
            await close(far[1])

    async def _stand(self, tunnel: _Tunnel) -> None:
        self._tunnels.add(tunnel)
        try:
            await splice((tunnel.client.reader, tunnel.client.writer), tunnel.far)
        finally:
            self._tunnels.discard(tunnel)

    def _policy(self, client: Client) -> HopPolicy | None:
        caller = self._directory.caller(client.peer[0])
        return caller.tenant.hop_at("tunnel", client.slot) if caller else None

    async def _refuse(self, client: Client, answer: Answered) -> None:
        fields = (("Proxy-Authenticate", demand(answer.scheme)),) if answer.scheme else ()
        client.writer.write(refusal(answer.status, answer.text, lab_id=self._lab_id, fields=fields))
        await client.writer.drain()

    def _record_refusal(
        self, client: Client, policy: HopPolicy, head: Head, status: int, text: str, fault: str = ""
    ) -> None:
        if head.is_connect:
            self._record(client, policy, head.host, status=status, error=text, fault=fault)
        else:
            seen = HttpSeen(method=head.method, path=head.path, status=status)
            self._record(client, policy, head.host, http=seen, error=text, fault=fault)

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
        fault: str = "",
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
                fault=fault,
            )
        )


def _verdict(policy: HopPolicy, head: Head) -> Answered | None:
    """How the hop's own policy refuses a request; None when it may pass."""
    if not is_authenticated(policy, head.field("proxy-authorization")):
        return Answered(407, f"{policy.name}: this proxy demands {policy.auth} authentication", policy.auth)
    if status := refused_status(policy, head.host):
        return Answered(status, f"{policy.name}: {head.host} is refused by policy")
    allowed = TUNNEL_PORT if head.is_connect else PLAIN_PORT
    if head.port != allowed:
        what = "CONNECT" if head.is_connect else "plain HTTP"
        return Answered(403, f"{policy.name}: {what} is allowed to port {allowed} only, not to {head.port}")
    return None


def _stranger(client: Client) -> str:
    return (
        f"mdelab: {client.peer[0]} is no endpoint that uses this proxy, so nothing was sent. "
        "Other programs reach the lab with `mdelab run -- COMMAND`."
    )
