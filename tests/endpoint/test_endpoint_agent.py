"""The agent as a state machine: its table, row by row."""

from datetime import timedelta

import msgspec
import pytest
from agent_play import ENROLLED, OFFBOARDING, ONBOARDING, OTHER, OTHER_ONBOARDING, Play, of, right_body, texts, wake

from mdelab.endpoint import events as happened
from mdelab.endpoint.agent import AgentState, Definitions
from mdelab.endpoint.commands import (
    Execute,
    FetchDefinitions,
    ForgetEvents,
    RemovePackage,
    Request,
    SendEnrolment,
    SendOffboarding,
    SendPoll,
    SendReport,
)
from mdelab.endpoint.settings import AgentSettings
from mdelab.model.channel import Command as Order
from mdelab.model.channel import Commands, Enrolled


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
