"""How a device leaves its organisation: it tells the cloud, for as long as that seems possible, and forgets its token."""

from collections.abc import Iterator

from mdelab.endpoint.channels import Channels
from mdelab.endpoint.commands import CancelWake, Command, LogLine, Persist, RemovePackage, SendOffboarding
from mdelab.endpoint.membership import Membership
from mdelab.endpoint.state import AgentState, Saved
from mdelab.model.channel import OFFBOARD_PATH, Offboarding

_GOODBYES = 5
"""Tries to tell the cloud of an offboarding before the agent is offboarded without its knowing (lab-defined)."""


class Farewell:
    """From a believed offboarding package, or an order of the cloud, to a device without an organisation."""

    __slots__ = ("_channels", "_membership", "_saved")

    def __init__(self, saved: Saved, channels: Channels, membership: Membership) -> None:
        self._saved = saved
        self._channels = channels
        self._membership = membership

    @property
    def is_hopeless(self) -> bool:
        """Whether the cloud was tried often enough."""
        return self._channels.failures("offboard") >= _GOODBYES

    def begin(self, text: str) -> Iterator[Command]:
        """The licence ends now. text: the outer JSON of the offboarding package, which is believed."""
        self._saved.state = AgentState.OFFBOARDING
        self._saved.goodbye = text
        self._channels.succeed("offboard")
        yield Persist()
        yield LogLine(level="info", text="offboarding package accepted")
        yield from _cancel_all()

    def say(self) -> Iterator[Command]:
        """Tell the cloud."""
        request = SendOffboarding(
            url=self._membership.url(OFFBOARD_PATH),
            token=self._membership.token,
            body=Offboarding(package=self._saved.goodbye),
        )
        yield from self._channels.ask(request)

    def obey(self) -> Iterator[Command]:
        """The cloud has ordered the device to leave, and knows that it does.

        The onboarding package stays where it is (defender-docs api/offboard-machine-api.md); who starts the service with it
        there onboards the device again.
        """
        self._forget()
        yield Persist()
        yield from _cancel_all()
        yield LogLine(level="info", text="offboarded: the cloud has ordered it", symbol="offboarded")

    def finish(self, how: str) -> Iterator[Command]:
        self._forget()
        yield Persist()
        yield CancelWake(name="goodbye")
        yield RemovePackage()
        yield LogLine(level="info", text=f"offboarded: {how}", symbol="offboarded")

    def _forget(self) -> None:
        saved = self._saved
        saved.state = AgentState.OFFBOARDED
        saved.goodbye = saved.goodbye_order = saved.token = saved.configuration_version = ""
        # Nobody could release it any more.
        saved.isolation = ""
        saved.results = []


def _cancel_all() -> Iterator[Command]:
    for name in ("poll", "cyber", "upload", "result", "enrol"):
        yield CancelWake(name=name)
