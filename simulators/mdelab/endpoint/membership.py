"""The organisation that a device belongs to: the package in force, the enrolment under it, and where its cloud is."""

from collections.abc import Iterator

from mdelab.endpoint.channels import Channels
from mdelab.endpoint.commands import CancelWake, Command, LogLine, Persist, SendEnrolment
from mdelab.endpoint.state import AgentState, Saved
from mdelab.model.channel import CYBER_PATH, ENROL_PATH, Enrolled, Enrolment, Profile
from mdelab.model.package import Package, parse


class Membership:
    """Shared by what speaks to the organisation's cloud."""

    __slots__ = ("_channels", "_saved", "package")

    def __init__(self, saved: Saved, channels: Channels) -> None:
        self._saved = saved
        self._channels = channels
        self.package: Package | None = parse(saved.package, "onboarding") if saved.package else None
        """Under which the device is licensed, was licensed last, or enrols."""

    @property
    def is_licensed(self) -> bool:
        """From the cloud's yes until an offboarding package is believed."""
        return self._saved.state is AgentState.ONBOARDED

    @property
    def wants_enrolment(self) -> bool:
        return self._saved.state in (AgentState.ENROLLING, AgentState.ONBOARDED)

    @property
    def org_id(self) -> str:
        """ "" when there never was a package."""
        return self.package.org_id if self.package else ""

    @property
    def token(self) -> str:
        return self._saved.token

    def url(self, path: str) -> str:
        """A path of the command channel."""
        return (self.package.command_url if self.package else "") + path

    @property
    def cyber_url(self) -> str:
        """Where events go."""
        if self.package and self.package.cyber_url:
            return self.package.cyber_url
        geography = self.package.geography if self.package else ""
        prefix = f"{geography.lower()}-" if geography else ""
        return f"https://{prefix}v20.events.data.microsoft.com{CYBER_PATH}"

    def begin(self, package: Package, profile: Profile) -> Iterator[Command]:
        """Enrol under a package that is believed."""
        self.package = package
        self._saved.package = package.text
        self._saved.token = ""
        self._saved.state = AgentState.ENROLLING
        self._channels.succeed("enrol")
        yield Persist()
        yield LogLine(
            level="info",
            text=f"onboarding package accepted, organisation {package.org_id}",
            symbol="service-started",
            about="",
        )
        # The answer to an enrolment under an earlier package is stale; this one does not wait for it.
        self._channels.free("enrol")
        yield from self.enrol(profile)

    def enrol(self, profile: Profile) -> Iterator[Command]:
        """Ask the cloud for a token, for the first time or again."""
        body = Enrolment(package=self._saved.package, profile=profile)
        yield from self._channels.ask(SendEnrolment(url=self.url(ENROL_PATH), body=body))

    def awaits(self, request: SendEnrolment) -> bool:
        """False for an enrolment under a package that is no longer in force."""
        return self.wants_enrolment and request.body.package == self._saved.package

    def join(self, enrolled: Enrolled) -> Iterator[Command]:
        """The cloud said yes."""
        self._channels.succeed("enrol")
        self._saved.state = AgentState.ONBOARDED
        self._saved.token = enrolled.token
        self._saved.configuration_version = enrolled.configuration_version
        yield Persist()

    def give_up(self, why: str, symbol: str = "bad-onboarding") -> Iterator[Command]:
        """End an enrolment that cannot succeed."""
        self._saved.state = AgentState.FRESH
        self._saved.package = self._saved.token = ""
        self.package = None
        yield Persist()
        yield CancelWake(name="enrol")
        yield LogLine(level="error", text=f"onboarding failed: {why}", symbol=symbol, about=why)
