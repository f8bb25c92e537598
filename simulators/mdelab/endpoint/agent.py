"""The Defender agent as a state machine: events in, commands out; no socket, no clock, no file.

Theory. The agent is told of onboarding and offboarding files that appear, looks at them `notice` later, and
believes a package when its chain, signature and expiry hold (`mdelab.model.package`). It then enrols, and from the
cloud's yes on it is licensed: it polls for commands, and reports events. Every channel waits for its own back-off after
a failure, so that one dead URL does not stop the others, and no failure makes it trust more or take another way.

    state        onboarding file            offboarding file           cloud says yes     cloud says no
    -----------  -------------------------  -------------------------  -----------------  ---------------------------
    fresh        verify -> enrolling        blocks onboarding          -                  -
    enrolling    other text: start anew     blocks: -> fresh           -> onboarded       400, 403 -> fresh; else retry
    onboarded    other organisation: warn   verify -> offboarding      go on              401: enrol anew; else retry
    offboarding  ignored                    ignored                    -> offboarded      retry, at last -> offboarded
    offboarded   verify -> enrolling        blocks onboarding          -                  -

A package that is not believed leaves the state as it is and writes one line that names the reason. Events that were
seen wait in the queue until the cloud said that it has them.

Each noun of the machine has a file: which packages are believed (`judgement`), the organisation and the enrolment
(`membership`), the way out of it (`farewell`), events and their uploads (`outbox`), what the cloud orders (`orders`),
security intelligence (`updates`), back-offs (`channels`), and what follows from each answer (`conversation`). Here is
what happens to the machine and what can be read of it.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

import msgspec
from cryptography import x509

from mdelab.catalogue import timing
from mdelab.endpoint import events as happened
from mdelab.endpoint.antivirus import Threat
from mdelab.endpoint.commands import Command, LogLine, Persist, WakeAfter
from mdelab.endpoint.conversation import Conversation
from mdelab.endpoint.judgement import GiveUp, Join, Judgement, Leave
from mdelab.endpoint.queue import Queue
from mdelab.endpoint.settings import AgentSettings
from mdelab.endpoint.state import AgentState, Definitions, Isolation, Saved
from mdelab.model.channel import CommandResult, Profile
from mdelab.model.package import Package

__all__ = ["Agent", "AgentState", "Definitions"]

_STARTED = dict.fromkeys((AgentState.ENROLLING, AgentState.ONBOARDED, AgentState.OFFBOARDING), "service-started")
"""The start of a client that has nothing to do is no event."""


class Agent:
    """One device's Defender agent."""

    __slots__ = ("_judgement", "_profile", "_saved", "_talk", "conflicting", "settings")

    def __init__(
        self,
        *,
        profile: Profile,
        roots: Sequence[x509.Certificate],
        source: random.Random,
        settings: AgentSettings | None = None,
        saved: Saved | None = None,
        queue: Queue | None = None,
    ) -> None:
        """profile: what never changes of it; tags, definitions and antivirus are filled in by the agent.

        roots: the signing authorities of packages. source: jitter. saved, queue: of an earlier run.
        """
        self._profile = profile
        self._saved = saved or Saved()
        self.settings = settings or AgentSettings()
        self.conflicting: tuple[str, ...] = ()
        """Programs that hold fanotify in blocking mode."""
        self._judgement = Judgement(roots)
        self._talk = Conversation(
            saved=self._saved,
            queue=queue if queue is not None else Queue(),
            source=source,
            machine_id=profile.machine_id,
            profile=self.profile,
        )

    # What can be read of it

    @property
    def state(self) -> AgentState:
        return self._saved.state

    @property
    def licensed(self) -> bool:
        """From the cloud's yes until an offboarding package is believed."""
        return self._talk.membership.is_licensed

    @property
    def onboarding(self) -> Package | None:
        """The package under which the device is licensed, or enrols."""
        return self._talk.membership.package

    @onboarding.setter
    def onboarding(self, package: Package) -> None:
        """Hold an equal package in place of the own one: the agents of a fleet share one copy."""
        self._talk.membership.package = package

    @property
    def queue(self) -> Queue:
        return self._talk.outbox.queue

    @property
    def last_contact(self) -> datetime | None:
        """When the cloud last answered on any channel."""
        return self._talk.last_contact

    @property
    def waiting(self) -> int:
        """Events that are not acknowledged."""
        return len(self._talk.outbox.queue)

    @property
    def sent(self) -> int:
        """Events made, ever."""
        return self._saved.sent

    @property
    def machine_id(self) -> str:
        return self._profile.machine_id

    @property
    def tags(self) -> dict[str, str]:
        return self._saved.tags

    @property
    def threats(self) -> list[Threat]:
        return self._saved.threats

    @property
    def definitions(self) -> Definitions:
        return self._saved.definitions

    @property
    def first_definitions_done(self) -> bool:
        return self._saved.first_definitions_done

    @property
    def definition_failures(self) -> int:
        """Downloads that failed since the last good one."""
        return self._talk.channels.failures("definitions")

    @property
    def configuration_version(self) -> str:
        """ "" when the device is not licensed."""
        return self._saved.configuration_version

    @property
    def isolation(self) -> Isolation:
        """How the cloud has cut the device off; "" when it has not."""
        return self._saved.isolation

    @property
    def real_time_runs(self) -> bool:
        """Whether files are scanned as they are written and threats removed: never without a licence."""
        return self.licensed and self._real_time_can_run

    @property
    def scans_on_access(self) -> bool:
        """Whether files are scanned as they are written, be it that a passive antivirus only reports threats."""
        return self.licensed and (self._real_time_can_run or self.settings.passive_mode)

    @property
    def _real_time_can_run(self) -> bool:
        return self.settings.real_time_protection and not self.settings.passive_mode and not self.conflicting

    def saved(self) -> Saved:
        """What `Persist` is to write; valid until the next event."""
        return self._saved

    def describe(self, profile: Profile) -> None:
        """The device is called or made otherwise from now on; its machine id stays."""
        self._profile = profile

    def profile(self) -> Profile:
        """What the cloud is told of the device now: in an enrolment, how it will be with the licence that it asks for."""
        antivirus: Literal["real-time", "passive", "off"] = (
            "real-time" if self._real_time_can_run else "passive" if self.settings.passive_mode else "off"
        )
        return msgspec.structs.replace(
            self._profile,
            tags=dict(self._saved.tags),
            definitions_version=self._saved.definitions.version,
            antivirus=antivirus,
        )

    # What happens to it

    def handle(self, event: happened.Event, now: datetime) -> list[Command]:
        """Take one event; the commands are to be carried out in order. Never raises for what a peer or a file says.

        now: aware; the device's own time.
        """
        return list(self._handle(event, now))

    def _handle(self, event: happened.Event, now: datetime) -> Iterator[Command]:
        match event:
            case happened.Started():
                yield from self._start()
            case happened.PackageDropped(kind=kind):
                self._judgement.dropped(event)
                yield _wake("notice")
            case happened.PackageRemoved(kind=kind):
                if self._judgement.removed(kind):
                    yield _wake("notice")
            case happened.TimerFired(name=name):
                yield from self._wake(name, now)
            case happened.AnswerReceived():
                was_licensed = self.licensed
                yield from self._talk.answered(event, now)
                if self.licensed and not was_licensed:
                    self._judgement.served()
            case happened.Refused():
                yield from self._talk.refused(event)
            case happened.Observed(type=type_of_event, fields=fields):
                yield from self._observe(type_of_event, fields, now)
            case happened.SettingsChanged(settings=settings):
                self.settings = settings
            case happened.ConflictsChanged(names=names):
                if names and not self.conflicting:
                    yield LogLine(
                        level="warning", text=f"real time protection cannot run: fanotify is held by {', '.join(names)}"
                    )
                self.conflicting = names
            case happened.DefinitionsRestored():
                yield from self._talk.updates.restore()
            case happened.TagSet(key=key, value=value):
                self._saved.tags = {name: held for name, held in self._saved.tags.items() if name != key}
                if value:
                    self._saved.tags[key] = value
                yield Persist()
            case happened.ThreatSeen(threat=threat):
                yield from self._note_threat(threat, now)
            case happened.CommandExecuted(id=order, status=status, message=message):
                yield from self._talk.executed(CommandResult(id=order, status=status, message=message))

    def _start(self) -> Iterator[Command]:
        talk = self._talk
        self._saved.runs += 1
        talk.channels.free_all()
        yield Persist()
        yield LogLine(level="info", text=f"started, {self.state.value}", symbol=_STARTED.get(self.state, ""), about="")
        yield from talk.updates.start()
        match self.state:
            case AgentState.ENROLLING:
                yield from talk.enrol()
            case AgentState.ONBOARDED:
                yield _wake("poll")
                yield _wake("cyber")
                if self.waiting:
                    yield from talk.outbox.upload_later()
                yield from talk.tell_results()
            case AgentState.OFFBOARDING:
                yield from talk.say_goodbye()
            case _:
                pass

    def _wake(self, name: str, now: datetime) -> Iterator[Command]:
        talk = self._talk
        match name:
            case "notice":
                yield from self._look(now)
            case "enrol" if talk.membership.wants_enrolment:
                yield from talk.enrol()
            case "poll" if self.licensed:
                yield from talk.poll()
            case "cyber" if self.licensed:
                yield from self._observe("Heartbeat", {}, now)
                if not talk.channels.failures("report"):
                    yield from talk.outbox.upload()
                yield _wake("cyber")
            case "upload":
                talk.outbox.wait_ended()
                if self.licensed:
                    yield from talk.outbox.upload()
            case "result" if self.licensed:
                yield from talk.tell_results()
            case "goodbye" if self.state is AgentState.OFFBOARDING:
                yield from talk.say_goodbye()
            case "definitions":
                yield from talk.updates.due(is_automatic=self.settings.automatic_definition_update_enabled)
            case _:
                # A timer of a state that is over.
                pass

    def _look(self, now: datetime) -> Iterator[Command]:
        talk = self._talk
        for verdict in self._judgement.look(self.state, self.onboarding, now):
            match verdict:
                case Join(package):
                    if self.onboarding and self.onboarding.org_id != package.org_id:
                        # Another organisation must never read what this one left behind.
                        yield from talk.outbox.empty()
                    yield from talk.membership.begin(package, self.profile())
                case Leave(package):
                    yield from talk.farewell.begin(package.text)
                    talk.outbox.wait_ended()
                    yield from talk.say_goodbye()
                case GiveUp(why):
                    yield from talk.membership.give_up(why)
                case LogLine():
                    yield verdict

    def _observe(self, type_of_event: str, fields: dict[str, str], now: datetime) -> Iterator[Command]:
        if self.licensed:
            yield from self._talk.outbox.add(type_of_event, fields, now)

    def _note_threat(self, threat: Threat, now: datetime) -> Iterator[Command]:
        is_new = all(known.id != threat.id for known in self._saved.threats)
        self._saved.threats = [known for known in self._saved.threats if known.id != threat.id] + [threat]
        yield Persist()
        if is_new:
            yield LogLine(
                level="warning",
                text=f"threat {threat.name} in {threat.path}: {threat.status}",
                symbol="threat-detected",
                about=f"Name: {threat.name} Path: {threat.path}",
            )
            if threat.status == "quarantined":
                yield LogLine(
                    level="info",
                    text=f"{threat.path} is in the quarantine",
                    symbol="threat-removed",
                    about=f"Name: {threat.name} Path: {threat.path} Action: Quarantine",
                )
            fields = {"ThreatName": threat.name, "TargetFilename": threat.path, "Action": threat.status}
            yield from self._observe("ThreatDetected", fields, now)


def _wake(name: Literal["notice", "poll", "cyber"]) -> WakeAfter:
    return WakeAfter(name=name, delay=timing().after(name))
