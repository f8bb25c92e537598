"""What the cloud orders a device to do: each order is carried out once, and its result told until the cloud has it."""

from collections.abc import Iterator

from mdelab.endpoint.channels import Channels
from mdelab.endpoint.commands import Command, Execute, Persist, SendResult
from mdelab.endpoint.membership import Membership
from mdelab.endpoint.state import Saved
from mdelab.model.channel import RESULT_PATH, CommandResult, Commands
from mdelab.model.channel import Command as Order

_REMEMBERED = 200
"""Ids of executed orders that are kept; the cloud repeats one only until it has the result."""


class Orders:
    """One agent's orders."""

    __slots__ = ("_channels", "_membership", "_saved")

    def __init__(self, saved: Saved, channels: Channels, membership: Membership) -> None:
        self._saved = saved
        self._channels = channels
        self._membership = membership

    def obey(self, commands: Commands) -> Iterator[Command]:
        """Carry out those that are new."""
        fresh = [one for one in commands.commands if one.id not in self._saved.executed]
        if not fresh:
            return
        # Before they are carried out: a restart in between must not carry one out twice.
        self._saved.executed = [*self._saved.executed, *(one.id for one in fresh)][-_REMEMBERED:]
        for one in fresh:
            self._take(one)
        yield Persist()
        for one in fresh:
            yield Execute(command=one)

    def _take(self, order: Order) -> None:
        """Orders about the agent itself are carried out by remembering them."""
        match order.type:
            case "Isolate":
                self._saved.isolation = "Selective" if order.parameters.get("scope") == "Selective" else "Full"
            case "Unisolate":
                self._saved.isolation = ""
            case "Offboard":
                self._saved.goodbye_order = order.id
            case _:
                pass

    def is_goodbye(self, request: SendResult) -> bool:
        """Whether it tells that the device leaves its organisation as ordered."""
        return bool(self._saved.goodbye_order) and request.body.id == self._saved.goodbye_order

    def executed(self, result: CommandResult) -> Iterator[Command]:
        """An order was carried out, or could not be; its result is to be told."""
        self._saved.results.append(result)
        yield Persist()

    def tell(self) -> Iterator[Command]:
        """Send the oldest result that the cloud does not have."""
        if self._saved.results:
            request = SendResult(
                url=self._membership.url(RESULT_PATH), token=self._membership.token, body=self._saved.results[0]
            )
            yield from self._channels.ask(request)

    def told(self, request: SendResult) -> Iterator[Command]:
        """The cloud has this result, or does not want it."""
        self._channels.succeed("result")
        self._saved.results = [one for one in self._saved.results if one.id != request.body.id]
        yield Persist()
