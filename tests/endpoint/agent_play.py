"""An agent in play: the packages it is given, what it wants done, and the answers it gets."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from endpoint_world import SIGNER, Signer

from mdelab.endpoint import events as happened
from mdelab.endpoint.agent import Agent
from mdelab.endpoint.commands import (
    Command,
    LogLine,
    Request,
    SendEnrolment,
    SendPoll,
    SendReport,
    WakeAfter,
)
from mdelab.endpoint.queue import Queue
from mdelab.model.channel import Command as Order
from mdelab.model.channel import Commands, Enrolled, Profile, Stored

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
ORG, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
ONBOARDING = SIGNER.package("onboarding", ORG)
OTHER_ONBOARDING = SIGNER.package("onboarding", OTHER)
OFFBOARDING = SIGNER.package("offboarding", ORG)
OTHER_OFFBOARDING = SIGNER.package("offboarding", OTHER)
EXPIRED_OFFBOARDING = SIGNER.package("offboarding", ORG, expires=NOW - timedelta(seconds=1))
FOREIGN_ONBOARDING = Signer("Seville.Windows.com").package("onboarding", ORG)
TAMPERED_ONBOARDING = ONBOARDING.replace(ORG, OTHER)
TRUNCATED_ONBOARDING = ONBOARDING[: len(ONBOARDING) // 2]
ENROLLED = msgspec.json.encode(Enrolled(token="t", configuration_version="30.1"))


class Play:
    """An agent, what it wants done, and the answers it gets."""

    def __init__(self, capacity: int = 10_000) -> None:
        profile = Profile(machine_id="0" * 40, name="lin-1", os_platform="Ubuntu", os_version="22.04")
        self.agent = Agent(
            profile=profile, roots=[SIGNER.certificate], source=random.Random(1), queue=Queue(capacity=capacity)
        )
        self.done: list[Command] = []
        self.now = NOW

    def feed(self, event: happened.Event) -> list[Command]:
        commands = self.agent.handle(event, self.now)
        self.done += commands
        return commands

    def drop(self, text: str, kind: Any = "onboarding") -> list[Command]:
        self.feed(happened.PackageDropped(kind=kind, text=text))
        return self.feed(happened.TimerFired(name="notice"))

    def last(self, kind: type[Request]) -> Request:
        return next(command for command in reversed(self.done) if isinstance(command, kind))

    def answer(
        self, kind: type[Request], status: int = 200, body: bytes = b"", retry_after_s: int = 0
    ) -> list[Command]:
        return self.feed(
            happened.AnswerReceived(request=self.last(kind), status=status, body=body, retry_after_s=retry_after_s)
        )

    def refuse(self, kind: type[Request]) -> list[Command]:
        return self.feed(happened.Refused(request=self.last(kind), reason="curl error 60"))

    def onboarded(self) -> "Play":
        self.drop(ONBOARDING)
        self.answer(SendEnrolment, body=ENROLLED)
        stored(self)
        return self


def stored(play: Play) -> list[Command]:
    report = play.last(SendReport)
    assert isinstance(report, SendReport)
    return play.answer(SendReport, body=msgspec.json.encode(Stored(stored=len(report.body.events), duplicates=0)))


def of(kind: type[Any], commands: list[Command]) -> list[Any]:
    return [command for command in commands if isinstance(command, kind)]


def texts(commands: list[Command]) -> str:
    return "\n".join(line.text for line in of(LogLine, commands))


def wake(commands: list[Command], name: str) -> timedelta:
    (found,) = [command for command in of(WakeAfter, commands) if command.name == name]
    delay: timedelta = found.delay
    return delay


def right_body(request: Request) -> bytes:
    match request:
        case SendEnrolment():
            return ENROLLED
        case SendPoll():
            return msgspec.json.encode(Commands(commands=(Order(id="a", type="RunAntiVirusScan"),)))
        case SendReport():
            return msgspec.json.encode(Stored(stored=len(request.body.events), duplicates=0))
        case _:
            return b'{"version": "1.2", "sha256": "0", "released": "2026-01-05T00:00:00Z"}'
