"""The lab's mirror of what is in flight in a device's process, and of its timers, in the ledger and clock of the tenant."""

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import datetime

from mdelab.lab.remote.messages import Flight, Flying
from mdelab.model.clock import Timer
from mdelab.model.tenant import Tenant
from mdelab.model.work import Item


class Mirror:
    """Of one process."""

    def __init__(self, tenant: Tenant, name: str, fire: Callable[[], Awaitable[datetime | None]]) -> None:
        """fire: lets the process's first due timer act; answers when the next one is due. It must not raise."""
        self._tenant = tenant
        self._name = name
        self._fire = fire
        self._items: dict[int, tuple[Item, ExitStack]] = {}
        self._timer: Timer | None = None

    def show(self, flying: Flying) -> None:
        """From now on the tenant counts what the process has in flight, and fires its timers."""
        flights = {flight.key: flight for flight in flying.flights}
        for key, flight in flights.items():
            _copy(flight, self._items[key][0] if key in self._items else self._begin(flight))
        for key in self._items.keys() - flights.keys():
            self._items.pop(key)[1].close()
        self._wake_at(flying.due)

    def close(self) -> None:
        """The process is gone, and with it everything that it had in flight."""
        self.show(Flying(flights=[], due=None))

    def _begin(self, flight: Flight) -> Item:
        counted = ExitStack()
        item = counted.enter_context(self._tenant.work.item(flight.what))
        self._items[flight.key] = item, counted
        return item

    def _wake_at(self, due: datetime | None) -> None:
        if self._timer is not None and self._timer.due == due:
            return
        if self._timer is not None:
            self._timer.cancel()
        clock = self._tenant.clock
        self._timer = clock.call_at(due, f"{self._name}: its next timer", self._act) if due is not None else None

    async def _act(self) -> None:
        self._timer = None
        with self._tenant.work.item(f"{self._name}: a timer"):
            self._wake_at(await self._fire())


def _copy(flight: Flight, item: Item) -> None:
    for field in ("client", "server", "is_asleep"):
        if getattr(item, field) != (wanted := getattr(flight, field)):
            setattr(item, field, wanted)
