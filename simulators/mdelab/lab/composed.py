"""A lab whose containers are there already, as `images/compose.yaml` makes them: `python -m mdelab.lab.composed LAB_TOML`.

Nothing here speaks to a container engine. In the place of the driver stands one that knows the containers of the compose file by
their names; each shares a folder with the lab, `/lab/doors/PLATFORM/NAME`, and comes by itself.
"""

import argparse
import asyncio
import logging
import os
import secrets
import socket
import sys
from pathlib import Path

import msgspec
import uvloop

from mdelab.lab.contained import serve
from mdelab.lab.remote.driver import (
    CONTROL_PORT,
    SOCKET,
    Begin,
    Done,
    Failed,
    Handle,
    Made,
    Make,
    Refused,
    Remove,
    Started,
    ToDriver,
    ToLab,
    line,
)
from mdelab.lab.remote.pool import Pool
from mdelab.lab.spec import LabSpec, read_spec
from mdelab.model.errors import LabError, NotReady
from mdelab.model.platform import Platform

DOORS = Path("/lab/doors")

STATE = Path("/lab/state")

_SETTINGS = ("MDELAB_TOKEN", "MDELAB_CORP", "MDELAB_WAN", "MDELAB_ENTRANCE")
"""What the compose file says: the token of the control API, the lab's addresses, and the URL of its entrance on the host."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="mdelab.lab.composed")
    parser.add_argument("spec", type=Path)
    logging.basicConfig(
        filename=STATE / "lab.log", level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        spec = read_spec(parser.parse_args().spec)
        failure = uvloop.run(_serve(spec, _begin(), _containers()))
    except (LabError, NotReady) as error:
        failure = str(error)
    if failure:
        sys.exit(_fail(failure))


def _begin() -> Begin:
    missing = [name for name in _SETTINGS if not os.environ.get(name)]
    if missing:
        raise LabError(f"the compose file does not set {', '.join(missing)}. Start the lab with images/compose.yaml.")
    token, corp, wan, entrance = (os.environ[name] for name in _SETTINGS)
    return Begin(lab_id=secrets.token_hex(4), pid=os.getpid(), token=token, corp=corp, wan=wan, entrance=entrance)


def _containers() -> dict[tuple[Platform, str], str]:
    """(platform, name) -> folder below `DOORS`, of every container that the compose file has."""
    found = [
        path for path in sorted(DOORS.glob("*/*")) if path.parent.name in {platform.value for platform in Platform}
    ]
    return {(Platform(path.parent.name), path.name): f"{path.parent.name}/{path.name}" for path in found}


async def _serve(spec: LabSpec, begin: Begin, containers: dict[tuple[Platform, str], str]) -> str:
    """Be the lab and its driver until somebody stops it; why it could not start, or ""."""

    def name(number: int, platform: Platform, host: str) -> str:
        if (platform, host) not in containers:
            known = ", ".join(f"{host} ({platform})" for platform, host in containers) or "none"
            raise NotReady(
                f"the compose file has no container for the {platform} endpoint {host!r}. It has: {known}. "
                "Give the endpoint such a name, or add a service to images/compose.yaml."
            )
        return containers[platform, host]

    driver = _Driver(begin)
    server = await asyncio.start_unix_server(driver.come, str(STATE / SOCKET))
    async with server:
        await serve(STATE, spec, lambda to_driver: Pool(DOORS, to_driver, name))
    return driver.failure


class _Driver:
    """Answers a lab in the place of a driver that could make containers."""

    def __init__(self, begin: Begin) -> None:
        self.failure = ""
        self._begin = begin
        self._used: set[str] = set()

    async def come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        decoder: msgspec.json.Decoder[ToDriver] = msgspec.json.Decoder(ToDriver)
        writer.write(line(self._begin))
        while text := await reader.readline():
            answer = await self._take(decoder.decode(text))
            if answer is not None:
                writer.write(line(answer))
        writer.close()

    async def _take(self, said: ToDriver) -> ToLab | None:
        match said:
            case Started():
                print(f"the lab is ready; its control API is on port {CONTROL_PORT}", flush=True)
            case Failed(error=error):
                self.failure = error
            case Make(id=number, host=host):
                return await self._find(number, host)
            case Remove(id=number):
                return Done(id=number)
            case Handle(id=number, container=name, act=act):
                return Refused(
                    id=number,
                    message=f"nobody here may {act} containers: do it with `docker-compose {act} {name}`, or run the lab "
                    "with `mdelab up --backend docker`.",
                )
        return None

    async def _find(self, number: int, host: str) -> Made | Refused:
        if host in self._used:
            return Refused(
                id=number,
                message=f"the container of {host!r} shows traces of an earlier endpoint. "
                f"Make it anew with `docker-compose up --detach --force-recreate {host}`.",
            )
        self._used.add(host)
        try:
            rows = await asyncio.get_running_loop().getaddrinfo(host, None, family=socket.AF_INET)
        except OSError as error:
            return Refused(id=number, message=f"the container of {host!r} is not on the lab's network: {error}.")
        return Made(id=number, address=str(rows[0][4][0]), container=host)


def _fail(text: str) -> int:
    print(f"mdelab: {text}", file=sys.stderr)
    return 3


if __name__ == "__main__":
    main()
