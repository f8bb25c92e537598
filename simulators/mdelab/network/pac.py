"""The web server of a tenant's own network that serves its PAC file, as /proxy.pac and as /wpad.dat.

One warm server listens for every tenant: it finds the hop by the client's address, as proxies do. What it answers is in the
hop's policy and may be no PAC file at all; what a device makes of it is `mdelab.endpoint.pac`.
"""

import asyncio
import re
from http import HTTPStatus

from mdelab.model.evidence import Evidence, EvidenceSink, HttpSeen
from mdelab.model.fault import InForce
from mdelab.model.pac_file import PATHS, PacFile
from mdelab.model.tenant import Caller, Directory, HopPolicy
from mdelab.model.work import Address
from mdelab.network.faults import PAC
from mdelab.network.listener import Client, Listener

PAC_PORT = 80
"""The port of every URL that discovery makes; it takes no other, and no https."""

_REQUEST = re.compile(rb"(GET|HEAD) (/[!-~]*) HTTP/1\.[01]\r\n")
_HOST = re.compile(rb"\r\nhost:[ \t]*([A-Za-z0-9_.:-]{1,255})[ \t]*\r\n", re.IGNORECASE)


class PacServer:
    """Serves the PAC file of every tenant that has one."""

    def __init__(self, directory: Directory, sink: EvidenceSink, lab_id: str = "") -> None:
        self._directory = directory
        self._sink = sink
        self._lab_id = lab_id
        self._listener = Listener(self._serve)

    async def start(self, address: str = "127.0.0.1", slots: int = 1) -> list[Address]:
        """Listen once for each slot on ports that the system chooses; their addresses in slot order."""
        return await self._listener.start(address, slots)

    async def stop(self) -> None:
        await self._listener.stop()

    async def _serve(self, client: Client) -> None:
        """One request a connection."""
        try:
            head = await client.reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        caller = self._directory.caller(client.peer[0])
        policy = caller.tenant.hop_at("pac", client.slot) if caller else None
        request = _REQUEST.match(head)
        if request is None:
            client.writer.write(self._bytes(_plain("this server answers GET and HEAD only\n", 405), is_head=False))
        elif policy is None:
            text = f"mdelab: {client.peer[0]} has no PAC server here, so nothing was sent\n"
            client.writer.write(self._bytes(_plain(text, 403), is_head=request[1] == b"HEAD"))
        else:
            path = request[2].decode("ascii")
            host = _HOST.search(head)
            name = host[1].decode("ascii").partition(":")[0] if host else ""
            fault = _acting(caller, policy, name)
            file = PAC[fault.action](fault) if fault else answer(policy, path)
            acted = fault.id if fault else ""
            self._record(client, policy, name, request[1].decode(), path, file.status, acted)
            client.writer.write(self._bytes(file, is_head=request[1] == b"HEAD"))
        await client.writer.drain()

    def _bytes(self, file: PacFile, *, is_head: bool) -> bytes:
        content = file.content()
        fields = [("Content-Type", file.content_type), ("Location", file.location), ("X-Mdelab", self._lab_id)]
        lines = [f"HTTP/1.1 {file.status} {_phrase(file.status)}"]
        lines += [f"{name}: {value}" for name, value in fields if value]
        lines += [f"Content-Length: {len(content)}", "Connection: close", "", ""]
        return "\r\n".join(lines).encode("latin-1") + (b"" if is_head else content)

    def _record(
        self, client: Client, policy: HopPolicy, name: str, method: str, path: str, status: int, fault: str
    ) -> None:
        seen = HttpSeen(method=method, path=path, status=status)
        error = "" if status < 400 else f"{policy.name} answered {status} for {path}"
        self._sink(
            Evidence(
                observer=policy.name,
                step="http",
                local=client.local,
                peer=client.peer,
                name=name,
                http=seen,
                error=error,
                fault=fault,
            )
        )


def _acting(caller: Caller | None, policy: HopPolicy, name: str) -> InForce | None:
    """The fault that takes this request."""
    if caller is None:
        return None
    faults = caller.tenant.faults.acting("pac", endpoint=caller.endpoint, name=name, hop=policy.name)
    return next(iter(faults), None)


def answer(policy: HopPolicy, path: str) -> PacFile:
    """What the hop answers for a path: the one place in which its behaviour is decided."""
    return policy.pac if path.partition("?")[0] in PATHS else _plain(f"{policy.name} serves {PATHS[0]} only\n", 404)


def _plain(text: str, status: int) -> PacFile:
    return PacFile(text=text, status=status, content_type="text/plain; charset=utf-8")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
