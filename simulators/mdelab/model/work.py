"""What a tenant has in flight, so that moving its clock can wait until it is quiet.

An *item* is one thing under way in some process: an agent's request, a cloud job, a program on a device. A hop that
keeps a connection open on purpose (a tunnel that never opens, a black hole) reports it as *held*; an item that waits on a
held connection does not count. Items and held connections meet by the client's socket address; where there is none yet,
because the request for a connection vanishes, by the server's.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Address = tuple[str, int]
"""IP address and port."""


class Item:
    """One thing in flight."""

    __slots__ = ("_ledger", "client", "is_asleep", "server", "what")

    def __init__(self, what: str, ledger: "Work | None" = None) -> None:
        self._ledger = None
        self.what = what
        self.client: Address | None = None
        """The local address of the connection that the item waits on, once there is one."""
        self.server: Address | None = None
        """Where it is connecting to, while it has no connection yet."""
        self.is_asleep = False
        """Whether it only waits for time to pass, as a program does that sleeps; see `Work.fall_asleep`."""
        self._ledger = ledger

    def __setattr__(self, name: str, value: object) -> None:
        """Tell the ledger's watchers too: what an item waits on decides whether it counts."""
        object.__setattr__(self, name, value)
        if self._ledger is not None:
            self._ledger.tell()


class Work:
    """The ledger of one tenant."""

    def __init__(self) -> None:
        self._items: dict[int, Item] = {}
        self._held: set[Address] = set()
        self._ids = itertools.count()
        self._watchers: list[Callable[[], None]] = []

    @contextmanager
    def item(self, what: str) -> Iterator[Item]:
        """Count `what` as in flight while the block runs."""
        key = next(self._ids)
        item = self._items[key] = Item(what, self)
        self.tell()
        try:
            yield item
        finally:
            del self._items[key]
            self.tell()

    @contextmanager
    def watching(self, callback: Callable[[], None]) -> Iterator[None]:
        """Call `callback` after each change while the block runs; a barrier waits on it."""
        self._watchers.append(callback)
        try:
            yield
        finally:
            self._watchers.remove(callback)

    def fall_asleep(self, item: Item) -> None:
        """From now on `item` waits for the clock only; whoever wakes it sets `is_asleep` back before it goes on."""
        item.is_asleep = True
        self.tell()

    def hold(self, address: Address) -> None:
        """The connection from `address`, or every one that is still on its way to it, is kept waiting on purpose."""
        self._held.add(address)
        self.tell()

    def release(self, address: Address) -> None:
        self._held.discard(address)
        self.tell()

    def in_flight(self) -> list[str]:
        """What still counts, for the message of a barrier that waited too long."""
        return [item.what for item in self._items.values() if self._counts(item)]

    def is_quiet(self) -> bool:
        return not any(self._counts(item) for item in self._items.values())

    def waits_for_time(self) -> bool:
        """Whether something is there and all of it sleeps or is held: then only time can bring it on."""
        return bool(self._items) and self.is_quiet()

    def _counts(self, item: Item) -> bool:
        return not item.is_asleep and item.client not in self._held and item.server not in self._held

    def items(self) -> dict[int, Item]:
        """Everything in flight, by a number that is not used again; for a ledger that mirrors this one."""
        return dict(self._items)

    def tell(self) -> None:
        """Call the watchers: something about an item or a held connection has changed."""
        for watcher in list(self._watchers):
            watcher()
