"""What a diagnosis says beside the cause: which connections count, partial outages, the lines."""

from diagnosis_records import C2, CDN, CYBER, ENDPOINT, MAPS, Story, http, tcp, tls, tunnel
from hypothesis import given
from hypothesis import strategies as st

from mdelab.catalogue.symptoms import symptoms
from mdelab.diagnosis import diagnose, refused_because_of_interception
from mdelab.diagnosis.finding import MOST_LINES
from mdelab.model.evidence import Connection, Evidence, Purpose, join


def test_the_newest_connection_of_a_channel_counts():
    story = Story().intercepted(C2).exempted(C2)
    assert diagnose(ENDPOINT, story.connections()).layer == "none"

    assert diagnose(ENDPOINT, story.intercepted(C2).connections()).cause == "tls-intercepted"


def test_a_test_s_failure_is_forgotten_once_the_agent_itself_got_through_on_the_channel():
    story = Story().intercepted(MAPS, purpose=Purpose.TEST).intercepted(CDN, purpose=Purpose.TEST).exempted(MAPS)

    assert diagnose(ENDPOINT, story.connections()).layer == "none"


def test_a_test_shows_each_name_of_a_channel_apart():
    story = Story().exempted(MAPS, purpose=Purpose.TEST).intercepted(CDN, purpose=Purpose.TEST)
    story.exempted(MAPS, purpose=Purpose.TEST)

    finding = diagnose(ENDPOINT, story.connections())

    assert finding.cause == "tls-intercepted-partial"
    assert CDN in finding.summary


def test_a_kept_connection_stays_new_while_it_is_used():
    story = Story()
    story.direct(C2, tcp(), tls("root"), http(503), http(200))
    assert diagnose(ENDPOINT, story.connections()).layer == "none"

    again = Story().direct(C2, tcp(), tls("root"), http(200), http(503))
    assert diagnose(ENDPOINT, again.connections()).cause == "cloud-503-outage"


def test_a_partial_outage_names_the_channels_on_both_sides():
    story = Story().exempted(MAPS).exempted(CYBER)
    story.proxied(C2, tcp(), tunnel(403, observer="corp-proxy", error="refused"), tunnel(403, error="refused", curl=56))

    finding = diagnose(ENDPOINT, story.connections())

    assert finding.cause == "proxy-403-policy"
    assert finding.lines[-1] == (
        "channels",
        "failing: command-and-control; passing: cloud-protection, cyber-telemetry",
    )


def test_the_cause_that_takes_most_channels_is_named_first_and_the_others_after_it():
    story = Story().unresolved(MAPS, "NXDOMAIN").intercepted(C2).intercepted(CYBER)

    finding = diagnose(ENDPOINT, story.connections())

    assert finding.cause == "tls-intercepted"
    assert ("also", f"dns-nxdomain for {MAPS}") in finding.lines


def test_of_two_equal_failures_the_first_on_the_wire_is_named():
    story = Story().intercepted(C2).unresolved(MAPS, "NXDOMAIN")

    assert diagnose(ENDPOINT, story.connections()).cause == "dns-nxdomain"


def test_another_program_that_got_through_is_shown_beside_the_agent_s_refusal():
    story = Story().intercepted(C2).read_at_hop(MAPS)

    lines = diagnose(ENDPOINT, story.connections()).lines

    assert ("curl", f"another program got through to {MAPS}") in lines


def test_what_a_peer_said_cannot_steer_the_terminal():
    story = Story().proxied(C2, tcp(), tunnel(403, error="\x1b[2Jgone\r\n{name}", curl=56))

    shown = " ".join(text for _, text in diagnose(ENDPOINT, story.connections()).lines)

    assert "\x1b" not in shown
    assert "\\x1b[2Jgone\\r\\n{name}" in shown


def test_connections_of_other_endpoints_are_left_out():
    assert diagnose("lin-2", Story().intercepted(C2).connections()).cause == "no-connection"


_RECORDS = Story().exempted(MAPS).intercepted(C2).unresolved(CYBER, "NXDOMAIN").read_at_hop(CDN).records


@given(st.lists(st.sampled_from(_RECORDS), max_size=30), st.randoms(use_true_random=False))
def test_records_in_any_order_with_any_gaps_never_raise(records, random):
    connections = join(records)
    random.shuffle(connections)

    finding = diagnose(ENDPOINT, connections)

    assert finding.cause in {row.id for row in symptoms()}
    assert len(finding.lines) <= MOST_LINES
    str(refused_because_of_interception(connections))


@given(st.lists(st.from_type(Evidence), max_size=6), st.text(max_size=8))
def test_records_of_any_content_never_raise(records, endpoint):
    connections = join(records)
    whole = Connection(id=0, endpoint=endpoint, name="", purpose=None, observers=[], records=list(records))

    for given_connections in (connections, [whole], [*connections, whole]):
        diagnose(endpoint, given_connections)
        refused_because_of_interception(given_connections)
