"""Refused because of interception: the four facts hold together, and each one can fail alone."""

from diagnosis_records import C2, CORP_ISSUER, CYBER, MAPS, Story, http, tcp, tls, tunnel

from mdelab.diagnosis import refused_because_of_interception
from mdelab.model.evidence import Purpose

UPDATES = "go.microsoft.com"
"""The agent's own, but on a channel that trusts the OS store."""


def _holding(story: Story) -> list[bool]:
    return [fact.holds for fact in refused_because_of_interception(story.connections()).facts]


def test_all_four_hold_for_an_agent_that_refuses_beside_a_client_that_trusts_the_hop():
    interception = refused_because_of_interception(Story().intercepted(C2).read_at_hop(MAPS).connections())

    assert interception.holds, str(interception)
    assert CORP_ISSUER in interception.presented.evidence
    assert "200" in interception.control.evidence


def test_the_control_client_need_not_write_records_of_its_own():
    assert refused_because_of_interception(Story().intercepted(C2).read_at_hop(MAPS, purpose=None).connections()).holds


def test_without_any_connection_nothing_holds():
    assert _holding(Story()) == [False, False, False, False]


def test_an_agent_that_was_passed_on_unread_was_not_intercepted():
    assert _holding(Story().exempted(C2).read_at_hop(MAPS)) == [False, False, True, True]


def test_an_agent_that_talks_on_did_not_break_off():
    story = Story().read_at_hop(C2, purpose=Purpose.AGENT).read_at_hop(MAPS)

    assert _holding(story) == [True, False, False, True]


def test_one_channel_that_talks_on_spoils_the_refusal_of_the_others():
    story = Story().intercepted(C2).read_at_hop(CYBER, purpose=Purpose.AGENT).read_at_hop(MAPS)

    assert not refused_because_of_interception(story.connections()).broke_off.holds


def test_a_refusal_for_the_date_is_not_one_for_interception():
    story = Story().intercepted(C2, verify_code=10).read_at_hop(MAPS)

    assert _holding(story) == [True, False, True, True]


def test_bytes_that_the_hop_read_on_a_probe_count():
    story = Story().intercepted(C2)
    story.proxied(C2, tcp(), tunnel(200), tls(CORP_ISSUER), http(200, observer="corp-proxy"), purpose=Purpose.PROBE)

    assert _holding(story.read_at_hop(MAPS)) == [True, True, False, True]


def test_without_a_control_client_the_silence_at_the_hop_proves_nothing():
    assert _holding(Story().intercepted(C2)) == [True, True, True, False]


def test_a_control_client_at_another_hop_is_none():
    assert _holding(Story().intercepted(C2).read_at_hop(MAPS, hop="branch-proxy")) == [True, True, True, False]


def test_a_control_client_that_was_refused_is_none():
    assert _holding(Story().intercepted(C2).intercepted(MAPS, purpose=Purpose.CLIENT)) == [True, True, True, False]


def test_a_channel_that_trusts_the_os_store_may_be_read():
    story = Story().intercepted(C2).read_at_hop(UPDATES, purpose=Purpose.AGENT).read_at_hop(MAPS)

    assert refused_because_of_interception(story.connections()).holds


def test_after_the_exemption_the_refusal_is_history():
    story = Story().intercepted(C2).read_at_hop(MAPS).exempted(C2)

    assert not refused_because_of_interception(story.connections()).holds
