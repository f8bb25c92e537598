"""Every row of the symptom catalogue is the answer to some story, and to the right one."""

from collections.abc import Callable

import pytest
from diagnosis_records import (
    C2,
    CDN,
    CLOUD_ISSUER,
    CORP_ISSUER,
    CRL,
    CYBER,
    ENDPOINT,
    MAPS,
    Story,
    http,
    step,
    tcp,
    tls,
    tunnel,
)

from mdelab.catalogue.symptoms import symptoms
from mdelab.diagnosis import diagnose
from mdelab.model.evidence import Purpose


def _refused_tunnel(status: int, words: str = "") -> Story:
    text = f"CONNECT tunnel failed, response {status}"
    return Story().proxied(
        C2, tcp(), tunnel(status, observer="corp-proxy", error=words or "refused"), tunnel(status, error=text, curl=56)
    )


def _refused_chain(code: int, text: str, issuer: str = "") -> Story:
    return Story().direct(C2, tcp(), tls(issuer, outcome="refused", verify_code=code, error=text, curl=60))


def _broken_handshake(text: str, *, alert: str = "", curl: int = 35) -> Story:
    return Story().direct(C2, tcp(), tls(outcome="broken", error=text, alert=alert, curl=curl))


def _answered(status: int, error: str = "", curl: int = 0) -> Story:
    return Story().direct(C2, tcp(), tls(CLOUD_ISSUER), http(status, error=error, curl=curl))


def _expired_everywhere() -> Story:
    story = Story()
    for name in (C2, CYBER, MAPS):
        story.direct(name, tcp(), tls(outcome="refused", verify_code=9, error="certificate is not yet valid", curl=60))
    return story


def _others_pass(*tail: object) -> Story:
    story = Story().direct(MAPS, tcp(), tls(CLOUD_ISSUER), http(200))
    return story.direct(C2, tcp(), *tail)  # type: ignore[arg-type] # records, spelled by the caller


def _missing_intermediate() -> Story:
    shown = tls(CLOUD_ISSUER, observer="cloud", outcome="refused", alert="unknown ca")
    text = "unable to get local issuer certificate"
    return Story().direct(C2, tcp(), shown, tls(CLOUD_ISSUER, outcome="refused", verify_code=20, error=text, curl=60))


_DETOURS = (
    "pac-404",
    "pac-401",
    "pac-unreachable",
    "pac-name-unknown",
    "pac-bad-url",
    "pac-too-large",
    "pac-encoding",
    "pac-html-portal",
    "pac-syntax-error",
    "pac-no-function",
    "pac-runtime-error",
    "pac-endless-loop",
    "pac-out-of-memory",
    "pac-too-deep",
    "pac-bad-result",
    "wpad-no-record",
    "wpad-service-disabled",
    "wpad-user-not-system",
    "pac-set-on-linux",
)
"""Causes whose id is also the reason for which a setting was passed over."""


def _detour(reason: str) -> Callable[[], Story]:
    """A setting was passed over for that reason, and the direct way is closed."""
    return lambda: Story().routed(C2, reason).direct(C2, tcp(f"Failed to connect to {C2} port 443: refused", 7))


STORIES = {
    **{reason: _detour(reason) for reason in _DETOURS},
    "proxy-setting-ignored": _detour("bad-value"),
    "route-forbidden": lambda: Story().routed(C2, "pac-404", error="no route to it", curl=5),
    "proxy-name-nxdomain": lambda: Story().unresolved("proxy.corp.example", "Could not resolve proxy", 5),
    "dns-timeout": lambda: Story().unresolved(C2, "Resolving timed out"),
    "dns-servfail": lambda: Story().unresolved(C2, "SERVFAIL"),
    "dns-refused": lambda: Story().unresolved(C2, "REFUSED"),
    "dns-nodata": lambda: Story().unresolved(C2, "No address associated with hostname"),
    "dns-nxdomain": lambda: Story().unresolved(C2, "NXDOMAIN"),
    "proxy-down": lambda: Story().proxied(C2, tcp("Failed to connect to 127.0.0.1 port 3128: Connection refused", 7)),
    "tcp-blackhole-syn": lambda: Story().direct(C2, tcp("Connection timed out", 28)),
    "tls-crl-unreachable": lambda: Story().direct(CRL, tcp(f"Failed to connect to {CRL} port 443: refused", 7)),
    "tcp-refused": lambda: Story().direct(C2, tcp(f"Failed to connect to {C2} port 443: refused", 7)),
    "proxy-407-negotiate": lambda: _refused_tunnel(407, "this proxy demands negotiate authentication"),
    "proxy-407-ntlm": lambda: _refused_tunnel(407, "this proxy demands ntlm authentication"),
    "proxy-407-digest": lambda: _refused_tunnel(407, "this proxy demands digest authentication"),
    "proxy-407-basic": lambda: _refused_tunnel(407, "this proxy demands basic authentication"),
    "proxy-403-category": lambda: _refused_tunnel(403, "is refused by policy, category: games"),
    "proxy-403-policy": lambda: _refused_tunnel(403),
    "proxy-302-portal-connect": lambda: _refused_tunnel(302),
    "proxy-405-no-connect": lambda: _refused_tunnel(405),
    "proxy-400": lambda: _refused_tunnel(400),
    "proxy-429": lambda: _refused_tunnel(429),
    "external-proxy-down": lambda: _refused_tunnel(
        502, "the external proxy 127.0.0.1:9 cannot be reached: Connection refused"
    ),
    "external-proxy-no-way-on": lambda: _refused_tunnel(502, "the external proxy 127.0.0.1:3128 answered 502"),
    "proxy-502-origin": lambda: _refused_tunnel(502),
    "proxy-503-busy": lambda: _refused_tunnel(503),
    "proxy-504-timeout": lambda: _refused_tunnel(504),
    "proxy-connect-hang": lambda: Story().proxied(C2, tcp(), tunnel(0, error="Operation timed out", curl=28)),
    "proxy-connect-aborted": lambda: Story().proxied(C2, tcp(), tunnel(0, error="Proxy CONNECT aborted", curl=56)),
    "tls-clock-skew-client": _expired_everywhere,
    "host-ca-bundle-missing": lambda: _broken_handshake("error setting certificate verify locations", curl=77),
    "tls-expired": lambda: _refused_chain(10, "certificate has expired"),
    "tls-not-yet-valid": lambda: _refused_chain(9, "certificate is not yet valid"),
    "tls-wrong-host": lambda: _refused_chain(62, "no alternative certificate subject name matches"),
    "tls-weak-key": lambda: _refused_chain(66, "EE certificate key too weak"),
    "tls-sha1": lambda: _refused_chain(68, "CA signature digest algorithm too weak"),
    "tls-revoked": lambda: _refused_chain(23, "certificate revoked"),
    "tls-intercepted-partial": lambda: Story().exempted(MAPS).intercepted(C2),
    "tls-intercepted": lambda: Story().intercepted(C2).intercepted(MAPS),
    "tls-self-signed": lambda: _refused_chain(18, "self-signed certificate"),
    "tls-missing-intermediate": _missing_intermediate,
    "tls-unknown-ca": lambda: _refused_chain(19, "self-signed certificate in certificate chain", "Fabrikam CA"),
    "tls-plain-on-443": lambda: _broken_handshake("wrong version number"),
    "tls-old-version": lambda: _broken_handshake("tlsv1 alert protocol version", alert="protocol version"),
    "tls-client-cert-required": lambda: _broken_handshake("tlsv13 alert certificate required"),
    "tls-alpn-mismatch": lambda: _broken_handshake("", alert="no application protocol"),
    "tls-sni-stripped": lambda: _broken_handshake("tlsv1 unrecognized name"),
    "tls-no-common-suite": lambda: _broken_handshake("sslv3 alert handshake failure"),
    "tls-sni-blocked-rst": lambda: _others_pass(tls(outcome="broken", error="Connection reset by peer", curl=35)),
    "tcp-rst-accept": lambda: _broken_handshake("Connection reset by peer"),
    "tls-sni-blocked-drop": lambda: _others_pass(tls(outcome="broken", error="Connection timed out", curl=28)),
    "tls-handshake-timeout": lambda: _broken_handshake("Connection timed out", curl=28),
    "tls-record-corruption": lambda: _broken_handshake("decryption failed or bad record mac"),
    "tls-failed": lambda: _broken_handshake("unexpected eof while reading"),
    "cloud-401-token-expired": lambda: _answered(401),
    "cloud-403-wrong-tenant": lambda: _answered(403),
    "http-upload-limit-413": lambda: _answered(413),
    "cloud-429-retry-after-sec": lambda: _answered(429),
    "cloud-503-outage": lambda: _answered(503),
    "http-read-timeout": lambda: _answered(0, "Operation timed out", 28),
    "http-empty-reply": lambda: _answered(0, "Empty reply from server", 52),
    "http-truncated-length": lambda: _answered(200, "transfer closed with 9 bytes remaining to read", 18),
    "http-redirect-captive": lambda: _answered(302, "expected 200"),
    "http-reset-reply": lambda: _answered(0, "Connection reset by peer", 56),
    "cloud-200-wrong-body": lambda: _answered(200, "the body is not OK"),
    "http-failed": lambda: _answered(418, "what the test did not expect"),
    "tcp-failed": lambda: Story().direct(C2, step("tcp", "no buffer space", 45)),
    "link-down": lambda: Story().unresolved(C2, "Could not resolve host: x: the device has no network: unreachable"),
    "device-suspended": lambda: Story().exempted(C2).told("host", "the container engine says that it is paused"),
    "device-off": lambda: Story().exempted(C2).told("host", "the container engine says that it is exited"),
    "client-killed": lambda: Story().exempted(C2).told("device", "the process of the service was ended by signal 9"),
    "none": lambda: Story().exempted(C2).exempted(CYBER),
    "no-connection": Story,
}


@pytest.mark.parametrize("row", symptoms(), ids=lambda row: row.id)
def test_every_row_of_the_catalogue_is_named_for_its_own_story(row):
    finding = diagnose(ENDPOINT, STORIES[row.id]().connections())

    assert finding.cause == row.id
    assert finding.layer == row.layer
    assert finding.fix == row.fix
    assert "{" not in finding.summary


def test_interception_is_not_confused_with_a_missing_intermediate():
    """Curl says the same for both: the issuer tells them apart."""
    assert diagnose(ENDPOINT, Story().intercepted(C2).connections()).cause == "tls-intercepted"
    assert diagnose(ENDPOINT, _missing_intermediate().connections()).cause == "tls-missing-intermediate"


def test_a_proxy_that_no_observer_knows_is_named_as_interception_by_its_issuer():
    story = Story().exempted(CDN)
    text = "unable to get local issuer certificate"
    story.proxied(C2, tcp(), tunnel(200), tls(CORP_ISSUER, outcome="refused", verify_code=20, error=text, curl=60))

    finding = diagnose(ENDPOINT, story.connections())

    assert finding.cause == "tls-intercepted"
    assert CORP_ISSUER in finding.summary


def test_one_expired_certificate_is_not_blamed_on_the_clock():
    story = Story().exempted(MAPS)
    story.direct(C2, tcp(), tls(outcome="refused", verify_code=10, error="certificate has expired", curl=60))

    assert diagnose(ENDPOINT, story.connections()).cause == "tls-expired"


def test_a_proxy_that_went_down_is_told_from_a_service_by_where_the_earlier_tunnels_went():
    story = Story().exempted(MAPS).proxied(C2, tcp("Connection refused", 7))

    assert diagnose(ENDPOINT, story.connections()).cause == "proxy-down"


def test_a_hop_s_word_is_enough_where_the_client_wrote_nothing():
    story = Story().proxied(C2, tunnel(407, observer="corp-proxy", error="demands ntlm authentication"))

    assert diagnose(ENDPOINT, story.connections()).cause == "proxy-407-ntlm"


def test_another_program_s_failure_counts_only_where_the_agent_never_tried():
    failing = Story().intercepted(C2, purpose=Purpose.CLIENT)
    assert diagnose(ENDPOINT, failing.connections()).cause == "tls-intercepted"

    assert diagnose(ENDPOINT, failing.exempted(C2).connections()).cause == "none"


def test_the_cloud_s_issuer_is_learnt_from_what_clients_read_where_the_cloud_does_not_say():
    story = Story()
    story.direct(MAPS, tcp(), tls(observer="cloud"), tls(CLOUD_ISSUER), http(200))
    text = "unable to get local issuer certificate"
    story.direct(C2, tcp(), tls(CLOUD_ISSUER, outcome="refused", verify_code=20, error=text, curl=60))

    assert diagnose(ENDPOINT, story.connections()).cause == "tls-missing-intermediate"


def test_a_setting_that_was_passed_over_is_no_cause_where_another_proxy_was_taken():
    story = Story().routed(C2, "pac-404").proxied(C2, tcp(), tunnel(407, error="demands ntlm", curl=56))

    assert diagnose(ENDPOINT, story.connections()).cause.startswith("proxy-407")


def test_a_route_that_was_passed_over_later_is_no_cause_of_an_earlier_failure():
    story = Story().direct(C2, tcp("Failed to connect: refused", 7)).routed(C2, "pac-404")

    assert diagnose(ENDPOINT, story.connections()).cause == "tcp-refused"


def test_a_stronger_setting_and_a_silent_network_are_no_faults():
    story = Story().routed(C2, "weaker", "nothing-announced").direct(C2, tcp("Failed to connect: refused", 7))

    assert diagnose(ENDPOINT, story.connections()).cause == "tcp-refused"


def test_a_device_that_works_on_another_way_than_was_set_says_so():
    finding = diagnose(
        ENDPOINT, Story().routed(C2, "pac-404").direct(C2, tcp(), tls(CLOUD_ISSUER), http(200)).connections()
    )

    assert finding.cause == "none"
    assert any("pac-404" in text for observer, text in finding.lines if observer == "agent")


def test_the_route_is_the_first_line_of_the_evidence():
    finding = diagnose(ENDPOINT, _detour("pac-404")().connections())

    assert finding.layer == "route"
    assert finding.lines[0] == ("agent", f"route {C2}: direct by none, pac passed over: why pac-404 (308)")


def test_a_device_that_goes_on_is_judged_by_its_connections_again():
    story = Story().told("host", "it is paused").told("device", "it was ended by signal 9").exempted(C2)

    assert diagnose(ENDPOINT, story.connections()).cause == "device-suspended"
    assert diagnose(ENDPOINT, story.told("host", "").connections()).cause == "client-killed"
    assert diagnose(ENDPOINT, story.told("device", "").connections()).cause == "none"
