"""What the agent says to the cloud, and what follows from each answer or failure: go on, try again later, or stop.

An answer counts only when it is the one that was wanted (`mdelab.endpoint.answers`); anything else is a failure of its channel.
"""

import random
from collections.abc import Callable, Iterator
from datetime import datetime

from mdelab.catalogue import timing
from mdelab.endpoint.answers import body_of, error_text
from mdelab.endpoint.channels import Channels
from mdelab.endpoint.commands import (
    Command,
    FetchDefinitions,
    LogLine,
    Request,
    SendEnrolment,
    SendOffboarding,
    SendPoll,
    SendReport,
    SendResult,
    WakeAfter,
)
from mdelab.endpoint.events import AnswerReceived, Refused
from mdelab.endpoint.farewell import Farewell
from mdelab.endpoint.membership import Membership
from mdelab.endpoint.orders import Orders
from mdelab.endpoint.outbox import Outbox
from mdelab.endpoint.queue import Queue
from mdelab.endpoint.state import AgentState, Saved
from mdelab.endpoint.updates import Updates
from mdelab.model.channel import POLL_PATH, CommandResult, Commands, Enrolled, Poll, Profile


class Conversation:
    """One agent's; its parts are open to the agent."""

    __slots__ = (
        "_profile",
        "_saved",
        "channels",
        "farewell",
        "last_contact",
        "membership",
        "orders",
        "outbox",
        "updates",
    )

    def __init__(
        self, *, saved: Saved, queue: Queue, source: random.Random, machine_id: str, profile: Callable[[], Profile]
    ) -> None:
        """source: jitter. profile: what the cloud is told of the device, asked anew each time."""
        self._saved = saved
        self._profile = profile
        self.last_contact: datetime | None = None
        """When the cloud last answered on any channel."""
        self.channels = Channels(source)
        self.membership = Membership(saved, self.channels)
        self.farewell = Farewell(saved, self.channels, self.membership)
        self.orders = Orders(saved, self.channels, self.membership)
        self.updates = Updates(saved, self.channels)
        self.outbox = Outbox(
            saved=saved, channels=self.channels, membership=self.membership, queue=queue, machine_id=machine_id
        )

    @property
    def _is_leaving(self) -> bool:
        return self._saved.state is AgentState.OFFBOARDING

    def enrol(self) -> Iterator[Command]:
        yield from self.membership.enrol(self._profile())

    def poll(self) -> Iterator[Command]:
        url, body = self.membership.url(POLL_PATH), Poll(profile=self._profile())
        yield from self.channels.ask(SendPoll(url=url, token=self.membership.token, body=body))

    def say_goodbye(self) -> Iterator[Command]:
        if self.outbox.queue and not self.channels.failures("report"):
            # What was seen under this organisation is told before the goodbye; after it nobody would take it.
            yield from self.outbox.upload()
        else:
            yield from self.farewell.say()

    def executed(self, result: CommandResult) -> Iterator[Command]:
        """An order of the cloud was carried out, or could not be."""
        yield from self.orders.executed(result)
        yield from self.tell_results()

    def tell_results(self) -> Iterator[Command]:
        """Tell the cloud what came of its orders; after the result of one to leave it takes no events any more."""
        if self._saved.goodbye_order and self.outbox.queue and not self.channels.failures("report"):
            yield from self.outbox.upload()
        else:
            yield from self.orders.tell()

    def answered(self, answer: AnswerReceived, now: datetime) -> Iterator[Command]:
        request = answer.request
        self.channels.free(request.channel)
        if answer.status < 500:
            self.last_contact = now
        if answer.status < 400 and (self.channels.failures(request.channel) or isinstance(request, SendEnrolment)):
            yield LogLine(
                level="info", text=f"{request.channel}: {request.url}: connected", symbol="contacted", about=request.url
            )
        match request:
            case SendEnrolment():
                yield from self._enrolment_answered(request, answer, now)
            case SendPoll():
                yield from self._poll_answered(answer)
            case SendReport():
                yield from self._report_answered(request, answer)
            case SendResult():
                yield from self._result_answered(request, answer)
            case SendOffboarding():
                if answer.status == 204:
                    yield from self.farewell.finish("the cloud has taken note")
                elif answer.status in (400, 401, 403):
                    yield from self.farewell.finish(f"the cloud answered {answer.status} to the goodbye")
                else:
                    yield from self._no(answer)
            case FetchDefinitions():
                release = self.updates.released(answer)
                yield from self.updates.install(release, now) if release else self._no(answer)
            case _:
                pass

    def refused(self, refusal: Refused) -> Iterator[Command]:
        request = refusal.request
        self.channels.free(request.channel)
        yield _failure(request, refusal.reason, request.url)
        yield from self._failed(request)

    def _enrolment_answered(self, request: SendEnrolment, answer: AnswerReceived, now: datetime) -> Iterator[Command]:
        if not self.membership.awaits(request):
            return
        was_licensed = self.membership.is_licensed
        if answer.status in (400, 403) and not was_licensed:
            why = f"the cloud answered {answer.status}: {error_text(answer.body)}"
            yield from self.membership.give_up(why, "refused-other-organisation")
            return
        enrolled = body_of(answer, Enrolled)
        if enrolled is None:
            yield from self._no(answer)
            return
        yield from self.membership.join(enrolled)
        yield WakeAfter(name="poll", delay=timing().after("poll"))
        if not was_licensed:
            configuration = enrolled.configuration_version
            yield LogLine(level="info", text=f"onboarded to organisation {self.membership.org_id}", symbol="onboarded")
            yield LogLine(
                level="info",
                text=f"configuration {configuration} applied",
                symbol="configuration-applied",
                about=configuration,
            )
            yield WakeAfter(name="cyber", delay=timing().after("cyber"))
            yield from self.outbox.add("Heartbeat", {}, now)
        yield from self.outbox.upload()

    def _poll_answered(self, answer: AnswerReceived) -> Iterator[Command]:
        commands = body_of(answer, Commands)
        if commands is None:
            yield from self._no(answer)
            return
        self.channels.succeed("poll")
        if self.membership.is_licensed:
            yield WakeAfter(name="poll", delay=timing().after("poll"))
            yield from self.orders.obey(commands)

    def _report_answered(self, request: SendReport, answer: AnswerReceived) -> Iterator[Command]:
        if not self.outbox.is_settled_by(request, answer):
            yield from self._no(answer)
            return
        yield from self.outbox.settle(request, answer)
        if self._is_leaving:
            yield from self.say_goodbye()
        elif self._saved.goodbye_order:
            yield from self.tell_results()
        elif self.membership.is_licensed:
            yield from self.outbox.upload()

    def _result_answered(self, request: SendResult, answer: AnswerReceived) -> Iterator[Command]:
        is_goodbye = self.orders.is_goodbye(request)
        # An answer can be lost: a cloud that has let the device go knows its token no more.
        if answer.status not in (204, 400, 404) and not (is_goodbye and answer.status == 401):
            yield from self._no(answer)
            return
        yield from self.orders.told(request)
        if is_goodbye and request.body.status == "Succeeded":
            yield from self.farewell.obey()
        elif self.membership.is_licensed:
            yield from self.orders.tell()

    def _no(self, answer: AnswerReceived) -> Iterator[Command]:
        """An answer that is not the one that was wanted."""
        request = answer.request
        said = error_text(answer.body)
        yield _failure(request, f"answered {answer.status}: {said}", f"{request.url}: HTTP {answer.status}")
        if answer.status == 401 and self.membership.is_licensed and request.channel in ("poll", "report", "result"):
            yield from self.enrol()
        yield from self._failed(request, answer.retry_after_s)

    def _failed(self, request: Request, retry_after_s: int = 0) -> Iterator[Command]:
        """Try again later, if the state still wants it."""
        wait = self.channels.fail(request.channel, retry_after_s)
        match request.channel:
            case "offboard" if self._is_leaving and self.farewell.is_hopeless:
                yield from self.farewell.finish("the cloud could not be told")
            case "offboard" if self._is_leaving:
                yield WakeAfter(name="goodbye", delay=wait)
            case "report" if self._is_leaving:
                yield from self.say_goodbye()
            case "report" if self.membership.is_licensed:
                yield from self.outbox.upload_after(wait)
                if self._saved.goodbye_order:
                    yield from self.tell_results()
            case "enrol" if self.membership.wants_enrolment:
                yield LogLine(
                    level="warning",
                    text=f"no command channel; next attempt in {wait.total_seconds():.0f} s",
                    symbol="enrolment-failed",
                    about=request.url,
                )
                yield WakeAfter(name="enrol", delay=wait)
            case "poll" | "result" if self.membership.is_licensed:
                yield WakeAfter(name=request.channel, delay=wait)
            case "definitions":
                yield WakeAfter(name="definitions", delay=wait)
            case _:
                pass


def _failure(request: Request, why: str, about: str) -> LogLine:
    symbol = "definitions-failed" if request.channel == "definitions" else "cannot-connect"
    return LogLine(level="warning", text=f"{request.channel}: {request.url}: {why}", symbol=symbol, about=about)
