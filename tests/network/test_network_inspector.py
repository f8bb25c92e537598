import asyncio
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from network_rig import ENDPOINT, INTERCEPTION, NAME, OTHER, UNKNOWN, Answer, Authorities, Rig, curl, rig

from mdelab.model.errors import NotReady
from mdelab.model.evidence import Evidence, join
from mdelab.model.tenant import HopPolicy
from mdelab.model.work import Address
from mdelab.network.inspector import Inspector

_DEADLINE_S = 60
CORP = HopPolicy(name="corp-proxy", kind="inspecting")


@dataclass
class Lab:
    """One mitmproxy for all tests of this module; each test has a client address of its own."""

    runner: asyncio.Runner
    rig: Rig
    inspector: Inspector
    proxies: list[Address]
    clients: Iterator[str]

    def run(self, test: Callable[["Client"], Awaitable[None]], **policies: HopPolicy) -> None:
        client = Client(self, next(self.clients))

        async def main() -> None:
            async with asyncio.timeout(_DEADLINE_S):
                await client.policy(policies.get("policy", CORP))
                await test(client)
                await self.inspector.forget(client.address)

        self.runner.run(main())


@dataclass
class Client:
    lab: Lab
    address: str

    async def policy(self, *policies: HopPolicy) -> None:
        await self.lab.inspector.update(self.address, {policy.slot: policy for policy in policies})

    async def curl(self, url: str, *options: str, roots: Path | None = None, slot: int = 0) -> Answer:
        return await curl(self.lab.proxies[slot], url, *options, source=self.address, roots=roots)

    async def seen(self) -> list[Evidence]:
        await self.lab.inspector.flush()
        return [record for record in self.lab.rig.seen if record.peer and record.peer[0] == self.address]

    def at_cloud(self) -> list[Evidence]:
        return [record for record in self.lab.rig.cloud.seen if record.peer and record.peer[0] == self.address]


@pytest.fixture(scope="module")
def lab(authorities: Authorities, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    async def start(stack: AsyncExitStack) -> tuple[Rig, Inspector, list[Address]]:
        net = await stack.enter_async_context(rig(authorities))
        inspector = Inspector(
            folder=tmp_path_factory.mktemp("inspector") / "mitmproxy",
            ca_pem=authorities.interception_pem,
            upstream_roots=authorities.cloud_roots,
            zone=net.zone,
            sink=net.seen.append,
            lab_id="lab-1",
        )
        stack.push_async_callback(inspector.stop)
        return net, inspector, await inspector.start(slots=2)

    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            net, inspector, proxies = runner.run(start(stack))
            clients = (f"127.23.0.{number}" for number in range(1, 250))
            yield Lab(runner, net, inspector, proxies, clients)
        finally:
            runner.run(stack.aclose())


def test_a_client_that_does_not_know_the_interception_ca_refuses(lab: Lab, authorities: Authorities) -> None:
    async def test(client: Client) -> None:
        answer = await client.curl(f"https://{NAME}/secret", roots=authorities.cloud_roots)
        assert answer.code == 60
        tunnel, handshake = await client.seen()
        assert (tunnel.observer, tunnel.step, tunnel.connect_status, tunnel.name) == ("corp-proxy", "tunnel", 200, NAME)
        assert tunnel.peer == answer.source
        assert handshake.tls is not None
        assert (handshake.tls.outcome, handshake.tls.alert, handshake.tls.sni) == ("refused", "unknown ca", NAME)
        assert handshake.tls.presented_by == INTERCEPTION
        assert client.at_cloud() == []

    lab.run(test)


def test_a_client_that_trusts_the_interception_ca_gets_through_and_is_read(lab: Lab, authorities: Authorities) -> None:
    async def test(client: Client) -> None:
        answer = await client.curl(f"https://{NAME}/a?b=c", roots=authorities.interception_roots)
        assert (answer.code, answer.out) == (0, "OK /a?b=c")
        tunnel, handshake, exchange = await client.seen()
        assert handshake.tls is not None
        assert (handshake.tls.outcome, handshake.tls.presented_by) == ("established", INTERCEPTION)
        assert len(handshake.tls.leaf_sha256) == 64
        assert exchange.http is not None
        assert (exchange.http.method, exchange.http.path, exchange.http.status) == ("GET", "/a?b=c", 200)
        assert {record.onward for record in (tunnel, handshake, exchange)} == {tunnel.onward}

    lab.run(test)


def test_records_of_client_hop_and_cloud_join_by_socket_pairs(lab: Lab, authorities: Authorities) -> None:
    async def test(client: Client) -> None:
        clients = []
        for name in (NAME, OTHER):
            answer = await client.curl(f"https://{name}/", roots=authorities.interception_roots)
            clients.append(Evidence(observer="curl", step="tcp", purpose="client", local=answer.source, name=name))
        connections = join([*clients, *await client.seen(), *client.at_cloud()])
        assert [connection.name for connection in connections] == [NAME, OTHER]
        assert [connection.observers for connection in connections] == [["curl", "corp-proxy", "cloud"]] * 2

    lab.run(test)


def test_an_exempted_name_is_passed_on_unread_without_a_restart(lab: Lab, authorities: Authorities) -> None:
    async def test(client: Client) -> None:
        assert (await client.curl(f"https://{NAME}/1", roots=authorities.cloud_roots)).code == 60
        before = len(await client.seen())
        await client.policy(HopPolicy(name="corp-proxy", kind="inspecting", exempt=("*.cp.wd.microsoft.com",)))
        answer = await client.curl(f"https://{NAME}/2", roots=authorities.cloud_roots)
        assert (answer.code, answer.out) == (0, "OK /2")
        [tunnel] = (await client.seen())[before:]
        assert (tunnel.step, tunnel.connect_status) == ("tunnel", 200)
        [exchange] = client.at_cloud()
        assert tunnel.onward is not None
        assert exchange.peer == tunnel.onward[0]

    lab.run(test)


@pytest.mark.parametrize("scheme", ["basic", "negotiate", "ntlm", "digest"])
def test_an_authenticated_inspector_answers_407(lab: Lab, authorities: Authorities, scheme: str) -> None:
    async def test(client: Client) -> None:
        answer = await client.curl(f"https://{NAME}/", "--verbose", roots=authorities.interception_roots)
        assert answer.code in (56, 7)  # curl since 2026 says 7 for a refused CONNECT
        assert "response 407" in answer.err
        assert f"proxy-authenticate: {scheme}" in answer.err.lower()
        [tunnel] = await client.seen()
        assert (tunnel.connect_status, tunnel.onward, tunnel.name) == (407, None, NAME)

    lab.run(test, policy=HopPolicy(name="corp-proxy", kind="inspecting", auth=scheme))


def test_basic_credentials_open_it(lab: Lab, authorities: Authorities) -> None:
    async def test(client: Client) -> None:
        options = ("--proxy-user", "someone:secret")
        answer = await client.curl(f"https://{NAME}/", *options, roots=authorities.interception_roots)
        assert answer.code == 0
        assert (await client.seen())[0].connect_status == 200

    lab.run(test, policy=HopPolicy(name="corp-proxy", kind="inspecting", auth="basic"))


def test_a_refused_name_gets_its_status_and_others_pass(lab: Lab, authorities: Authorities) -> None:
    async def test(client: Client) -> None:
        refused = await client.curl(f"https://{NAME}/", roots=authorities.interception_roots)
        passed = await client.curl(f"https://{OTHER}/", roots=authorities.interception_roots)
        assert "response 403" in refused.err
        assert passed.code == 0

    lab.run(test, policy=HopPolicy(name="corp-proxy", kind="inspecting", refuse={NAME: 403}))


def test_a_name_outside_the_lab_is_answered_with_502(lab: Lab) -> None:
    async def test(client: Client) -> None:
        secure = await client.curl(f"https://{UNKNOWN}/", "--verbose")
        plain = await client.curl(f"http://{UNKNOWN}/", "--include")
        assert "response 502" in secure.err
        assert "x-mdelab: lab-1" in plain.out.lower()
        assert f"mdelab does not simulate {UNKNOWN}" in plain.out
        tunnel, exchange = await client.seen()
        assert tunnel.error == exchange.error == f"mdelab does not simulate {UNKNOWN}"
        assert client.at_cloud() == []

    lab.run(test)


def test_plain_http_is_read_and_kept_connections_are_used_again(lab: Lab) -> None:
    async def test(client: Client) -> None:
        answer = await client.curl("http://crl.microsoft.com/b", "http://crl.microsoft.com/a")  # options go first
        assert answer.code == 0
        exchanges = await client.seen()
        assert [(record.http and record.http.path, record.name) for record in exchanges] == [
            ("/a", "crl.microsoft.com"),
            ("/b", "crl.microsoft.com"),
        ]
        assert len({record.peer for record in client.at_cloud()}) == 1

    lab.run(test)


def test_kept_tunnels_use_one_leg_onward(lab: Lab, authorities: Authorities) -> None:
    async def test(client: Client) -> None:
        roots = authorities.interception_roots
        answer = await client.curl(f"https://{NAME}/1", f"https://{NAME}/2", roots=roots)
        assert answer.code == 0
        assert len({record.peer for record in client.at_cloud()}) == 1
        assert len(client.at_cloud()) == 2

    lab.run(test)


def test_a_changed_refusal_acts_on_an_open_tunnel_at_its_next_request(lab: Lab, authorities: Authorities) -> None:
    async def test(client: Client) -> None:
        reader, writer = await asyncio.open_connection(*lab.proxies[0], local_addr=(client.address, 0))
        writer.write(f"CONNECT {NAME}:443 HTTP/1.1\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        context = ssl.create_default_context(cafile=str(authorities.interception_roots))
        await writer.start_tls(context, server_hostname=NAME)
        request = f"GET /x HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode()
        writer.write(request)
        assert (await reader.readuntil(b"OK /x")).startswith(b"HTTP/1.1 200")
        await client.policy(HopPolicy(name="corp-proxy", kind="inspecting", refuse={"*": 403}))
        writer.write(request)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 403")
        writer.transport.abort()

    lab.run(test)


def test_megabytes_arrive_whole(lab: Lab, authorities: Authorities, tmp_path: Path) -> None:
    async def test(client: Client) -> None:
        got = tmp_path / "blob"
        options = ("--output", str(got))
        answer = await client.curl(f"https://{NAME}/blob", *options, roots=authorities.interception_roots)
        assert answer.code == 0
        assert got.read_bytes() == lab.rig.cloud.blob
        assert (await client.seen())[-1].http is not None

    lab.run(test)


def test_each_slot_has_the_policy_of_that_number(lab: Lab, authorities: Authorities) -> None:
    async def test(client: Client) -> None:
        second = HopPolicy(name="second", kind="inspecting", slot=1, refuse={"*": 403})
        await client.policy(CORP, second)
        await client.curl(f"https://{NAME}/", roots=authorities.interception_roots, slot=1)
        assert [(record.observer, record.connect_status) for record in await client.seen()] == [("second", 403)]
        await client.policy(CORP)
        refused = await client.curl(f"https://{NAME}/", roots=authorities.interception_roots, slot=1)
        assert "response 403" in refused.err

    lab.run(test)


def test_a_client_that_is_no_endpoint_is_refused(lab: Lab) -> None:
    async def test(client: Client) -> None:
        await lab.inspector.forget(client.address)
        answer = await client.curl("http://crl.microsoft.com/")
        assert f"{client.address} is no endpoint" in answer.out
        assert await client.seen() == []
        assert client.at_cloud() == []

    lab.run(test)


def test_a_handshake_that_is_given_up_is_broken_and_not_refused(lab: Lab) -> None:
    async def test(client: Client) -> None:
        reader, writer = await asyncio.open_connection(*lab.proxies[0], local_addr=(client.address, 0))
        writer.write(f"CONNECT {NAME}:443 HTTP/1.1\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        hello, out = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = ssl.create_default_context().wrap_bio(hello, out, server_hostname=NAME)
        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
        writer.write(out.read())
        await reader.read(1)  # the ServerHello has begun to arrive
        writer.close()
        await writer.wait_closed()
        seen = await client.seen()
        assert seen[1].tls is not None
        assert (seen[1].tls.outcome, seen[1].tls.alert) == ("broken", "")

    lab.run(test)


def test_garbage_is_answered_and_the_process_goes_on(lab: Lab, authorities: Authorities) -> None:
    async def test(client: Client) -> None:
        reader, writer = await asyncio.open_connection(*lab.proxies[0], local_addr=(client.address, 0))
        writer.write(b"\x00\xff\x00 garbage\r\n\r\n")
        writer.write_eof()
        await reader.read(-1)
        writer.close()
        await writer.wait_closed()
        assert (await client.curl(f"https://{NAME}/", roots=authorities.interception_roots)).code == 0

    lab.run(test)


OWNER = """
import asyncio, sys
from pathlib import Path
from mdelab.model.zone import Zone
from mdelab.network.inspector import Inspector

async def main():
    folder = Path(sys.argv[1])
    inspector = Inspector(folder=folder, ca_pem=Path(sys.argv[2]), upstream_roots=Path(sys.argv[3]),
                          zone=Zone(lambda name: False, "127.0.0.1", {}), sink=print)
    [(host, port)] = await inspector.start()
    print(inspector.pid, port, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def test_an_owner_that_is_killed_leaves_no_process_and_no_port(authorities: Authorities, tmp_path: Path) -> None:
    command = [sys.executable, "-c", OWNER, tmp_path, authorities.interception_pem, authorities.cloud_roots]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        pid, port = map(int, owner.stdout.readline().split())
        watch = os.pidfd_open(pid)
        try:
            owner.kill()

            async def ended() -> None:
                loop, gone = asyncio.get_running_loop(), asyncio.Event()
                loop.add_reader(watch, gone.set)
                async with asyncio.timeout(_DEADLINE_S):
                    await gone.wait()
                loop.remove_reader(watch)
                with pytest.raises(ConnectionRefusedError):
                    await asyncio.open_connection("127.0.0.1", port)

            asyncio.run(ended())
        finally:
            os.close(watch)


def test_a_killed_process_is_said_clearly_and_can_be_started_again(authorities: Authorities, tmp_path: Path) -> None:
    async def test() -> None:
        async with rig(authorities) as net:
            inspector = Inspector(
                folder=tmp_path,
                ca_pem=authorities.interception_pem,
                upstream_roots=authorities.cloud_roots,
                zone=net.zone,
                sink=net.seen.append,
            )
            await inspector.start()
            await inspector.update(ENDPOINT, {0: CORP})
            assert inspector.pid is not None
            os.kill(inspector.pid, signal.SIGKILL)
            with pytest.raises(NotReady, match="inspecting proxy"):
                await inspector.update(ENDPOINT, {0: CORP})
            await inspector.flush()
            [proxy] = await inspector.start()
            answer = await curl(proxy, f"https://{NAME}/", roots=authorities.interception_roots)
            assert answer.code == 0
            await inspector.stop()
            await inspector.stop()

    asyncio.run(asyncio.wait_for(test(), _DEADLINE_S))


def test_a_broken_ca_is_named_in_the_message(authorities: Authorities, tmp_path: Path) -> None:
    async def test() -> None:
        async with rig(authorities) as net:
            broken = tmp_path / "broken.pem"
            broken.write_text("no key here")
            inspector = Inspector(
                folder=tmp_path / "mitmproxy",
                ca_pem=broken,
                upstream_roots=authorities.cloud_roots,
                zone=net.zone,
                sink=net.seen.append,
            )
            with pytest.raises(NotReady, match="It wrote: "):
                await inspector.start()
            assert not inspector.is_running

    asyncio.run(asyncio.wait_for(test(), _DEADLINE_S))
