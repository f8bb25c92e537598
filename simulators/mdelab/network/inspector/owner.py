"""The lab's side of the inspecting proxy: starts the mitmproxy process, tells it the policies, takes its evidence.

What the process does with a connection is in `mdelab.network.inspector.addon`.
"""

import asyncio
import itertools
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from mdelab.model.errors import NotReady
from mdelab.model.evidence import EvidenceSink
from mdelab.model.fault import InForce
from mdelab.model.tenant import HopPolicy
from mdelab.model.work import Address
from mdelab.model.zone import Zone
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
from mdelab.network.onward import PLAIN_PORT, TUNNEL_PORT

_READY_WITHIN_S = 30.0
"""It takes 0.6 s on an idle core; a loaded machine may need far longer."""

_EXIT_WITHIN_S = 5.0
_UNWANTED = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy", "sslkeylogfile", "pythonwarnings")
"""Variables of the host that must not reach the process, in any case of letters."""


class Inspector:
    """An HTTP proxy that inspects TLS, for every tenant, in a process of its own."""

    def __init__(
        self,
        *,
        folder: Path,
        ca_pem: Path,
        upstream_roots: Path,
        zone: Zone,
        sink: EvidenceSink,
        on_hold: Callable[[Address, bool], None] = lambda client, begins: None,
        lab_id: str = "",
    ) -> None:
        """folder: for its files, made if absent. ca_pem: private key and certificate of the interception CA.

        upstream_roots: PEM of the roots by which it verifies the cloud. on_hold: told when a client's connection begins
        to be kept waiting on purpose, and when that ends.
        """
        self._on_hold = on_hold
        self._folder = folder
        self._ca_pem = ca_pem
        self._upstream_roots = upstream_roots
        self._zone = zone
        self._sink = sink
        self._lab_id = lab_id
        self._told: dict[str, Update] = {}
        self._ports: list[int] = []
        self._ids = itertools.count()
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._ready: asyncio.Future[list[Address]] | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        return self._reading is not None and not self._reading.done()

    @property
    def pid(self) -> int | None:
        """The process id, None when it was not started."""
        return self._process.pid if self._process else None

    async def start(self, address: str = "127.0.0.1", slots: int = 1) -> list[Address]:
        """Start the process and listen once for each slot, on ports that the system chooses; their addresses.

        It may be started again after it has ended: then it listens on the ports that it had, because endpoints have them
        in their settings, and what it was told before holds again. Raises NotReady with what the process wrote.
        """
        await self.stop()
        ports = self._ports if len(self._ports) == slots else [0] * slots
        ours, theirs = socket.socketpair()
        try:
            self._process = self._spawn(theirs)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        ours.setblocking(False)
        reader, self._writer = await asyncio.open_unix_connection(sock=ours, limit=MAX_LINE_BYTES)
        self._ready = asyncio.get_running_loop().create_future()
        self._reading = asyncio.create_task(self._read(reader, self._ready))
        self._send(Begin(address=address, ports=ports, lab_id=self._lab_id))
        try:
            async with asyncio.timeout(_READY_WITHIN_S):
                addresses = await self._ready
        except TimeoutError as error:
            message = self._ended(f"it did not answer within {_READY_WITHIN_S:.0f} s")
            await self.stop()
            raise NotReady(message) from error
        except BaseException:
            await self.stop()
            raise
        self._ports = [port for _, port in addresses]
        for update in self._told.values():
            await self._ask(msgspec.structs.replace(update, id=next(self._ids)))
        return addresses

    async def ended(self) -> None:
        """Return when the process has ended, for whatever reason."""
        if self._reading is not None:
            await asyncio.wait([self._reading])

    async def stop(self) -> None:
        """End the process. Harmless when it does not run."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
            self._reading = None
        if self._process is not None:
            process, self._process = self._process, None
            await asyncio.to_thread(_wait, process)

    async def update(
        self, client: str, policies: Mapping[int, HopPolicy], *, endpoint: str = "", faults: Sequence[InForce] = ()
    ) -> None:
        """From now on these policies, by slot, and these faults apply to the client's next requests. Raises NotReady.

        client: an IP. endpoint: its name.
        """
        update = Update(
            id=next(self._ids), client=client, endpoint=endpoint, policies=dict(policies), faults=tuple(faults)
        )
        self._told[client] = update
        await self._ask(update)

    async def forget(self, client: str) -> None:
        """The client is refused from now on. Harmless when it was not known."""
        if self._told.pop(client, None) is not None and self.is_running:
            await self._ask(Forget(id=next(self._ids), client=client))

    async def flush(self) -> None:
        """Return when the evidence of all that happened before this call is with the sink.

        A process that has ended has nothing left to deliver.
        """
        if self.is_running:
            await self._ask(Flush(id=next(self._ids)))

    def _spawn(self, channel: socket.socket) -> subprocess.Popen[bytes]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        ca = self._folder / "mitmproxy-ca.pem"
        shutil.copyfile(self._ca_pem, ca)
        ca.chmod(0o600)
        options = {
            "confdir": str(self._folder),
            "ssl_verify_upstream_trusted_ca": str(self._upstream_roots),
            "onboarding": "false",  # its page for installing the CA answers under a name that the lab does not have
            "stream_large_bodies": "1m",  # keeps a definition package out of memory
        }
        command = [sys.executable, "-m", "mdelab.network.inspector.addon", str(channel.fileno()), "--quiet"]
        command += [part for name, value in options.items() for part in ("--set", f"{name}={value}")]
        with self._log.open("wb") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[channel.fileno()],
                env={name: value for name, value in os.environ.items() if name.lower() not in _UNWANTED},
                start_new_session=True,  # Ctrl-C in a terminal is the lab's to handle
            )

    @property
    def _log(self) -> Path:
        return self._folder / "mitmproxy.log"

    async def _read(self, reader: asyncio.StreamReader, ready: asyncio.Future[list[Address]]) -> None:
        """Take in what the process says until it ends."""
        decoder: msgspec.json.Decoder[ToOwner] = msgspec.json.Decoder(ToOwner)
        try:
            while text := await reader.readline():
                self._take(decoder.decode(text), ready)
        except OSError:
            pass  # it was killed
        finally:
            ended = NotReady(self._ended("it has ended"))
            if not ready.done():
                ready.set_exception(ended)
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(ended)
            self._waiting.clear()

    def _take(self, message: ToOwner, ready: asyncio.Future[list[Address]]) -> None:
        match message:
            case Seen(evidence=evidence):
                self._sink(evidence)
            case Holds(client=client, begins=begins):
                self._on_hold(client, begins)
            case Locate(id=number, client=client, host=host, port=port):
                address = self._zone.resolve(host) if port in (TUNNEL_PORT, PLAIN_PORT) else None
                where = self._zone.dial((address, port)) if address else None
                self._send(Located(id=number, where=where, source=self._zone.source(client)))
            case Done(id=number):
                future = self._waiting.pop(number, None)
                if future is not None and not future.done():
                    future.set_result(None)
            case Ready(addresses=addresses):
                ready.set_result(addresses)

    async def _ask(self, message: Update | Forget | Flush) -> None:
        if not self.is_running:
            raise NotReady(self._ended("it does not run"))
        future = self._waiting[message.id] = asyncio.get_running_loop().create_future()
        self._send(message)
        await future

    def _send(self, message: ToProcess) -> None:
        if self._writer is not None:
            self._writer.write(line(message))

    def _ended(self, why: str) -> str:
        """What happened, why, what to do."""
        try:
            text = self._log.read_text(errors="replace").strip()[-2000:]
        except OSError:
            text = ""
        last = f"It wrote: {text}" if text else "It wrote nothing."
        return (
            f"the inspecting proxy (mitmproxy) is not available: {why}. {last}\n"
            "Start the lab again; if it fails again, check that `python -m mitmproxy.tools.main` can be imported, "
            "and `mdelab doctor`."
        )


def _wait(process: subprocess.Popen[bytes]) -> None:
    """Wait for the end of a process whose channel was closed; kill it when it does not take the hint."""
    try:
        process.wait(_EXIT_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
