"""Two addresses at which nobody answers: one refuses every connection, one lets connection requests vanish.

The second is a real black hole without a packet filter: Linux drops a SYN for a listening socket whose accept queue is
full, on loopback too (measured on Linux 6.18: curl ends with 28), so a socket that never accepts is filled first.
"""

import contextlib
import select
import socket

from mdelab.model.errors import NotReady
from mdelab.model.work import Address

_MOST_FILLERS = 8
"""The queue of `listen(0)` holds one connection; some kernels round it up."""

_FILLS_WITHIN_S = 0.05
"""Host time in which loopback connects; what has not connected by then never will."""


class Nowhere:
    """Both addresses of one lab, known after `start`."""

    closed: Address
    """Refuses: its port is taken, and nobody listens."""
    void: Address
    """Swallows."""

    def __init__(self) -> None:
        self._sockets = contextlib.ExitStack()

    def start(self, address: str = "127.0.0.1") -> None:
        """Take two ports that the system chooses. Raises OSError, and NotReady when this kernel lets nothing vanish."""
        closed, void = self._socket(), self._socket()
        closed.bind((address, 0))
        void.bind((address, 0))
        void.listen(0)
        self.closed, self.void = _address(closed), _address(void)
        for _ in range(_MOST_FILLERS):
            filler = self._socket()
            filler.setblocking(False)
            filler.connect_ex(self.void)
            if not select.select([], [filler], [], _FILLS_WITHIN_S)[1]:
                return
        raise NotReady(
            f"a black hole cannot be made on this machine: its kernel still connects after {_MOST_FILLERS} connections that "
            "nobody accepted. Run the lab on Linux, without net.ipv4.tcp_abort_on_overflow."
        )

    def stop(self) -> None:
        """Free both ports."""
        self._sockets.close()

    def _socket(self) -> socket.socket:
        return self._sockets.enter_context(socket.socket())


def _address(bound: socket.socket) -> Address:
    host, port = bound.getsockname()
    return str(host), int(port)
