"""What a tenant has in flight, so that moving its clock can wait until it is quiet.

An *item* is one thing under way in some process: an agent's request, a cloud job, a program on a device. A hop that
keeps a connection open on purpose (a black hole, an idle tunnel) reports it as *held*; an item that waits on a held
connection does not count. Items and held connections meet by the client's socket address.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Address = tuple[str, int]
"""IP address and port."""


class Item:
    """One thing in flight."""

    __slots__ = ("client", "is_asleep", "what")

    def __init__(self, what: str) -> None:
        self.what = what
        self.client: Address | None = None
        """The local address of the connection that the item waits on, once there is one."""
        self.is_asleep = False
        """Whether it only waits for time to pass, as a program does that sleeps; see `Work.fall_asleep`."""


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
        item = self._items[key] = Item(what)
        try:
            yield item
        finally:
            del self._items[key]
            self._changed()

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
        self._changed()

    def hold(self, client: Address) -> None:
        """The connection from `client` is kept waiting on purpose."""
        self._held.add(client)
        self._changed()

    def release(self, client: Address) -> None:
        self._held.discard(client)
        self._changed()

    def in_flight(self) -> list[str]:
        """What still counts, for the message of a barrier that waited too long."""
        return [item.what for item in self._items.values() if self._counts(item)]

    def is_quiet(self) -> bool:
        return not any(self._counts(item) for item in self._items.values())

    def is_asleep(self) -> bool:
        """Whether something sleeps and nothing else is in flight: then only time can bring it on."""
        return any(item.is_asleep for item in self._items.values()) and self.is_quiet()

    def _counts(self, item: Item) -> bool:
        return not item.is_asleep and item.client not in self._held

    def _changed(self) -> None:
        for watcher in list(self._watchers):
            watcher()
