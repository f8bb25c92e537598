"""nginx as the peer: one worker, TLS 1.3, a constant answer to every POST. It does no work, so it is the floor."""

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import trustme

from benchmarks.measure import Skipped, with_children

_START_S = 10.0

_CONFIGURATION = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} ssl; ssl_protocols TLSv1.3;
    ssl_certificate {folder}/chain.pem; ssl_certificate_key {folder}/key.pem;
    location / {{ default_type application/json; return 200 '{{"stored":10,"duplicates":0}}'; }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Nginx:
    address: tuple[str, int]
    worker_pid: int
    authority: trustme.CA


@contextlib.contextmanager
def nginx() -> Iterator[Nginx]:
    """Run nginx while the block runs. Raises Skipped when it is not installed."""
    binary = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if binary is None:
        raise Skipped("nginx is not installed; install the package `nginx-light` to compare with it")
    with tempfile.TemporaryDirectory(prefix="mdelab-bench-") as name:
        folder = Path(name)
        authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
        leaf = authority.issue_cert("peer.test", key_type=trustme.KeyType.ECDSA)
        leaf.private_key_pem.write_to_path(folder / "key.pem")
        for block in leaf.cert_chain_pems:
            block.write_to_path(folder / "chain.pem", append=True)
        # nginx cannot tell which port it was given, so a free one is looked for; a benchmark may fail when it is taken.
        port = _free_port()
        (folder / "nginx.conf").write_text(_CONFIGURATION.format(folder=folder, port=port))
        process = subprocess.Popen([binary, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")])
        try:
            yield Nginx(("127.0.0.1", port), _worker(process.pid), authority)
        finally:
            process.terminate()
            process.wait()


def _worker(master: int) -> int:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        pids = with_children(master)
        if len(pids) > 1:
            return pids[1]
        time.sleep(0.01)
    raise Skipped(f"nginx did not start within {_START_S:g} s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
