"""The agent as a state machine: its table, row by row, and what no order of events may bring about."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from endpoint_world import SIGNER, Signer
from hypothesis import given, settings
from hypothesis import strategies as st

from mdelab.endpoint import events as happened
from mdelab.endpoint.agent import Agent, AgentState, Definitions
from mdelab.endpoint.commands import (
    Command,
    Execute,
    FetchDefinitions,
    ForgetEvents,
    LogLine,
    RemovePackage,
    Request,
    SendEnrolment,
    SendOffboarding,
    SendPoll,
    SendReport,
    StoreEvent,
    WakeAfter,
)
from mdelab.endpoint.package_file import wrap
from mdelab.endpoint.queue import Queue
from mdelab.endpoint.settings import AgentSettings
from mdelab.model.channel import Command as Order
from mdelab.model.channel import Commands, Enrolled, Profile, Stored

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
ORG, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"

ONBOARDING = wrap(SIGNER.package("onboarding", ORG), "onboarding")
OTHER_ONBOARDING = wrap(SIGNER.package("onboarding", OTHER), "onboarding")
OFFBOARDING = wrap(SIGNER.package("offboarding", ORG), "offboarding")
OTHER_OFFBOARDING = wrap(SIGNER.package("offboarding", OTHER), "offboarding")
EXPIRED_OFFBOARDING = wrap(SIGNER.package("offboarding", ORG, expires=NOW - timedelta(seconds=1)), "offboarding")
FOREIGN_ONBOARDING = wrap(Signer("Seville.Windows.com").package("onboarding", ORG), "onboarding")
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


def test_a_package_is_looked_at_five_seconds_after_it_was_dropped() -> None:
    play = Play()
    assert wake(play.feed(happened.PackageDropped(kind="onboarding", text=ONBOARDING)), "notice") == timedelta(
        seconds=5
    )
    assert play.agent.state is AgentState.FRESH
    assert of(SendEnrolment, play.feed(happened.TimerFired(name="notice")))
    assert play.agent.state is AgentState.ENROLLING
    assert not play.agent.licensed


def test_the_clouds_yes_makes_the_device_licensed_and_a_heartbeat_follows() -> None:
    play = Play()
    play.drop(ONBOARDING)
    commands = play.answer(SendEnrolment, body=ENROLLED)
    assert play.agent.licensed
    (report,) = of(SendReport, commands)
    assert [event.type for event in report.body.events] == ["Heartbeat"]
    assert report.url == "https://us-v20.events.data.microsoft.com/OneCollector/1.0"
    assert wake(commands, "poll") == wake(commands, "cyber") == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (FOREIGN_ONBOARDING, "foreign chain"),
        (TAMPERED_ONBOARDING, "tampered"),
        (TRUNCATED_ONBOARDING, "malformed"),
        ("", "malformed"),
        ("[]", "malformed"),
        ('{"onboardingInfo": 7}', "malformed"),
        (OFFBOARDING, "malformed"),
        ("[" * 100_000, "malformed"),
    ],
)
def test_a_package_that_is_not_believed_leaves_one_line_that_names_the_reason(text: str, reason: str) -> None:
    play = Play()
    commands = play.drop(text)
    assert play.agent.state is AgentState.FRESH
    assert len(of(LogLine, commands)) == 1
    assert f"onboarding refused ({reason})" in texts(commands)
    assert not of(Request, commands)


def test_a_second_onboarding_of_the_same_organisation_enrols_no_second_time() -> None:
    play = Play().onboarded()
    commands = play.drop(ONBOARDING)
    assert not of(Request, commands)
    assert play.agent.licensed


def test_another_tenants_package_is_warned_of_once_and_the_organisation_stays() -> None:
    play = Play().onboarded()
    commands = play.drop(OTHER_ONBOARDING)
    (line,) = of(LogLine, commands)
    assert line.level == "warning"
    assert "other organisation" in line.text
    assert play.agent.onboarding
    assert play.agent.onboarding.org_id == ORG
    assert not of(Request, commands)


def test_a_left_over_offboarding_file_blocks_onboarding_until_it_is_removed() -> None:
    play = Play()
    play.drop(OFFBOARDING, "offboarding")
    commands = play.drop(ONBOARDING)
    assert "left-over mdatp_offboard.json" in texts(commands)
    assert play.agent.state is AgentState.FRESH
    play.feed(happened.PackageRemoved(kind="offboarding"))
    assert of(SendEnrolment, play.feed(happened.TimerFired(name="notice")))


def test_with_both_files_at_once_offboarding_wins() -> None:
    play = Play()
    play.feed(happened.PackageDropped(kind="onboarding", text=ONBOARDING))
    play.feed(happened.PackageDropped(kind="offboarding", text=OFFBOARDING))
    commands = play.feed(happened.TimerFired(name="notice"))
    assert not of(Request, commands)
    assert play.agent.state is AgentState.FRESH


def test_offboarding_says_goodbye_and_ends_the_licence() -> None:
    play = Play().onboarded()
    commands = play.drop(OFFBOARDING, "offboarding")
    assert play.agent.state is AgentState.OFFBOARDING
    assert not play.agent.licensed
    assert of(SendOffboarding, commands)
    commands = play.answer(SendOffboarding, 204)
    assert play.agent.state is AgentState.OFFBOARDED
    assert of(RemovePackage, commands)
    for name in ("poll", "cyber", "upload", "enrol", "goodbye", "result"):
        assert not of(Request, play.feed(happened.TimerFired(name=name)))


def test_what_was_seen_is_reported_before_the_goodbye() -> None:
    play = Play().onboarded()
    play.feed(happened.Observed(type="FileRead", fields={"TargetFilename": "/etc/shadow"}))
    commands = play.drop(OFFBOARDING, "offboarding")
    assert of(SendReport, commands)
    assert not of(SendOffboarding, commands)
    assert of(SendOffboarding, stored(play))


def test_offboarding_without_a_network_ends_the_licence_and_gives_up_the_goodbye_in_the_end() -> None:
    play = Play().onboarded()
    play.feed(happened.Observed(type="FileRead", fields={}))
    play.drop(OFFBOARDING, "offboarding")
    play.refuse(SendReport)
    tries = 0
    while play.agent.state is AgentState.OFFBOARDING:
        tries += 1
        play.refuse(SendOffboarding)
        play.feed(happened.TimerFired(name="goodbye"))
    assert tries == 5
    assert play.agent.waiting == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (OTHER_OFFBOARDING, "other organisation"),
        (EXPIRED_OFFBOARDING, "expired"),
        (OFFBOARDING.replace(ORG, OTHER), "tampered"),
        (OFFBOARDING[:100], "malformed"),
    ],
)
def test_an_offboarding_package_that_is_not_believed_changes_nothing(text: str, reason: str) -> None:
    play = Play().onboarded()
    commands = play.drop(text, "offboarding")
    assert play.agent.licensed
    assert f"offboarding refused ({reason})" in texts(commands)
    assert not of(Request, commands)


def test_an_offboarded_device_can_be_onboarded_again_also_by_another_organisation() -> None:
    play = Play().onboarded()
    play.drop(OFFBOARDING, "offboarding")
    play.answer(SendOffboarding, 204)
    play.feed(happened.PackageRemoved(kind="onboarding"))
    play.feed(happened.PackageRemoved(kind="offboarding"))
    play.drop(OTHER_ONBOARDING)
    play.answer(SendEnrolment, body=ENROLLED)
    assert play.agent.licensed
    assert play.agent.onboarding
    assert play.agent.onboarding.org_id == OTHER


def test_what_one_organisation_left_behind_is_never_sent_to_another() -> None:
    play = Play().onboarded()
    play.feed(happened.Observed(type="FileRead", fields={"TargetFilename": "/secret"}))
    play.drop(OFFBOARDING, "offboarding")
    play.refuse(SendReport)
    for _ in range(5):
        play.refuse(SendOffboarding)
        play.feed(happened.TimerFired(name="goodbye"))
    play.feed(happened.PackageRemoved(kind="offboarding"))
    commands = play.drop(OTHER_ONBOARDING)
    assert [command.count for command in of(ForgetEvents, commands)] == [1]
    assert play.agent.waiting == 0


def test_a_late_yes_to_a_report_of_the_former_organisation_takes_no_event_of_the_new_one() -> None:
    play = Play().onboarded()
    play.feed(happened.Observed(type="FileRead"))
    play.feed(happened.TimerFired(name="upload"))
    play.refuse(SendReport)
    play.feed(happened.TimerFired(name="upload"))
    late = play.last(SendReport)
    assert isinstance(late, SendReport)
    play.drop(OFFBOARDING, "offboarding")
    play.answer(SendOffboarding, 204)
    play.feed(happened.PackageRemoved(kind="offboarding"))
    play.drop(OTHER_ONBOARDING)
    play.answer(SendEnrolment, body=ENROLLED)
    assert play.agent.waiting == 1
    commands = play.feed(
        happened.AnswerReceived(request=late, status=200, body=msgspec.json.encode(Stored(stored=1, duplicates=0)))
    )
    assert play.agent.waiting == 1
    assert [event.type for report in of(SendReport, commands) for event in report.body.events] == ["Heartbeat"]


def test_a_refused_enrolment_is_retried_after_a_growing_bounded_wait() -> None:
    play = Play()
    play.drop(ONBOARDING)
    waits: list[timedelta] = []
    for _ in range(12):
        waits.append(wake(play.refuse(SendEnrolment), "enrol"))
        assert of(SendEnrolment, play.feed(happened.TimerFired(name="enrol")))
    assert timedelta(seconds=15) <= waits[0] <= timedelta(seconds=30)
    assert all(timedelta(seconds=450) <= wait <= timedelta(seconds=900) for wait in waits[6:])
    assert len(set(waits)) == len(waits)
    play.answer(SendEnrolment, body=ENROLLED)
    assert play.agent.licensed


def test_retry_after_is_honoured() -> None:
    play = Play()
    play.drop(ONBOARDING)
    assert wake(play.answer(SendEnrolment, 503, retry_after_s=3600), "enrol") >= timedelta(hours=1)


@pytest.mark.parametrize("status", [400, 403])
def test_an_enrolment_that_the_cloud_does_not_want_leaves_the_device_fresh(status: int) -> None:
    play = Play()
    play.drop(ONBOARDING)
    body = b'{"error": {"code": "OrganisationOffboarded", "message": "no longer with us"}}'
    commands = play.answer(SendEnrolment, status, body)
    assert play.agent.state is AgentState.FRESH
    assert "no longer with us" in texts(commands)


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>Welcome to the hotel</html>"), (200, b"{}"), (200, b""), (302, b""), (500, b"")]
)
def test_a_portals_answer_is_not_taken_for_the_clouds(status: int, body: bytes) -> None:
    play = Play()
    play.drop(ONBOARDING)
    assert wake(play.answer(SendEnrolment, status, body), "enrol")
    assert not play.agent.licensed
    play = Play().onboarded()
    play.feed(happened.Observed(type="FileRead"))
    play.feed(happened.TimerFired(name="upload"))
    commands = play.answer(SendReport, status, body)
    assert play.agent.waiting == 1
    assert not of(ForgetEvents, commands)


def test_one_dead_url_does_not_stop_the_other_channels() -> None:
    play = Play().onboarded()
    play.feed(happened.TimerFired(name="poll"))
    play.refuse(SendPoll)
    assert of(SendReport, play.feed(happened.TimerFired(name="cyber")))
    assert play.agent.licensed


def test_a_token_that_is_no_longer_taken_is_renewed_without_losing_the_licence() -> None:
    play = Play().onboarded()
    play.feed(happened.TimerFired(name="poll"))
    assert of(SendEnrolment, play.answer(SendPoll, 401))
    assert play.agent.licensed
    play.answer(SendEnrolment, body=msgspec.json.encode(Enrolled(token="new", configuration_version="30.2")))
    (poll,) = of(SendPoll, play.feed(happened.TimerFired(name="poll")))
    assert poll.token == "new"


def test_a_commands_id_is_executed_once() -> None:
    play = Play().onboarded()
    body = msgspec.json.encode(Commands(commands=(Order(id="a", type="RunAntiVirusScan"),)))
    play.feed(happened.TimerFired(name="poll"))
    assert len(of(Execute, play.answer(SendPoll, body=body))) == 1
    play.feed(happened.TimerFired(name="poll"))
    assert not of(Execute, play.answer(SendPoll, body=body))


def test_an_event_that_is_too_large_for_the_cloud_is_dropped_and_counted_and_the_rest_goes_on() -> None:
    play = Play().onboarded()
    for _ in range(4):
        play.feed(happened.Observed(type="FileRead"))
    play.feed(happened.TimerFired(name="upload"))
    for length in (4, 2, 1):
        report = play.last(SendReport)
        assert isinstance(report, SendReport)
        assert len(report.body.events) == length
        play.answer(SendReport, 413)
    assert play.agent.queue.dropped == 1
    assert play.agent.waiting == 3


def test_a_full_queue_keeps_what_it_has_and_counts_what_found_no_room() -> None:
    play = Play(capacity=3).onboarded()
    for number in range(5):
        play.feed(happened.Observed(type="FileRead", fields={"n": str(number)}))
    assert play.agent.waiting == 3
    assert play.agent.queue.dropped == 2
    (report,) = of(SendReport, play.feed(happened.TimerFired(name="upload")))
    assert [event.fields["n"] for event in report.body.events] == ["0", "1", "2"]


def test_a_device_that_is_not_onboarded_makes_no_events() -> None:
    play = Play()
    assert play.feed(happened.Observed(type="FileRead")) == []
    assert play.agent.sent == 0


def test_a_program_that_holds_fanotify_keeps_real_time_protection_from_running() -> None:
    play = Play().onboarded()
    assert play.agent.real_time_runs
    commands = play.feed(happened.ConflictsChanged(names=("ds_agent",)))
    assert not play.agent.real_time_runs
    assert "fanotify is held by ds_agent" in texts(commands)
    assert play.agent.profile().antivirus == "off"
    play.feed(happened.ConflictsChanged(names=()))
    assert play.agent.real_time_runs


def test_real_time_protection_runs_from_the_clouds_yes_to_the_offboarding() -> None:
    play = Play()
    assert not play.agent.real_time_runs
    play.drop(ONBOARDING)
    assert not play.agent.scans_on_access
    enrolment = play.last(SendEnrolment)
    assert isinstance(enrolment, SendEnrolment)
    # The cloud hears how it will be once it has said yes.
    assert enrolment.body.profile.antivirus == "real-time"
    play.answer(SendEnrolment, body=ENROLLED)
    assert play.agent.real_time_runs
    play.drop(OFFBOARDING, "offboarding")
    assert not play.agent.real_time_runs


def test_agents_of_a_fleet_can_hold_one_copy_of_their_package() -> None:
    first, second = Play().onboarded(), Play().onboarded()
    assert first.agent.onboarding is not None
    second.agent.onboarding = first.agent.onboarding
    assert second.agent.onboarding is first.agent.onboarding
    assert second.agent.licensed


def test_a_passive_antivirus_looks_at_files_without_protecting_them() -> None:
    play = Play().onboarded()
    play.feed(happened.SettingsChanged(settings=AgentSettings(real_time_protection=False, passive_mode=True)))
    assert play.agent.scans_on_access
    assert not play.agent.real_time_runs


def test_restored_definitions_are_those_before_the_first_download() -> None:
    play = Play().onboarded()
    play.feed(happened.TimerFired(name="definitions"))
    play.answer(FetchDefinitions, body=right_body(play.last(FetchDefinitions)))
    assert play.agent.definitions.version == "1.2"
    play.feed(happened.DefinitionsRestored())
    assert play.agent.definitions == Definitions()
    assert not play.agent.first_definitions_done
    play.feed(happened.TimerFired(name="definitions"))
    play.answer(FetchDefinitions, body=right_body(play.last(FetchDefinitions)))
    assert play.agent.first_definitions_done


EVENTS = st.one_of(
    st.just(("start",)),
    st.tuples(
        st.just("drop"),
        st.sampled_from(["onboarding", "offboarding"]),
        st.sampled_from([ONBOARDING, OTHER_ONBOARDING, OFFBOARDING, OTHER_OFFBOARDING, EXPIRED_OFFBOARDING, "", "{"]),
    ),
    st.tuples(st.just("remove"), st.sampled_from(["onboarding", "offboarding"])),
    st.tuples(
        st.just("timer"),
        st.sampled_from(["notice", "enrol", "poll", "cyber", "upload", "result", "goodbye", "definitions", "nonsense"]),
    ),
    st.tuples(
        st.just("answer"),
        st.integers(0, 5),
        st.sampled_from([200, 204, 302, 400, 401, 403, 413, 429, 500, 503]),
        st.one_of(
            st.just("right"), st.sampled_from([b"", b"{}", b"[]", b"\xff", b'{"commands": [{"id": "x", "type": "y"}]}'])
        ),
    ),
    st.tuples(st.just("refuse"), st.integers(0, 5)),
    st.tuples(
        st.just("observe"),
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(EVENTS, max_size=60))
def test_no_order_of_events_raises_or_loses_an_event(steps: list[Any]) -> None:
    play = Play(capacity=5)
    open_requests: list[Request] = []
    made: list[str] = []
    acknowledged: set[str] = set()
    forgotten = 0
    for step in steps:
        event: happened.Event
        match step:
            case ("start",):
                # The daemon ended: nothing that was in flight is answered any more.
                open_requests.clear()
                event = happened.Started()
            case ("drop", kind, text):
                event = happened.PackageDropped(kind=kind, text=text)
            case ("remove", kind):
                event = happened.PackageRemoved(kind=kind)
            case ("timer", name):
                event = happened.TimerFired(name=name)
            case ("observe",):
                event = happened.Observed(type="FileRead", fields={"TargetFilename": "/x"})
            case (what, index, *rest):
                if index >= len(open_requests):
                    continue
                request = open_requests.pop(index)
                if what == "refuse":
                    event = happened.Refused(request=request, reason="curl error 7")
                else:
                    status, body = rest
                    if body == "right":
                        body = right_body(request)
                    if isinstance(request, SendReport) and status == 200 and body == right_body(request):
                        acknowledged |= {one.id for one in request.body.events}
                    event = happened.AnswerReceived(request=request, status=status, body=body)
        commands = play.feed(event)
        open_requests += of(Request, commands)
        made += [command.event.id for command in of(StoreEvent, commands)]
        forgotten += sum(command.count for command in of(ForgetEvents, commands))
        channels = [request.channel for request in open_requests]
        assert play.agent.licensed == (play.agent.state is AgentState.ONBOARDED)
        assert len([one for one in channels if one == "report"]) <= 1
        assert play.agent.waiting == len(made) - forgotten
    assert len(set(made)) == len(made)
    assert play.agent.sent >= len(made)
    given_up = set(made[:forgotten]) - acknowledged
    # Only two things let go of an event that nobody acknowledged: it was too large, or another organisation came.
    assert len(given_up) <= play.agent.queue.dropped or "accepted" in texts(play.done)


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
