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
"""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from cryptography import x509

from mdelab.catalogue import timing
from mdelab.endpoint import events as happened
from mdelab.endpoint.answers import body_of, error_text
from mdelab.endpoint.antivirus import Threat
from mdelab.endpoint.backoff import Backoff
from mdelab.endpoint.commands import (
    CancelWake,
    Channel,
    Command,
    Execute,
    FetchDefinitions,
    ForgetEvents,
    LogLine,
    Persist,
    RemovePackage,
    Request,
    SendEnrolment,
    SendOffboarding,
    SendPoll,
    SendReport,
    SendResult,
    StoreEvent,
    WakeAfter,
)
from mdelab.endpoint.package_file import believe, read_package
from mdelab.endpoint.queue import Queue
from mdelab.endpoint.settings import AgentSettings
from mdelab.endpoint.state import AgentState, Definitions, Saved
from mdelab.model.channel import (
    CYBER_PATH,
    ENROL_PATH,
    OFFBOARD_PATH,
    POLL_PATH,
    RESULT_PATH,
    CommandResult,
    Commands,
    Enrolled,
    Enrolment,
    Event,
    Offboarding,
    Poll,
    Profile,
    Stored,
)
from mdelab.model.package import Kind, Package, PackageRefused, Refusal, parse

__all__ = ["Agent", "AgentState", "Definitions"]

DEFINITIONS_URL = "https://go.microsoft.com/fwlink/?linkid=2120136"

_GOODBYES = 5
"""Tries to tell the cloud of an offboarding before the agent is offboarded without its knowing (lab-defined)."""

_REMEMBERED_COMMANDS = 200
"""Ids of executed commands that are kept; the cloud repeats one only until it has the result."""

_FIELD_CHARACTERS = 4096
"""A longer field of an event is cut."""


class _Release(msgspec.Struct, frozen=True):
    """The lab's `latest.json`."""

    version: str
    sha256: str
    released: datetime


class Agent:
    """One device's Defender agent."""

    __slots__ = (
        "_backoffs",
        "_busy",
        "_files",
        "_fresh_drops",
        "_profile",
        "_roots",
        "_saved",
        "_uploads_later",
        "conflicting",
        "last_contact",
        "onboarding",
        "queue",
        "settings",
    )

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
        self._roots = roots
        self._saved = saved or Saved()
        self.queue = queue if queue is not None else Queue()
        self.settings = settings or AgentSettings()
        self.conflicting: tuple[str, ...] = ()
        """Programs that hold fanotify in blocking mode."""
        self.last_contact: datetime | None = None
        """When the cloud last answered on any channel."""
        self.onboarding: Package | None = parse(self._saved.package, "onboarding") if self._saved.package else None
        """The package under which the device is licensed, or enrols."""
        times = timing()
        self._backoffs: dict[Channel, Backoff] = {
            channel: Backoff(times.after("retry_first"), times.after("retry_most"), source)
            for channel in ("enrol", "poll", "report", "result", "offboard", "definitions")
        }
        self._busy: set[Channel] = set()
        self._files: dict[Kind, str] = {}
        self._fresh_drops: set[Kind] = set()
        self._uploads_later = False

    @property
    def state(self) -> AgentState:
        return self._saved.state

    @property
    def licensed(self) -> bool:
        """From the cloud's yes until an offboarding package is believed."""
        return self._saved.state is AgentState.ONBOARDED

    @property
    def waiting(self) -> int:
        """Events that are not acknowledged."""
        return len(self.queue)

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
        return self._backoffs["definitions"].failures

    @property
    def configuration_version(self) -> str:
        """ "" when the device is not licensed."""
        return self._saved.configuration_version

    @property
    def real_time_runs(self) -> bool:
        """Whether files are scanned as they are written and threats removed."""
        return self.settings.real_time_protection and not self.settings.passive_mode and not self.conflicting

    def saved(self) -> Saved:
        """What `Persist` is to write; valid until the next event."""
        return self._saved

    def profile(self) -> Profile:
        """What the cloud is told of the device now."""
        antivirus: Literal["real-time", "passive", "off"] = (
            "real-time" if self.real_time_runs else "passive" if self.settings.passive_mode else "off"
        )
        return msgspec.structs.replace(
            self._profile,
            tags=dict(self._saved.tags),
            definitions_version=self._saved.definitions.version,
            antivirus=antivirus,
        )

    def handle(self, event: happened.Event, now: datetime) -> list[Command]:
        """Take one event; the commands are to be carried out in order. Never raises for what a peer or a file says.

        now: aware; the device's own time.
        """
        return list(self._handle(event, now))

    def _handle(self, event: happened.Event, now: datetime) -> Iterator[Command]:
        match event:
            case happened.Started():
                yield from self._start()
            case happened.PackageDropped(kind=kind, text=text):
                self._files[kind] = text
                self._fresh_drops.add(kind)
                yield WakeAfter(name="notice", delay=timing().after("notice"))
            case happened.PackageRemoved(kind=kind):
                self._files.pop(kind, None)
                self._fresh_drops.discard(kind)
                if kind == "offboarding" and "onboarding" in self._files:
                    # What it blocked may now be taken.
                    self._fresh_drops.add("onboarding")
                    yield WakeAfter(name="notice", delay=timing().after("notice"))
            case happened.TimerFired(name=name):
                yield from self._wake(name, now)
            case happened.AnswerReceived(request=request):
                self._busy.discard(request.channel)
                yield from self._answered(event, now)
            case happened.Refused(request=request, reason=reason):
                self._busy.discard(request.channel)
                yield LogLine(level="warning", text=f"{request.channel}: {request.url}: {reason}")
                yield from self._failed(request)
            case happened.Observed(type=kind_of_event, fields=fields):
                yield from self._observe(kind_of_event, fields, now)
            case happened.SettingsChanged(settings=settings):
                self.settings = settings
            case happened.ConflictsChanged(names=names):
                if names and not self.conflicting:
                    yield LogLine(
                        level="warning", text=f"real time protection cannot run: fanotify is held by {', '.join(names)}"
                    )
                self.conflicting = names
            case happened.TagSet(key=key, value=value):
                self._saved.tags = {name: held for name, held in self._saved.tags.items() if name != key}
                if value:
                    self._saved.tags[key] = value
                yield Persist()
            case happened.ThreatSeen(threat=threat):
                yield from self._note_threat(threat, now)
            case happened.CommandExecuted(id=command, status=status, message=message):
                self._saved.results.append(CommandResult(id=command, status=status, message=message))
                yield Persist()
                yield from self._send_result()

    # Start and timers

    def _start(self) -> Iterator[Command]:
        self._saved.runs += 1
        self._busy.clear()
        yield Persist()
        yield LogLine(level="info", text=f"started, {self._saved.state.value}")
        if not self._saved.first_definitions_done:
            self._saved.definitions = msgspec.structs.replace(self._saved.definitions, status="updating")
            yield WakeAfter(name="definitions", delay=timing().after("definitions_first"))
        else:
            yield WakeAfter(name="definitions", delay=timing().after("definitions_update"))
        match self._saved.state:
            case AgentState.ENROLLING:
                yield from self._enrol()
            case AgentState.ONBOARDED:
                yield WakeAfter(name="poll", delay=timing().after("poll"))
                yield WakeAfter(name="cyber", delay=timing().after("cyber"))
                if self.queue:
                    yield from self._upload_later()
                yield from self._send_result()
            case AgentState.OFFBOARDING:
                yield from self._say_goodbye()
            case _:
                pass

    def _wake(self, name: str, now: datetime) -> Iterator[Command]:
        match name:
            case "notice":
                yield from self._look(now)
            case "enrol" if self.state in (AgentState.ENROLLING, AgentState.ONBOARDED):
                yield from self._enrol()
            case "poll" if self.licensed:
                yield from self._poll()
            case "cyber" if self.licensed:
                yield from self._observe("Heartbeat", {}, now)
                if not self._backoffs["report"].is_failing:
                    yield from self._upload()
                yield WakeAfter(name="cyber", delay=timing().after("cyber"))
            case "upload":
                self._uploads_later = False
                if self.licensed:
                    yield from self._upload()
            case "result" if self.licensed:
                yield from self._send_result()
            case "goodbye" if self.state is AgentState.OFFBOARDING:
                yield from self._say_goodbye()
            case "definitions":
                if self.settings.automatic_definition_update_enabled:
                    yield from self._fetch_definitions()
                else:
                    yield WakeAfter(name="definitions", delay=timing().after("definitions_update"))
            case _:
                # A timer of a state that is over.
                pass

    # Packages

    def _look(self, now: datetime) -> Iterator[Command]:
        fresh, self._fresh_drops = self._fresh_drops, set()
        if self.licensed:
            if "offboarding" in fresh:
                yield from self._consider_offboarding(self._files["offboarding"], now)
            if "onboarding" in fresh and self.licensed:
                yield from self._consider_other(self._files["onboarding"])
            return
        if self.state is AgentState.OFFBOARDING:
            return
        if "offboarding" in self._files:
            if self.state is AgentState.ENROLLING:
                yield from self._give_up_enrolment("an offboarding file appeared (mdatp_offboard.json)")
            elif "onboarding" in fresh:
                yield LogLine(
                    level="warning",
                    text="onboarding refused: a left-over mdatp_offboard.json blocks it; remove that file first",
                )
        elif "onboarding" in fresh:
            yield from self._consider_onboarding(self._files["onboarding"], now)

    def _consider_onboarding(self, text: str, now: datetime) -> Iterator[Command]:
        try:
            package = believe(text, "onboarding", self._roots, now)
        except PackageRefused as refused:
            yield _refusal("onboarding", refused)
            return
        if self.state is AgentState.ENROLLING and self.onboarding and self.onboarding.text == package.text:
            return
        if self.onboarding and self.onboarding.org_id != package.org_id and self.queue:
            # Another organisation must never read what this one left behind.
            yield from self._forget(len(self.queue))
        self.onboarding = package
        self._saved.package = package.text
        self._saved.token = ""
        self._saved.state = AgentState.ENROLLING
        self._backoffs["enrol"].succeeded()
        yield Persist()
        yield LogLine(level="info", text=f"onboarding package accepted, organisation {package.org_id}")
        # The answer to an enrolment under an earlier package is stale; this one does not wait for it.
        self._busy.discard("enrol")
        yield from self._enrol()

    def _consider_other(self, text: str) -> Iterator[Command]:
        """An onboarding file while licensed: the organisation stays, whatever the file says."""
        try:
            package = read_package(text, "onboarding")
        except PackageRefused as refused:
            yield _refusal("onboarding", refused)
            return
        mine = self.onboarding.org_id if self.onboarding else ""
        if package.org_id != mine:
            yield LogLine(
                level="warning",
                text=f"onboarding refused ({Refusal.OTHER_ORGANISATION.value}): the device belongs to {mine} "
                f"and the package to {package.org_id}; offboard the device first",
            )

    def _consider_offboarding(self, text: str, now: datetime) -> Iterator[Command]:
        try:
            mine = self.onboarding.org_id if self.onboarding else ""
            package = believe(text, "offboarding", self._roots, now, org_id=mine)
        except PackageRefused as refused:
            yield _refusal("offboarding", refused)
            return
        yield from self._begin_offboarding(package.text)

    def _begin_offboarding(self, text: str) -> Iterator[Command]:
        self._saved.state = AgentState.OFFBOARDING
        self._saved.goodbye = text
        self._backoffs["offboard"].succeeded()
        yield Persist()
        yield LogLine(level="info", text="offboarding package accepted")
        for name in ("poll", "cyber", "upload", "result", "enrol"):
            yield CancelWake(name=name)
        self._uploads_later = False
        yield from self._say_goodbye()

    def _give_up_enrolment(self, why: str) -> Iterator[Command]:
        self._saved.state = AgentState.FRESH
        self._saved.package = self._saved.token = ""
        self.onboarding = None
        yield Persist()
        yield CancelWake(name="enrol")
        yield LogLine(level="error", text=f"onboarding failed: {why}")

    # Requests

    def _url(self, path: str) -> str:
        return (self.onboarding.command_url if self.onboarding else "") + path

    def _ask(self, request: Request) -> Iterator[Command]:
        """Send, unless the channel is busy: then whoever finishes goes on."""
        if request.channel not in self._busy:
            self._busy.add(request.channel)
            yield request

    def _enrol(self) -> Iterator[Command]:
        body = Enrolment(package=self._saved.package, profile=self.profile())
        yield from self._ask(SendEnrolment(url=self._url(ENROL_PATH), body=body))

    def _poll(self) -> Iterator[Command]:
        yield from self._ask(
            SendPoll(url=self._url(POLL_PATH), token=self._saved.token, body=Poll(profile=self.profile()))
        )

    def _upload(self, most_events: int = 100) -> Iterator[Command]:
        if self.queue and self.onboarding:
            url = self.onboarding.cyber_url or _standard_cyber_url(self.onboarding.geography)
            yield from self._ask(SendReport(url=url, token=self._saved.token, body=self.queue.batch(most_events)))

    def _upload_later(self) -> Iterator[Command]:
        if not self._uploads_later and "report" not in self._busy:
            self._uploads_later = True
            yield WakeAfter(name="upload", delay=timing().after("upload"))

    def _send_result(self) -> Iterator[Command]:
        if self._saved.results:
            yield from self._ask(
                SendResult(url=self._url(RESULT_PATH), token=self._saved.token, body=self._saved.results[0])
            )

    def _say_goodbye(self) -> Iterator[Command]:
        if self.queue and not self._backoffs["report"].is_failing:
            # What was seen under this organisation is told before the goodbye; after it nobody would take it.
            yield from self._upload()
            return
        body = Offboarding(package=self._saved.goodbye)
        yield from self._ask(SendOffboarding(url=self._url(OFFBOARD_PATH), token=self._saved.token, body=body))

    def _fetch_definitions(self) -> Iterator[Command]:
        yield from self._ask(FetchDefinitions(url=DEFINITIONS_URL))

    # Answers

    def _answered(self, answer: happened.AnswerReceived, now: datetime) -> Iterator[Command]:
        request = answer.request
        if answer.status < 500:
            self.last_contact = now
        match request:
            case SendEnrolment():
                yield from self._enrolment_answered(request, answer, now)
            case SendPoll():
                commands = body_of(answer, Commands)
                if commands is None:
                    yield from self._no(answer)
                    return
                self._backoffs["poll"].succeeded()
                if self.licensed:
                    yield WakeAfter(name="poll", delay=timing().after("poll"))
                    yield from self._obey(commands)
            case SendReport():
                yield from self._report_answered(request, answer)
            case SendResult():
                if answer.status != 204 and answer.status not in (400, 404):
                    yield from self._no(answer)
                    return
                self._backoffs["result"].succeeded()
                self._saved.results = [one for one in self._saved.results if one.id != request.body.id]
                yield Persist()
                if self.licensed:
                    yield from self._send_result()
            case SendOffboarding():
                if answer.status == 204:
                    yield from self._finish_offboarding("the cloud has taken note")
                elif answer.status in (400, 401, 403):
                    yield from self._finish_offboarding(f"the cloud answered {answer.status} to the goodbye")
                else:
                    yield from self._no(answer)
            case FetchDefinitions():
                yield from self._definitions_answered(answer, now)
            case _:
                pass

    def _enrolment_answered(
        self, request: SendEnrolment, answer: happened.AnswerReceived, now: datetime
    ) -> Iterator[Command]:
        if request.body.package != self._saved.package or self.state not in (
            AgentState.ENROLLING,
            AgentState.ONBOARDED,
        ):
            # The answer belongs to a package that is no longer in force.
            return
        if answer.status in (400, 403):
            if self.licensed:
                yield from self._no(answer)
            else:
                yield from self._give_up_enrolment(f"the cloud answered {answer.status}: {error_text(answer.body)}")
            return
        enrolled = body_of(answer, Enrolled)
        if enrolled is None:
            yield from self._no(answer)
            return
        self._backoffs["enrol"].succeeded()
        was_licensed = self.licensed
        self._saved.state = AgentState.ONBOARDED
        self._saved.token = enrolled.token
        self._saved.configuration_version = enrolled.configuration_version
        yield Persist()
        yield WakeAfter(name="poll", delay=timing().after("poll"))
        if was_licensed:
            yield from self._upload()
            return
        if "onboarding" in self._files and "onboarding" not in self._fresh_drops:
            # That the file is there still counts; its text has served.
            self._files["onboarding"] = ""
        organisation = self.onboarding.org_id if self.onboarding else ""
        yield LogLine(level="info", text=f"onboarded to organisation {organisation}")
        yield WakeAfter(name="cyber", delay=timing().after("cyber"))
        yield from self._observe("Heartbeat", {}, now)
        yield from self._upload()

    def _report_answered(self, request: SendReport, answer: happened.AnswerReceived) -> Iterator[Command]:
        count = self.queue.still_first(request.body)
        if not count:
            # The events went meanwhile: another organisation has the device now, and its own events wait.
            if self.licensed:
                yield from self._upload()
            return
        if answer.status == 413:
            if count > 1:
                yield from self._upload(most_events=count // 2)
                return
            self.queue.dropped += 1
            yield LogLine(level="error", text=f"event {request.body.events[0].id} dropped: too large for the cloud")
        elif body_of(answer, Stored) is None:
            yield from self._no(answer)
            return
        self._backoffs["report"].succeeded()
        yield from self._forget(count)
        if self.state is AgentState.OFFBOARDING:
            yield from self._say_goodbye()
        elif self.licensed:
            yield from self._upload()

    def _definitions_answered(self, answer: happened.AnswerReceived, now: datetime) -> Iterator[Command]:
        release = body_of(answer, _Release)
        if release is None or not release.version:
            # The last good definitions stay in use.
            yield from self._no(answer)
            return
        self._backoffs["definitions"].succeeded()
        if release.version != self._saved.definitions.version:
            yield LogLine(level="info", text=f"definitions {release.version} installed")
        self._saved.definitions = Definitions(version=release.version, updated=now, status="up_to_date")
        self._saved.first_definitions_done = True
        yield Persist()
        yield WakeAfter(name="definitions", delay=timing().after("definitions_update"))

    def _no(self, answer: happened.AnswerReceived) -> Iterator[Command]:
        """An answer that is not the one that was wanted."""
        request = answer.request
        yield LogLine(
            level="warning",
            text=f"{request.channel}: {request.url}: answered {answer.status}: {error_text(answer.body)}",
        )
        if answer.status == 401 and self.licensed and request.channel in ("poll", "report", "result"):
            yield from self._enrol()
        yield from self._failed(request, answer.retry_after_s)

    def _failed(self, request: Request, retry_after_s: int = 0) -> Iterator[Command]:
        """Try again later, if the state still wants it."""
        channel = request.channel
        backoff = self._backoffs[channel]
        wait = backoff.next(at_least=timedelta(seconds=retry_after_s))
        if self.state is AgentState.OFFBOARDING and channel in ("report", "offboard"):
            if channel == "offboard" and backoff.failures >= _GOODBYES:
                yield from self._finish_offboarding("the cloud could not be told")
            else:
                yield from self._say_goodbye() if channel == "report" else iter([WakeAfter(name="goodbye", delay=wait)])
            return
        match channel:
            case "enrol" if self.state in (AgentState.ENROLLING, AgentState.ONBOARDED):
                yield WakeAfter(name="enrol", delay=wait)
            case "poll" | "result" if self.licensed:
                yield WakeAfter(name=channel, delay=wait)
            case "report" if self.licensed:
                self._uploads_later = True
                yield WakeAfter(name="upload", delay=wait)
            case "definitions":
                yield WakeAfter(name="definitions", delay=wait)
            case _:
                pass

    def _finish_offboarding(self, how: str) -> Iterator[Command]:
        self._saved.state = AgentState.OFFBOARDED
        self._saved.goodbye = self._saved.token = self._saved.configuration_version = ""
        self._saved.results = []
        yield Persist()
        yield CancelWake(name="goodbye")
        yield RemovePackage()
        yield LogLine(level="info", text=f"offboarded: {how}")

    # What the cloud orders, and what the device sees

    def _obey(self, commands: Commands) -> Iterator[Command]:
        fresh = [one for one in commands.commands if one.id not in self._saved.executed]
        if not fresh:
            return
        # Before they are carried out: a restart in between must not carry one out twice.
        self._saved.executed = [*self._saved.executed, *(one.id for one in fresh)][-_REMEMBERED_COMMANDS:]
        yield Persist()
        for one in fresh:
            yield Execute(command=one)

    def _observe(self, kind_of_event: str, fields: dict[str, str], now: datetime) -> Iterator[Command]:
        if not self.licensed:
            return
        self._saved.sent += 1
        event = Event(
            id=f"{self.machine_id[:16]}-{self._saved.runs}-{self._saved.sent}",
            at=now,
            type=kind_of_event,
            fields={name: value[:_FIELD_CHARACTERS] for name, value in fields.items()},
        )
        if not self.queue.add(event):
            yield LogLine(level="error", text=f"event {event.id} dropped: {len(self.queue)} events wait already")
            return
        yield StoreEvent(event=event)
        yield from self._upload_later()

    def _note_threat(self, threat: Threat, now: datetime) -> Iterator[Command]:
        is_new = all(known.id != threat.id for known in self._saved.threats)
        self._saved.threats = [known for known in self._saved.threats if known.id != threat.id] + [threat]
        yield Persist()
        if is_new:
            yield LogLine(level="warning", text=f"threat {threat.name} in {threat.path}: {threat.status}")
            yield from self._observe(
                "ThreatDetected",
                {"ThreatName": threat.name, "TargetFilename": threat.path, "Action": threat.status},
                now,
            )

    def _forget(self, count: int) -> Iterator[Command]:
        self.queue.forget(count)
        # The count of events is saved first: it is a part of the next event's id.
        yield Persist()
        yield ForgetEvents(count=count)


def _refusal(kind: Kind, refused: PackageRefused) -> LogLine:
    return LogLine(level="error", text=f"{kind} refused ({refused.refusal.value}): {refused}")


def _standard_cyber_url(geography: str) -> str:
    prefix = f"{geography.lower()}-" if geography else ""
    return f"https://{prefix}v20.events.data.microsoft.com{CYBER_PATH}"
