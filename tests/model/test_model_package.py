"""Packages: sealed, read and verified; cut, changed, foreign and expired ones are refused by name."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from mdelab.model.package import PackageRefused, Refusal, filetime, from_filetime, parse, seal, verify

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ORG = "11111111-2222-4333-8444-555555555555"


def _certificate(name, issuer_name, key, issuer_key, *, is_ca):
    def subject(text):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    return (
        x509.CertificateBuilder()
        .subject_name(subject(name))
        .issuer_name(subject(issuer_name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )


class _Signer:
    """A package root and a signer that it vouches for."""

    def __init__(self, name: str) -> None:
        root_key = ec.generate_private_key(ec.SECP256R1())
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.root = _certificate(name, name, root_key, root_key, is_ca=True)
        self.certificate = _certificate(f"{name} signer", name, self.key, root_key, is_ca=False)

    def seal(self, **changes: object) -> str:
        body = {
            "orgId": ORG,
            "geoLocationUrl": "https://winatp-gw-weu.microsoft.com/",
            "vortexGeoLocation": "EU",
            "lab": "mdelab test",
            **changes,
        }
        return seal(body, self.key, self.certificate, [self.root])


SIGNER = _Signer("package root")
STRANGER = _Signer("somebody else")
ONBOARDING = SIGNER.seal()
OFFBOARDING = SIGNER.seal(expirationTimestamp=filetime(NOW + timedelta(days=7)))


def _refusal(text: str, *, kind: str = "onboarding", now: datetime = NOW) -> Refusal:
    with pytest.raises(PackageRefused) as refused:
        verify(parse(text, kind), [SIGNER.root], now)
    assert str(refused.value)
    return refused.value.refusal


def test_a_sealed_package_is_read_and_verified():
    package = parse(ONBOARDING, "onboarding")
    verify(package, [STRANGER.root, SIGNER.root], NOW)

    assert package.org_id == ORG
    assert package.command_url == "https://winatp-gw-weu.microsoft.com/"
    assert package.geography == "EU"
    assert package.connectivity == "standard"
    assert package.expires is None
    assert package.text == ONBOARDING


def test_an_onboarding_package_never_expires():
    verify(parse(ONBOARDING, "onboarding"), [SIGNER.root], NOW + timedelta(days=3650))


def test_an_offboarding_package_is_good_until_its_expiry():
    package = parse(OFFBOARDING, "offboarding")

    verify(package, [SIGNER.root], NOW + timedelta(days=7, microseconds=-1))
    assert _refusal(OFFBOARDING, kind="offboarding", now=NOW + timedelta(days=7)) is Refusal.EXPIRED


def test_an_offboarding_package_without_an_expiry_is_malformed():
    assert _refusal(ONBOARDING, kind="offboarding") is Refusal.MALFORMED


def test_a_streamlined_package_is_told_by_its_partner_location():
    package = parse(
        SIGNER.seal(partnerGeoLocation="WEU", vortexServerUrl="https://eu.endpoint.security.microsoft.com/x"),
        "onboarding",
    )

    assert package.connectivity == "streamlined"
    assert package.cyber_url == "https://eu.endpoint.security.microsoft.com/x"


def test_a_changed_body_is_tampered():
    outer = json.loads(ONBOARDING)
    outer["body"] = outer["body"].replace(ORG, ORG[::-1])

    assert _refusal(json.dumps(outer)) is Refusal.TAMPERED


def test_a_changed_expiry_is_tampered_and_not_believed():
    outer = json.loads(OFFBOARDING)
    body = json.loads(outer["body"])
    body["expirationTimestamp"] = filetime(NOW + timedelta(days=700))
    outer["body"] = json.dumps(body)

    assert _refusal(json.dumps(outer), kind="offboarding", now=NOW + timedelta(days=8)) is Refusal.TAMPERED


def test_another_signer_s_package_is_foreign():
    assert _refusal(STRANGER.seal()) is Refusal.FOREIGN_CHAIN


def test_a_stranger_s_signature_under_the_right_certificate_is_tampered():
    outer, stranger = json.loads(ONBOARDING), json.loads(STRANGER.seal())
    outer["sig"] = stranger["sig"]

    assert _refusal(json.dumps(outer)) is Refusal.TAMPERED


def test_a_root_with_the_right_name_and_another_key_is_foreign():
    impostor = _Signer("package root")

    assert _refusal(impostor.seal()) is Refusal.FOREIGN_CHAIN


@pytest.mark.parametrize("end", range(0, len(ONBOARDING), 7))
def test_a_package_cut_anywhere_is_malformed(end):
    assert _refusal(ONBOARDING[:end]) is Refusal.MALFORMED


def test_a_package_cut_at_any_byte_is_never_accepted():
    for end in range(len(ONBOARDING)):
        with pytest.raises(PackageRefused):
            parse(ONBOARDING[:end], "onboarding")


@pytest.mark.parametrize("field", ["body", "sig", "cert"])
@pytest.mark.parametrize("value", [None, 7, "", "not base64!", [], {}])
def test_a_field_of_another_kind_is_malformed_or_refused(field, value):
    outer = json.loads(ONBOARDING)
    outer[field] = value

    assert _refusal(json.dumps(outer)) in (Refusal.MALFORMED, Refusal.TAMPERED)


@pytest.mark.parametrize("field", ["body", "sig", "cert"])
def test_a_missing_field_is_malformed(field):
    outer = json.loads(ONBOARDING)
    del outer[field]

    assert _refusal(json.dumps(outer)) is Refusal.MALFORMED


@pytest.mark.parametrize("field", ["orgId", "geoLocationUrl"])
def test_a_body_without_what_onboarding_needs_is_malformed(field):
    outer = json.loads(ONBOARDING)
    body = json.loads(outer["body"])
    del body[field]
    outer["body"] = json.dumps(body)

    assert _refusal(json.dumps(outer)) is Refusal.MALFORMED


@pytest.mark.parametrize("expiry", ["soon", None, -(10**40), 10**40, [], {}, float("inf"), True])
def test_an_expiry_that_is_no_time_is_refused_and_never_crashes(expiry):
    _refusal(SIGNER.seal(expirationTimestamp=expiry), kind="offboarding", now=NOW + timedelta(days=1))


def test_a_body_that_is_no_unicode_is_malformed():
    outer = json.loads(ONBOARDING)
    outer["body"] = outer["body"].replace(ORG, "\ud800")

    assert _refusal(json.dumps(outer)) is Refusal.MALFORMED


@pytest.mark.parametrize("text", ["[" * 200_000, '{"body":' * 200_000, "9" * 10_000])
def test_a_text_that_is_too_deep_or_too_long_for_json_is_malformed(text):
    assert _refusal(text) is Refusal.MALFORMED


@given(st.integers(0, len(ONBOARDING) - 1), st.characters(min_codepoint=32, max_codepoint=126))
def test_one_changed_character_is_refused_or_makes_no_difference(position, character):
    text = ONBOARDING[:position] + character + ONBOARDING[position + 1 :]
    try:
        package = parse(text, "onboarding")
        verify(package, [SIGNER.root], NOW)
    except PackageRefused:
        return
    assert package.body == json.loads(ONBOARDING)["body"]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6), st.lists))
def test_any_json_is_refused_and_never_crashes(value):
    for text in (json.dumps(value), json.dumps({"body": value, "sig": value, "cert": value})):
        with pytest.raises(PackageRefused):
            parse(text, "offboarding")


@given(st.text(max_size=30))
def test_any_text_is_refused_and_never_crashes(text):
    with pytest.raises(PackageRefused):
        parse(text, "onboarding")


@given(st.text(max_size=20), st.text(max_size=20))
def test_what_was_sealed_comes_back(org, url):
    package = parse(SIGNER.seal(orgId=org, geoLocationUrl=url), "onboarding")
    verify(package, [SIGNER.root], NOW)

    assert (package.org_id, package.command_url) == (org, url)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=365 * 8000)))
def test_a_filetime_is_read_as_it_was_written(since_1601):
    moment = datetime(1601, 1, 1, tzinfo=UTC) + since_1601

    assert from_filetime(filetime(moment)) == moment


def test_a_filetime_counts_from_1601_in_units_of_100_ns():
    assert filetime(datetime(1970, 1, 1, tzinfo=UTC)) == 116_444_736_000_000_000


def test_the_certificates_of_a_package_can_be_read_by_others():
    outer = json.loads(ONBOARDING)

    assert x509.load_der_x509_certificate(base64.b64decode(outer["chain"][0])) == SIGNER.root
