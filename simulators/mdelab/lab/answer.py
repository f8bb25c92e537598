"""What a simulated host answered to a client of the lab; how it is asked is `mdelab.lab.client`."""

import msgspec


class Answer(msgspec.Struct, frozen=True):
    """What a host of the mock cloud answered."""

    status: int
    headers: dict[str, str]
    body: bytes
