"""The tenant's web server for PAC files, asked over real sockets."""

import asyncio

from mdelab.model.clock import Clock
from mdelab.model.evidence import Evidence
from mdelab.model.pac_file import PacFile
from mdelab.model.tenant import Directory, HopPolicy, new_tenant
from mdelab.network.pac import PacServer

ENDPOINT = "127.23.0.1"
SCRIPT = "function FindProxyForURL(url, host) { return 'DIRECT'; }"


def ask(file: PacFile, request: bytes, source: str = ENDPOINT) -> tuple[bytes, list[Evidence]]:
    """The whole answer, and what the server recorded."""
    seen: list[Evidence] = []

    async def main() -> bytes:
        directory = Directory()
        tenant = new_tenant(name="contoso", scenario="test", seed=1, clock=Clock())
        tenant.hops["pac"] = HopPolicy(name="pac", kind="pac", pac=file)
        directory.bind(ENDPOINT, tenant, "mac-1")
        server = PacServer(directory, seen.append, "lab-id")
        (address,) = await server.start()
        try:
            reader, writer = await asyncio.open_connection(*address, local_addr=(source, 0))
            writer.write(request)
            writer.write_eof()
            answer = await reader.read()
            writer.close()
            return answer
        finally:
            await server.stop()

    return asyncio.run(main()), seen


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: pac.corp.example\r\n\r\n".encode()


def test_the_file_is_served_under_both_names_and_recorded():
    for path in ("/proxy.pac", "/wpad.dat", "/proxy.pac?site=1"):
        answer, (record,) = ask(PacFile(text=SCRIPT), get(path))

        assert answer.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ns-proxy-autoconfig\r\n")
        assert b"\r\nX-Mdelab: lab-id\r\n" in answer
        assert answer.endswith(f"\r\n\r\n{SCRIPT}".encode())
        assert (record.observer, record.name, record.error) == ("pac", "pac.corp.example", "")
        assert record.http is not None
        assert (record.http.path, record.http.status) == (path, 200)
        assert record.peer is not None
        assert record.peer[0] == ENDPOINT


def test_whatever_the_tenant_put_there_is_what_comes():
    answer, (record,) = ask(PacFile(base64="AAECAw==", status=404, content_type="text/html"), get("/proxy.pac"))

    assert answer.startswith(b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n")
    assert answer.endswith(b"\r\n\r\n\x00\x01\x02\x03")
    assert record.error == "pac answered 404 for /proxy.pac"


def test_a_redirect_says_where_to():
    answer, _ = ask(PacFile(status=302, location="https://pac.corp.example/proxy.pac"), get("/wpad.dat"))

    assert b"HTTP/1.1 302 Found\r\n" in answer
    assert b"\r\nLocation: https://pac.corp.example/proxy.pac\r\n" in answer


def test_other_paths_and_methods_are_refused():
    assert ask(PacFile(text=SCRIPT), get("/"))[0].startswith(b"HTTP/1.1 404 ")
    assert ask(PacFile(text=SCRIPT), b"POST /proxy.pac HTTP/1.1\r\n\r\n")[0].startswith(b"HTTP/1.1 405 ")
    assert ask(PacFile(text=SCRIPT), b"HEAD /proxy.pac HTTP/1.1\r\n\r\n")[0].endswith(b"close\r\n\r\n")


def test_garbage_and_silence_end_without_an_answer_or_a_record():
    assert ask(PacFile(text=SCRIPT), b"") == (b"", [])
    assert ask(PacFile(text=SCRIPT), b"x" * 100_000) == (b"", [])


def test_a_stranger_gets_nothing_of_the_tenant():
    answer, seen = ask(PacFile(text=SCRIPT), get("/proxy.pac"), source="127.23.0.99")

    assert answer.startswith(b"HTTP/1.1 403 ")
    assert SCRIPT.encode() not in answer
    assert seen == []
