"""The next leg of a hop: a connection to where the lab's cloud listens for a name."""

import asyncio

from mdelab.model.work import Address
from mdelab.model.zone import Zone
from mdelab.network.head import MAX_HEAD_BYTES

TUNNEL_PORT = 443
"""The only port that CONNECT is let through to, as in squid's default rule `SSL_ports`."""

PLAIN_PORT = 80


class NotSimulated(Exception):
    """The lab does not have that name; nothing was sent anywhere."""


class Unreachable(Exception):
    """The lab has the name, but nothing answers there."""


async def connect(
    zone: Zone, host: str, port: int, source: str | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to a simulated name and port.

    source: the client's IP, bound again (see `Zone.source`) so that the cloud knows who called; None for the system's
    choice. Raises NotSimulated or Unreachable.
    """
    address = zone.resolve(host)
    if address is None:
        raise NotSimulated(host)
    where = zone.dial((address, port))
    try:
        return await asyncio.open_connection(
            *where, limit=MAX_HEAD_BYTES, local_addr=(zone.source(source), 0) if source is not None else None
        )
    except OSError as error:
        raise Unreachable(f"{host} port {port}: {error.strerror or error}") from error


def ends(writer: asyncio.StreamWriter) -> tuple[Address, Address]:
    """Own end and far end of a connection, as evidence names them."""
    local, far = writer.get_extra_info("sockname"), writer.get_extra_info("peername")
    return (local[0], local[1]), (far[0], far[1])
