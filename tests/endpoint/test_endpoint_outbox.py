"""The agent's events: none is lost, none is told to the wrong organisation."""

import msgspec
from agent_play import ENROLLED, OFFBOARDING, OTHER_ONBOARDING, Play, of, stored

from mdelab.endpoint import events as happened
from mdelab.endpoint.commands import (
    ForgetEvents,
    SendEnrolment,
    SendOffboarding,
    SendReport,
)
from mdelab.model.channel import Stored


def test_what_was_seen_is_reported_before_the_goodbye() -> None:
    play = Play().onboarded()
    play.feed(happened.Observed(type="FileRead", fields={"TargetFilename": "/etc/shadow"}))
    commands = play.drop(OFFBOARDING, "offboarding")
    assert of(SendReport, commands)
    assert not of(SendOffboarding, commands)
    assert of(SendOffboarding, stored(play))


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
