"""The real curl on a device, against real servers on loopback: TLS, a proxy that asks for credentials, files."""

import http.server
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme

from mdelab.model.attachment import Attachment

HOST = "x.cp.wd.microsoft.com"
CDN = "cdn.x.cp.wd.microsoft.com"
ADDRESS = "127.9.8.7"
CLOUD = "127.0.0.1"
STORE = "/etc/ssl/certs/ca-certificates.crt"


@dataclass
class Seen:
    clients: list[tuple[str, int]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


def _handler(seen: Seen) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def do_PUT(self) -> None:
            self._answer()

        def _answer(self) -> None:
            seen.clients.append(self.client_address)
            seen.requests.append(f"{self.command} {self.headers['Host']}{self.path}")
            seen.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            moved = self.path == "/moved"
            body = b"" if moved else b"OK"
            self.send_response(302 if moved else 200)
            if moved:
                self.send_header("Location", f"https://{CDN}/ping")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    return Handler


class Quiet(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = False
    block_on_close = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Handshakes that the client breaks off are what these tests are about."""


class SecureServer(Quiet):
    context: ssl.SSLContext

    def finish_request(self, request: Any, client_address: Any) -> None:
        with self.context.wrap_socket(request, server_side=True) as secure:
            super().finish_request(secure, client_address)


@dataclass
class Cloud:
    port: int
    seen: Seen
    ca: bytes


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(organization_name="the lab's cloud")


@pytest.fixture
def cloud(authority: trustme.CA) -> Iterator[Cloud]:
    seen = Seen()
    with SecureServer((CLOUD, 0), _handler(seen)) as server:
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(HOST, CDN).configure_cert(server.context)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Cloud(server.server_address[1], seen, authority.cert_pem.bytes())
        server.shutdown()
        thread.join()


class Refusing(http.server.BaseHTTPRequestHandler):
    """A proxy that asks everybody for credentials."""

    def do_CONNECT(self) -> None:
        self.send_response(407)
        self.send_header("Proxy-Authenticate", 'Basic realm="corp"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture
def refusing_proxy() -> Iterator[int]:
    with Quiet((CLOUD, 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture
def online(device: Any, cloud: Cloud) -> Any:
    """The device with a cable to the cloud, whose CA is in its OS store."""
    plain = device.machine.attachment
    device.machine.attachment = Attachment(
        address=ADDRESS,
        resolver=plain.resolver,
        ports={(CLOUD, 443): (CLOUD, cloud.port)},
        root_set=plain.root_set,
        public_roots=plain.public_roots,
        package_roots=plain.package_roots,
    )
    device.names = {HOST: CLOUD, CDN: CLOUD}
    device.machine.files.write(STORE, cloud.ca)
    return device


def test_seed_command_prints_its_two_lines_from_the_devices_address(online: Any, cloud: Cloud) -> None:
    urls = (f"https://{HOST}/api/report", f"https://{CDN}/ping")
    ended = online.call("curl", "-w", " %{url_effective}\\n", *urls)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "".join(f"OK {url}\n" for url in urls)
    assert {client[0] for client in cloud.seen.clients} == {ADDRESS}
    tcp = [record for record in online.records if record.step == "tcp"]
    assert [record.local for record in tcp] == cloud.seen.clients
    assert [record.step for record in online.records] == ["tcp", "tls", "http"] * 2


def test_certificate_outside_the_os_store_is_refused_with_60(online: Any, cloud: Cloud) -> None:
    online.machine.files.write(STORE, trustme.CA().cert_pem.bytes())
    ended = online.call("curl", "-sS", f"https://{HOST}/api/report")
    assert ended.code == 60
    assert "SSL certificate problem" in ended.err
    assert cloud.seen.requests == []
    last = online.records[-1]
    assert (last.step, last.curl_code, last.tls.outcome, last.tls.verify_code) == ("tls", 60, "refused", 20)
    assert online.call("curl", "-sk", f"https://{HOST}/api/report").out == "OK"


def test_name_outside_the_lab_cannot_be_resolved(online: Any, cloud: Cloud) -> None:
    ended = online.call("curl", "https://www.example.com/", f"https://{HOST}/api/report")
    assert ended.err == "curl: (6) Could not resolve host: www.example.com\n"
    assert ended.out == "OK"
    alone = online.call("curl", "-s", "https://www.example.com/")
    assert (alone.code, alone.out, alone.err) == (6, "", "")
    assert online.records[0].step == "dns"
    assert online.records[0].error == "Could not resolve host: www.example.com"
    assert cloud.seen.requests == [f"GET {HOST}/api/report"]


def test_programs_of_this_machine_are_out_of_reach(online: Any) -> None:
    with socket.create_server((CLOUD, 0)) as other:
        port = other.getsockname()[1]
        other.settimeout(0)
        for url in (f"http://{CLOUD}:{port}/", f"https://{HOST}:{port}/", f"http://localhost:{port}/"):
            assert online.call("curl", "-s", url).code in (6, 7)
        with pytest.raises(BlockingIOError):
            other.accept()
    assert online.call("curl", "-s", "file:///etc/passwd").code == 1
    assert all(record.error and record.step in ("dns", "tcp") for record in online.records)
    assert online.call("curl", "-s", "--interface", "lo", f"https://{HOST}/").not_simulated == ["curl --interface"]


def test_redirect_is_followed_inside_the_lab(online: Any, cloud: Cloud) -> None:
    ended = online.call("curl", "-sL", "-w", "%{num_redirects}", f"https://{HOST}/moved")
    assert ended.out == "OK1"
    assert cloud.seen.requests == [f"GET {HOST}/moved", f"GET {CDN}/ping"]


def test_files_come_from_the_device_and_go_to_it(online: Any, cloud: Cloud, tmp_path: Path) -> None:
    changed: list[str] = []
    online.machine.files.write("/root/body.json", b'{"a":1}')
    online.machine.files.watch(changed.append)
    url = f"https://{HOST}/api/report"
    assert online.call("curl", "-s", "-d", "@body.json", "-o", "/tmp/answer", url, cwd="/root").code == 0
    assert cloud.seen.bodies == [b'{"a":1}']
    assert online.machine.files.read("/tmp/answer") == b"OK"
    assert online.call("curl", "-sO", url, cwd="/root").code == 0
    assert online.machine.files.read("/root/report") == b"OK"
    assert changed == ["/tmp/answer", "/root/report"]
    assert online.call("curl", "-s", "-o", "../../../../../../tmp/escaped", url, cwd="/root").code == 0
    assert online.machine.files.read("/tmp/escaped") == b"OK"
    ended = online.call("curl", "-sS", "-o", "/no/such/folder/x", url)
    assert ended.code == 23
    assert str(tmp_path) not in ended.err


def test_proxy_of_etc_environment_is_asked_and_its_407_is_56(online: Any, cloud: Cloud, refusing_proxy: int) -> None:
    proxy = f"http://{CLOUD}:{refusing_proxy}"
    online.machine.files.write("/etc/environment", f"HTTPS_PROXY={proxy}/\n".encode())
    ended = online.call("curl", "-sS", f"https://{HOST}/api/report")
    assert (ended.code, ended.err) == (56, "curl: (56) CONNECT tunnel failed, response 407\n")
    last = online.records[-1]
    assert (last.step, last.connect_status, last.curl_code, last.peer) == ("tunnel", 407, 56, (CLOUD, refusing_proxy))
    assert last.local[0] == ADDRESS
    assert online.call("curl", "-sS", "--noproxy", "*", f"https://{HOST}/api/report").out == "OK"
    assert online.call("curl", "-sS", "-x", "", f"https://{HOST}/api/report").out == "OK"
    assert len(cloud.seen.requests) == 2


def test_proxy_whose_name_is_unknown_is_5(online: Any) -> None:
    online.machine.files.write("/etc/environment", b"HTTPS_PROXY=http://proxy.corp.example:8080\n")
    ended = online.call("curl", "-sS", f"https://{HOST}/api/report")
    assert (ended.code, ended.err) == (5, "curl: (5) Could not resolve proxy: proxy.corp.example\n")


def test_proxy_given_by_hand_must_be_a_hop(online: Any, refusing_proxy: int) -> None:
    proxy = f"http://{CLOUD}:{refusing_proxy}"
    ended = online.call("curl", "-sS", "-x", proxy, f"https://{HOST}/api/report")
    assert ended.not_simulated == [f"curl --proxy {proxy}"]
    plain = online.machine.attachment
    online.machine.attachment = Attachment(
        address=ADDRESS,
        resolver=plain.resolver,
        ports=plain.ports,
        proxies={"corp-proxy": proxy},
        root_set=plain.root_set,
        public_roots=plain.public_roots,
        package_roots=plain.package_roots,
    )
    assert online.call("curl", "-sS", "-x", proxy, f"https://{HOST}/api/report").code == 56


def test_proxies_of_this_machine_do_not_leak_in(
    online: Any, monkeypatch: pytest.MonkeyPatch, refusing_proxy: int, tmp_path: Path
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{CLOUD}:{refusing_proxy}")
    monkeypatch.setenv("CURL_HOME", str(tmp_path))
    (tmp_path / ".curlrc").write_text('user-agent = "leak"\nfail\n')
    assert online.call("curl", "-sS", f"https://{HOST}/api/report").out == "OK"


def test_device_without_files_on_this_machine_says_so(online: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(online.machine.files), "host_path", lambda self, path: None)
    assert online.call("curl", f"https://{HOST}/").not_simulated == ["curl"]


def test_verbose_output_names_the_devices_paths_and_keeps_the_users_own_lines(online: Any) -> None:
    ended = online.call("curl", "-v", "-w", "%{stderr}mine %{http_code}\\n", f"https://{HOST}/api/report")
    assert ended.out == "OK"
    assert f"CAfile: {STORE}" in ended.err
    assert "mine 200\n" in ended.err
    assert "mdelab" not in ended.err
    assert "\x1e" not in ended.err


def test_version_and_mistakes_are_curls_own(online: Any) -> None:
    assert online.call("curl", "--version").out.startswith("curl ")
    assert online.call("curl").code == 2
    assert online.call("curl", "-o").code == 2
    assert online.records == []
