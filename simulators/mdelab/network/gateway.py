"""What direct traffic passes on its way out: a firewall, whose name nobody sets, and which passes everything on by itself.

It acts by the name that a connection is for, and on nothing but faults. On loopback the plain path does not lead through
it: `lead` says which connections do, so that a tenant without such a fault pays nothing. It binds the client's address
again on the way on. Proxies, which clients name, are `mdelab.network.tunnel` and `mdelab.network.inspector`.
"""

from mdelab.model.evidence import Evidence, EvidenceSink, HttpSeen, TlsSeen
from mdelab.model.fault import InForce
from mdelab.model.tenant import Caller, Directory
from mdelab.model.work import Address
from mdelab.model.zone import Zone
from mdelab.network.faults import GATEWAY
from mdelab.network.faults.verdicts import Dropped, GatewayVerdict, Held, Portal, Rejected, Reset
from mdelab.network.hello import is_whole, name_in
from mdelab.network.listener import Client, Listener, close, hold, reset
from mdelab.network.nowhere import Nowhere
from mdelab.network.onward import PLAIN_PORT, TUNNEL_PORT, NotSimulated, Unreachable, connect, ends
from mdelab.network.portal import Showing, Talk, answer, asked
from mdelab.network.splice import splice

OBSERVER = "gateway"
"""Its name in evidence: a tenant has one."""

_PORTS = (TUNNEL_PORT, PLAIN_PORT)
"""What it listens for, in slot order: all ports of the lab's cloud."""

_MOST_FIRST_BYTES = 16_384


class Gateway:
    """The firewall of every tenant."""

    def __init__(self, directory: Directory, zone: Zone, sink: EvidenceSink, portal: Showing) -> None:
        """portal: what a captive portal shows."""
        self._portal = portal
        self._directory = directory
        self._zone = zone
        self._sink = sink
        self._nowhere = Nowhere()
        self._listener = Listener(self._serve)
        self._listens: dict[int, Address] = {}

    async def start(self, address: str = "127.0.0.1") -> None:
        """Listen for each port of the cloud. Raises OSError or NotReady."""
        self._nowhere.start(address)
        self._listens = dict(zip(_PORTS, await self._listener.start(address, len(_PORTS)), strict=True))

    async def stop(self) -> None:
        """Close everything, open connections too."""
        await self._listener.stop()
        self._nowhere.stop()

    def lead(self, client: str, host: str, port: int) -> Address | None:
        """Where a connection from `client` (an IP) to (host, port) is led; None when nothing stands in its way."""
        caller = self._directory.caller(client)
        if caller is None or port not in self._listens or self._zone.resolve(host) is None:
            return None
        leads_here = False
        for fault, verdict in _verdicts(caller, host, port):
            match verdict:
                case Dropped() if caller.tenant.faults.takes(fault, caller.endpoint, host):
                    self._record_request(client, host, "connection request dropped", fault.id)
                    caller.tenant.work.hold(self._nowhere.void)
                    return self._nowhere.void
                case Rejected() if caller.tenant.faults.takes(fault, caller.endpoint, host):
                    self._record_request(client, host, "connection request rejected", fault.id)
                    return self._nowhere.closed
                case Reset() | Held() | Portal():
                    leads_here = True
        return self._listens[port] if leads_here else None

    async def _serve(self, client: Client) -> None:
        caller = self._directory.caller(client.peer[0])
        if caller is None:
            return  # no endpoint, so nobody's traffic
        first = await _first_bytes(client)
        name, port = name_in(first), _PORTS[client.slot]
        for fault, verdict in _verdicts(caller, name, port):
            if isinstance(verdict, Dropped | Rejected) or not caller.tenant.faults.takes(fault, caller.endpoint, name):
                continue
            await self._act(client, caller, name, fault, verdict, first)
            return
        await self._pass_on(client, name, port, first)

    async def _act(
        self, client: Client, caller: Caller, name: str, fault: InForce, verdict: GatewayVerdict, first: bytes
    ) -> None:
        match verdict:
            case Reset():
                self._record(client, name, error="connection reset", fault=fault.id)
                reset(client)
            case Held():
                self._record(client, name, error="taken and not passed on", fault=fault.id)
                await hold(client, caller.tenant.work)
            case Portal(page=page) if client.slot == _PORTS.index(PLAIN_PORT):
                self._record(client, name, http=asked(first), fault=fault.id)
                client.writer.write(answer(page))
                await client.writer.drain()
            case Portal(page=page):
                talk = Talk(client, first, self._portal)
                seen = await talk.shake_hands(name)
                self._record(client, name, tls=seen, fault=fault.id)
                if seen.outcome == "established" and (http := await talk.serve(page)):
                    self._record(client, name, http=http, fault=fault.id)

    async def _pass_on(self, client: Client, name: str, port: int, first: bytes) -> None:
        try:
            far = await connect(self._zone, name, port, client.peer[0])
        except (NotSimulated, Unreachable) as error:
            self._record(client, name, error=f"cannot connect: {error}")
            return
        try:
            self._record(client, name, onward=ends(far[1]))
            far[1].write(first)
            await splice((client.reader, client.writer), far)
        finally:
            await close(far[1])

    def _record_request(self, client: str, name: str, error: str, fault: str) -> None:
        """Of a connection that was never made; nobody has its socket."""
        self._sink(Evidence(observer=OBSERVER, step="tcp", name=name, address=client, error=error, fault=fault))

    def _record(
        self,
        client: Client,
        name: str,
        *,
        onward: tuple[Address, Address] | None = None,
        tls: TlsSeen | None = None,
        http: HttpSeen | None = None,
        error: str = "",
        fault: str = "",
    ) -> None:
        self._sink(
            Evidence(
                observer=OBSERVER,
                step="tls" if tls else "http" if http else "tcp",
                local=client.local,
                peer=client.peer,
                onward=onward,
                name=name,
                tls=tls,
                http=http,
                error=error,
                fault=fault,
            )
        )


def _verdicts(caller: Caller, name: str, port: int) -> list[tuple[InForce, GatewayVerdict]]:
    """What the faults of the gateway would do with a connection, each before it has drawn."""
    return [
        (fault, GATEWAY[fault.action](fault))
        for fault in caller.tenant.faults.at("gateway", endpoint=caller.endpoint, name=name)
        if fault.number("port") in (0, port)
    ]


async def _first_bytes(client: Client) -> bytes:
    """What the client says first, as far as a firewall reads it; less when the client is done before."""
    first = b""
    while not is_whole(first) and len(first) < _MOST_FIRST_BYTES:
        data = await client.reader.read(_MOST_FIRST_BYTES)
        if not data:
            break
        first += data
    return first
