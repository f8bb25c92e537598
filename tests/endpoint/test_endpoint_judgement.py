"""Which package files the agent believes, and what it says of the others."""

import pytest
from agent_play import (
    EXPIRED_OFFBOARDING,
    FOREIGN_ONBOARDING,
    OFFBOARDING,
    ONBOARDING,
    ORG,
    OTHER,
    OTHER_OFFBOARDING,
    OTHER_ONBOARDING,
    TAMPERED_ONBOARDING,
    TRUNCATED_ONBOARDING,
    Play,
    of,
    texts,
)

from mdelab.endpoint import events as happened
from mdelab.endpoint.agent import AgentState
from mdelab.endpoint.commands import (
    LogLine,
    Request,
    SendEnrolment,
)


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
    assert "left-over package" in texts(commands)
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
