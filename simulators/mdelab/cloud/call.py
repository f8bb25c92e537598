"""One request to a service that speaks in values, body and all."""

import msgspec

from mdelab.catalogue import Service
from mdelab.model.tenant import Caller


class Call(msgspec.Struct, kw_only=True):
    """A whole request; the service gets it when the body is there, and within `MAX_BODY_BYTES`."""

    service: Service | None
    """None for a host that is not simulated, or not on that port."""
    host: str
    method: str
    path: str
    query: str
    authorization: str
    """The header's value; "" without one."""
    caller: Caller | None
    """The endpoint at the other end; None for a client that is none."""
    fault: str = ""
    """The id of the fault that answers in the service's place."""
    body: bytes = b""
