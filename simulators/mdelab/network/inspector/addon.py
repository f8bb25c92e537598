"""The inside of the mitmproxy process: what the inspecting hop does with each connection, by the client's address.

This is the only module that imports mitmproxy, and it runs in a process of its own: `python -m` with the number of the
socket to its owner, then mitmdump's own options. Its counterpart is `mdelab.network.inspector.owner`.
"""

import asyncio
import itertools
import logging
import os
import re
import socket
import sys

import msgspec
from mitmproxy import connection, ctx, http, tls
from mitmproxy.options import Options
from mitmproxy.proxy import server_hooks
from mitmproxy.proxy.mode_servers import ServerInstance, ServerManager
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.tools import cmdline
from mitmproxy.tools.dump import DumpMaster
from mitmproxy.tools.main import run

from mdelab.model.evidence import Evidence, HttpSeen, Step, TlsSeen
from mdelab.model.fault import Faults
from mdelab.model.names import matches
from mdelab.model.tenant import HopPolicy
from mdelab.model.work import Address
from mdelab.network.answer import demand, is_authenticated, refused_status
from mdelab.network.faults import proxy_verdict
from mdelab.network.faults.verdicts import Aborted, Answered, Held, Inspected
from mdelab.network.inspector.messages import (
    MAX_LINE_BYTES,
    Begin,
    Done,
    Flush,
    Forget,
    Holds,
    Locate,
    Located,
    Ready,
    Seen,
    ToOwner,
    ToProcess,
    Update,
    line,
)

_FLUSH_TURNS = 30
"""Turns of the event loop after which bytes that have reached a socket have become evidence: read, parsed, hooks run."""

_ALERT = re.compile(r"alert ([a-z ]+)")


class Inspect:
    """Policies by client address and slot; evidence out."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._servers: list[asyncio.Server] = []
        self._lab_id = ""
        self._slots: dict[Address, int] = {}
        self._policies: dict[str, dict[int, HopPolicy]] = {}
        self._faults: dict[str, tuple[str, Faults]] = {}
        """By client address: the endpoint's name and the faults of its tenant."""
        self._faulty: dict[str, str] = {}
        """Connection id of a client -> the fault that acts on it."""
        self._inspected: set[str] = set()
        """Ids of the client connections that a fault reads, whatever the bypass list says."""
        self._held: dict[str, asyncio.Event] = {}
        """Connection id of a client that is kept waiting -> set when it has gone."""
        self._ids = itertools.count()
        self._questions: dict[int, asyncio.Future[Located]] = {}
        self._tunnels: dict[str, str] = {}
        """Connection id of the client -> the name that it asked CONNECT for."""
        self._refused: set[str] = set()
        """Ids of the flows that this hop answered by itself."""
        self._asked: dict[str, Address] = {}
        """Connection id of a server -> the name and port that stand for it."""

    # The channel to the owner

    async def running(self) -> None:
        logging.getLogger().setLevel(logging.ERROR)  # formatting records that nobody reads costs a tenth of the CPU
        reader, self._writer = await asyncio.open_unix_connection(sock=self._channel, limit=MAX_LINE_BYTES)
        self._reading = asyncio.create_task(self._read(reader))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        decoder: msgspec.json.Decoder[ToProcess] = msgspec.json.Decoder(ToProcess)
        try:
            while text := await reader.readline():
                await self._obey(decoder.decode(text))
        finally:
            os._exit(0)  # the owner is gone, perhaps killed; nothing here is worth a slow goodbye

    async def _obey(self, message: ToProcess) -> None:
        match message:
            case Begin():
                await self._listen(message)
            case Update(id=number, client=client, endpoint=endpoint, policies=policies, faults=faults):
                self._policies[client] = policies
                _, known = self._faults.setdefault(client, (endpoint, Faults()))
                known.become(faults)
                self._send(Done(id=number))
            case Forget(id=number, client=client):
                self._policies.pop(client, None)
                self._faults.pop(client, None)
                self._send(Done(id=number))
            case Located(id=number):
                self._questions.pop(number).set_result(message)
            case Flush(id=number):
                for _ in range(_FLUSH_TURNS):
                    await asyncio.sleep(0)
                self._send(Done(id=number))

    async def _listen(self, begin: Begin) -> None:
        # Not by --mode: mitmproxy refuses two modes on one address with port 0, and picks its free port in a racy way.
        self._lab_id = begin.lab_id
        manager: ServerManager = ctx.master.addons.get("proxyserver")  # type: ignore[no-untyped-call]  # theirs
        instance: ServerInstance[ProxyMode] = ServerInstance.make("regular", manager)
        for slot, port in enumerate(begin.ports):
            server = await asyncio.start_server(instance.handle_stream, begin.address, port, backlog=1024)
            self._slots[_address(server.sockets[0].getsockname())] = slot
            self._servers.append(server)
        self._send(Ready(addresses=list(self._slots)))

    def _send(self, message: ToOwner) -> None:
        assert self._writer is not None
        self._writer.write(line(message))

    async def _locate(self, client: connection.Client, host: str, port: int) -> Located:
        number = next(self._ids)
        future: asyncio.Future[Located] = asyncio.get_running_loop().create_future()
        self._questions[number] = future
        self._send(Locate(id=number, client=client.peername[0], host=host, port=port))
        return await future

    # Requests to the proxy

    async def http_connect(self, flow: http.HTTPFlow) -> None:
        flow.response = await self._fault(flow) or await self._refusal(
            flow, flow.request.host, flow.request.port, is_connect=True
        )
        if flow.response is None:
            self._tunnels[flow.client_conn.id] = flow.request.host

    def http_connected(self, flow: http.HTTPFlow) -> None:
        self._record(flow.client_conn, "tunnel", flow.request.host, server=flow.server_conn, connect_status=200)

    def http_connect_error(self, flow: http.HTTPFlow) -> None:
        assert flow.response is not None
        status, text = flow.response.status_code, (flow.response.text or "").strip()
        self._record(flow.client_conn, "tunnel", flow.request.host, connect_status=status, error=text)

    async def request(self, flow: http.HTTPFlow) -> None:
        tunnel = self._tunnels.get(flow.client_conn.id)
        if tunnel is None:
            flow.response = await self._fault(flow) or await self._refusal(
                flow, flow.request.host, flow.request.port, is_connect=False
            )
        else:
            policy = self._policy(flow.client_conn)  # it may have changed since the tunnel was opened
            status = refused_status(policy, tunnel) if policy else 403
            flow.response = self._answer(status, f"{tunnel} is refused by policy") if status else None
        if flow.response is not None:
            self._refused.add(flow.id)

    def response(self, flow: http.HTTPFlow) -> None:
        assert flow.response is not None
        is_refusal = flow.id in self._refused
        self._refused.discard(flow.id)
        self._record_http(flow, flow.response.status_code, (flow.response.text or "").strip() if is_refusal else "")

    def error(self, flow: http.HTTPFlow) -> None:
        if flow.request.method == "CONNECT" or flow.error is None:
            return
        status = flow.response.status_code if flow.response else 502 if flow.client_conn.connected else 0
        self._record_http(flow, status, flow.error.msg)

    def client_disconnected(self, client: connection.Client) -> None:
        self._tunnels.pop(client.id, None)
        self._faulty.pop(client.id, None)
        self._inspected.discard(client.id)
        if client.id in self._held:
            self._held.pop(client.id).set()

    async def _fault(self, flow: http.HTTPFlow) -> http.Response | None:
        """What the hop does wrong with a request: the answer that a fault gives, if it gives one."""
        client, policy = flow.client_conn, self._policy(flow.client_conn)
        endpoint, faults = self._faults.get(client.peername[0], ("", Faults()))
        if policy is None:
            return None
        name = flow.request.host
        fault, verdict = proxy_verdict(faults, "inspecting", endpoint=endpoint, hop=policy.name, name=name)
        self._faulty[client.id] = fault
        match verdict:
            case Answered(status=status, text=text, scheme=scheme):
                answer = self._answer(status, text)
                if scheme:
                    answer.headers["Proxy-Authenticate"] = demand(scheme)
                return answer
            case Inspected():
                self._inspected.add(client.id)
            case Aborted():
                self._record(client, "tunnel", name, error="closed without an answer")
                flow.kill()  # type: ignore[no-untyped-call]  # theirs
            case Held():
                self._record(client, "tunnel", name, error="taken and not answered")
                gone = self._held[client.id] = asyncio.Event()
                self._send(Holds(client=_address(client.peername), begins=True))
                await gone.wait()
                self._send(Holds(client=_address(client.peername), begins=False))
                flow.kill()  # type: ignore[no-untyped-call]  # theirs
        return None

    async def _refusal(self, flow: http.HTTPFlow, host: str, port: int, *, is_connect: bool) -> http.Response | None:
        """The answer by which the hop refuses a request; None when it may pass."""
        policy = self._policy(flow.client_conn)
        if policy is None:
            peer = flow.client_conn.peername[0]
            return self._answer(403, f"mdelab: {peer} is no endpoint that uses this proxy, so nothing was sent")
        if not is_authenticated(policy, flow.request.headers.get("Proxy-Authorization", "")):
            answer = self._answer(407, f"{policy.name}: this proxy demands {policy.auth} authentication")
            answer.headers["Proxy-Authenticate"] = demand(policy.auth)
            return answer
        if status := refused_status(policy, host):
            return self._answer(status, f"{policy.name}: {host} is refused by policy")
        allowed = 443 if is_connect else 80
        if port != allowed:
            what = "CONNECT" if is_connect else "plain HTTP"
            return self._answer(403, f"{policy.name}: {what} is allowed to port {allowed} only, not to {port}")
        if (await self._locate(flow.client_conn, host, port)).where is None:
            return self._answer(502, f"mdelab does not simulate {host}")
        return None

    def _answer(self, status: int, text: str) -> http.Response:
        headers = {"Content-Type": "text/plain; charset=utf-8", "Connection": "close"}
        if self._lab_id:
            headers["X-Mdelab"] = self._lab_id
        return http.Response.make(status, f"{text}\n", headers)

    # The next leg

    async def server_connect(self, data: server_hooks.ServerConnectionHookData) -> None:
        assert data.server.address is not None
        host, port = data.server.address[:2]
        located = await self._locate(data.client, host, port)
        if located.where is None or self._policy(data.client) is None:
            data.server.error = f"mdelab does not simulate {host}"
            return
        self._asked[data.server.id] = (host, port)
        data.server.address = located.where
        data.server.sockname = (located.source, 0)

    def server_connected(self, data: server_hooks.ServerConnectionHookData) -> None:
        self._restore(data.server)

    def server_connect_error(self, data: server_hooks.ServerConnectionHookData) -> None:
        self._restore(data.server)

    def _restore(self, server: connection.Server) -> None:
        """Give the connection its real name back, by which mitmproxy finds it again for the next request.

        Its setter refuses on an open connection, so that nobody believes it would move; here nothing is to move.
        """
        asked = self._asked.pop(server.id, None)
        if asked is not None:
            vars(server)["address"] = asked

    # TLS with the client

    def tls_clienthello(self, data: tls.ClientHelloData) -> None:
        policy = self._policy(data.context.client)
        names = [name for name in (data.client_hello.sni, self._tunnels.get(data.context.client.id)) if name]
        if data.context.client.id in self._inspected:
            return
        if policy and any(matches(pattern, name) for pattern in policy.exempt for name in names):
            data.ignore_connection = True

    def tls_established_client(self, data: tls.TlsData) -> None:
        self._record_tls(data, "established", "", "")

    def tls_failed_client(self, data: tls.TlsData) -> None:
        text = data.conn.error or ""
        alert = _ALERT.search(text)
        is_broken = alert is None and ("disconnected" in text or "closed" in text or "parse ClientHello" in text)
        self._record_tls(data, "broken" if is_broken else "refused", alert[1].strip() if alert else "", text)

    # Evidence

    def _policy(self, client: connection.Client) -> HopPolicy | None:
        slot = self._slots.get(_address(client.sockname))
        return self._policies.get(client.peername[0], {}).get(-1 if slot is None else slot)

    def _record_http(self, flow: http.HTTPFlow, status: int, error: str) -> None:
        name = self._tunnels.get(flow.client_conn.id) or flow.request.pretty_host
        seen = HttpSeen(method=flow.request.method, path=flow.request.path, status=status)
        self._record(flow.client_conn, "http", name, server=flow.server_conn, http=seen, error=error)

    def _record_tls(self, data: tls.TlsData, outcome: str, alert: str, error: str) -> None:
        client = data.context.client
        leaf = data.ssl_conn.get_certificate() if data.ssl_conn else None
        seen = msgspec.convert(
            {
                "outcome": outcome,
                "sni": client.sni or "",
                "version": client.tls_version or "",
                "alert": alert,
                "presented_by": (leaf.get_issuer().CN or "") if leaf else "",
                "leaf_sha256": leaf.digest("sha256").decode().replace(":", "").lower() if leaf else "",
            },
            TlsSeen,
        )
        name = self._tunnels.get(client.id) or client.sni or ""
        self._record(client, "tls", name, server=data.context.server, tls_seen=seen, error=error)

    def _record(
        self,
        client: connection.Client,
        step: Step,
        name: str,
        *,
        server: connection.Server | None = None,
        connect_status: int = 0,
        tls_seen: TlsSeen | None = None,
        http: HttpSeen | None = None,
        error: str = "",
    ) -> None:
        policy = self._policy(client)
        if policy is None:
            return  # a client that is no endpoint, or one whose tenant has ended
        onward = None
        if server is not None and server.sockname and server.peername:
            onward = _address(server.sockname), _address(server.peername)
        evidence = Evidence(
            observer=policy.name,
            step=step,
            local=_address(client.sockname),
            peer=_address(client.peername),
            onward=onward,
            name=name,
            connect_status=connect_status,
            tls=tls_seen,
            http=http,
            error=error,
            fault=self._faulty.get(client.id, ""),
        )
        self._send(Seen(evidence=evidence))


def _address(pair: tuple[str, int]) -> Address:
    return (pair[0], pair[1])


def main() -> None:
    """argv: the number of the inherited socket, then mitmdump's options."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    channel.setblocking(False)
    addon = Inspect(channel)

    class Master(DumpMaster):
        def __init__(self, options: Options) -> None:
            super().__init__(options, with_dumper=False)
            self.addons.add(addon)  # type: ignore[no-untyped-call]  # theirs

    run(Master, cmdline.mitmdump, ["--no-server", *sys.argv[2:]])


if __name__ == "__main__":
    main()
