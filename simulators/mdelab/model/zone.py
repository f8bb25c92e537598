"""The lab's names: which address answers for a host name, and where that address really listens.

In containers real names have addresses of their own on ports 443 and 80. On loopback an ordinary user cannot have those
ports, so a table leads (address, 443) to the port that was bound instead.
"""

from collections.abc import Callable, Mapping

from mdelab.model.work import Address


class Zone:
    """Names and ports of one lab."""

    def __init__(
        self,
        is_simulated: Callable[[str], bool],
        cloud: str,
        ports: Mapping[Address, Address],
        sources: Mapping[str, str] | None = None,
    ) -> None:
        """is_simulated: tells the lab's names. cloud: the IP that answers for them. ports: asked for -> bound.

        sources: client IP -> the IP that a hop binds for it; looked up anew each time. What is not in it stays.
        """
        self._is_simulated = is_simulated
        self._cloud = cloud
        self._ports = dict(ports)
        self._sources = sources if sources is not None else {}

    def resolve(self, host: str) -> str | None:
        """The address of a simulated name; None for a name that this lab does not have."""
        return self._cloud if self._is_simulated(host) else None

    def dial(self, address: Address) -> Address:
        """Where to connect in order to reach `address`."""
        return self._ports.get(address, address)

    def source(self, client: str) -> str:
        """What a hop binds as its own address on the way on, so that the cloud knows for whom it connects."""
        return self._sources.get(client, client)
