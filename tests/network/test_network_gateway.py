"""What direct traffic passes, with real curl: by the name in the first bytes, and by nothing else than a fault."""

import asyncio
import os
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest
import trustme
from network_rig import ENDPOINT, NAME, OTHER, Answer, Authorities, Rig, rig

from mdelab.model.fault import InForce, Setting
from mdelab.model.work import Address
from mdelab.network.gateway import Gateway
from mdelab.network.nowhere import Nowhere
from mdelab.network.portal import Showing

PORTAL = "the portal's own"


@asynccontextmanager
async def passed(authorities: Authorities) -> AsyncIterator[tuple[Rig, Gateway]]:
    async with rig(authorities) as net:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert(NAME, OTHER).configure_cert(context)
        gateway = Gateway(net.directory, net.zone, net.seen.append, Showing(context, PORTAL))
        await gateway.start()
        try:
            yield net, gateway
        finally:
            await gateway.stop()


def fault(action: str, *names: str, id: str = "f", **settings: Setting) -> InForce:  # noqa: A002 - the field's name
    return InForce(id=id, places=("gateway",), action=action, names=names or ("*",), settings={"port": 443, **settings})


async def curl(net: Rig, gateway: Gateway, url: str, *options: str) -> Answer:
    """Real curl from the endpoint's address, led as the lab leads its devices."""
    host, port = url.split("/")[2], 443 if url.startswith("https") else 80
    where: Address = gateway.lead(ENDPOINT, host, port) or net.zone.dial((net.zone.resolve(host) or "", port))
    command = ["curl", "--disable", "-sS", "--max-time", "1", "--interface", ENDPOINT]
    command += ["--cacert", str(net.authorities.cloud_roots), "--connect-to", f"{host}:{port}:{where[0]}:{where[1]}"]
    command += ["--write-out", "\n%{local_ip} %{local_port}", *options, url]
    done = await asyncio.to_thread(
        subprocess.run,
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={"PATH": os.environ["PATH"]},
        check=False,
    )
    text, _, last = done.stdout.decode().rpartition("\n")
    ip, _, number = last.partition(" ")
    return Answer(done.returncode, text, done.stderr.decode(), (ip, int(number)) if ip and number.isdigit() else None)


def run(authorities: Authorities, test: Callable[[Rig, Gateway], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(60), passed(authorities) as (net, gateway):
            await test(net, gateway)

    asyncio.run(main())


def test_without_a_fault_nothing_is_led_anywhere(authorities: Authorities) -> None:
    async def test(net: Rig, gateway: Gateway) -> None:
        assert gateway.lead(ENDPOINT, NAME, 443) is None
        net.tenant.faults.begin(fault("reset", OTHER))
        assert gateway.lead(ENDPOINT, NAME, 443) is None, "the fault is another name's"
        assert gateway.lead(ENDPOINT, OTHER, 80) is None, "the fault is another port's"
        assert gateway.lead("127.99.0.1", OTHER, 443) is None, "nobody's address"

    run(authorities, test)


@pytest.mark.parametrize(
    ("action", "code", "says"), [("reset", 35, "reset by peer"), ("reject", 7, "Couldn't connect"), ("drop", 28, "")]
)
def test_what_a_firewall_does_ends_curl_with_the_measured_code(
    authorities: Authorities, action: str, code: int, says: str
) -> None:
    async def test(net: Rig, gateway: Gateway) -> None:
        net.tenant.faults.begin(fault(action, NAME))
        answer = await curl(net, gateway, f"https://{NAME}/")
        assert (answer.code, says in answer.err) == (code, True), answer
        [record] = net.of("gateway")
        assert (record.step, record.name, record.fault) == ("tcp", NAME, "f")
        assert not net.cloud.seen

    run(authorities, test)


def test_who_asks_for_a_dropped_connection_waits_for_time_only(authorities: Authorities) -> None:
    async def test(net: Rig, gateway: Gateway) -> None:
        net.tenant.faults.begin(fault("drop", NAME))
        with net.tenant.work.item("report") as item:
            item.server = gateway.lead(ENDPOINT, NAME, 443)
            assert net.tenant.work.waits_for_time()

    run(authorities, test)


def test_who_is_held_waits_for_time_only(authorities: Authorities) -> None:
    async def test(net: Rig, gateway: Gateway) -> None:
        net.tenant.faults.begin(fault("hold", NAME))
        with net.tenant.work.item("report") as item:
            asked = asyncio.ensure_future(curl(net, gateway, f"https://{NAME}/"))
            came = asyncio.Event()
            with net.tenant.work.watching(came.set):
                await came.wait()
            item.client = net.of("gateway")[0].peer
            assert net.tenant.work.waits_for_time()
            assert (await asked).code == 28

    run(authorities, test)


def test_a_share_of_nothing_passes_all_through_the_gateway(authorities: Authorities) -> None:
    async def test(net: Rig, gateway: Gateway) -> None:
        net.tenant.faults.begin(msgspec.structs.replace(fault("reset", NAME), share=0.0))
        answer = await curl(net, gateway, f"https://{NAME}/ping")
        assert (answer.code, answer.out) == (0, "OK /ping")
        [passed_on] = net.of("gateway")
        assert passed_on.onward is not None
        assert passed_on.peer == answer.source
        [exchange] = net.cloud.seen
        assert exchange.peer == passed_on.onward[0]
        assert passed_on.onward[0][0] == ENDPOINT, "the cloud still knows who called"

    run(authorities, test)


def test_a_portal_redirects_in_the_clear_and_shows_its_own_certificate_behind_tls(authorities: Authorities) -> None:
    async def test(net: Rig, gateway: Gateway) -> None:
        net.tenant.faults.begin(fault("portal", port=0, page="http://portal.corp.example/login"))
        plain = await curl(net, gateway, f"http://{NAME}/crl", "-i")
        assert "HTTP/1.1 302 Found" in plain.out
        assert "Location: http://portal.corp.example/login" in plain.out
        assert (await curl(net, gateway, f"https://{NAME}/")).code == 60
        careless = await curl(net, gateway, f"https://{NAME}/api", "-k", "-i")
        assert "HTTP/1.1 302" in careless.out
        steps = [(record.step, record.tls.outcome if record.tls else "") for record in net.of("gateway")]
        assert steps == [("http", ""), ("tls", "refused"), ("tls", "established"), ("http", "")]
        assert net.of("gateway")[1].tls.presented_by == PORTAL
        assert net.of("gateway")[3].http.path == "/api"
        assert not net.cloud.seen

    run(authorities, test)


def test_a_client_that_says_nothing_or_garbage_leaves_the_gateway_well(authorities: Authorities) -> None:
    async def test(net: Rig, gateway: Gateway) -> None:
        net.tenant.faults.begin(fault("reset", NAME))
        where = gateway.lead(ENDPOINT, NAME, 443)
        assert where is not None
        for data in (b"", b"\x16\x03", b"\x16\x03\x01\x00\x05garbage", b"GET / HTTP/1.1\r\n\r\n"):
            _, writer = await asyncio.open_connection(*where, local_addr=(ENDPOINT, 0))
            writer.write(data)
            writer.write_eof()
            writer.close()
        assert (await curl(net, gateway, f"https://{NAME}/")).code == 35

    run(authorities, test)


def test_both_addresses_of_nowhere_are_free_again_after_the_end() -> None:
    nowhere = Nowhere()
    nowhere.start()
    nowhere.stop()
    again = Nowhere()
    again.start()
    assert again.closed != again.void
    again.stop()
