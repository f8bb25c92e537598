"""Which way a client goes: the strongest setting that names a proxy."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdelab.model.errors import LabError
from mdelab.model.proxy import Proxy, parse_proxy
from mdelab.model.route import Candidate, choose

_PROXY = Proxy(host="10.0.0.6", port=8080)
_CANDIDATES = st.lists(
    st.builds(
        Candidate,
        source=st.sampled_from(["managed", "mdatp", "service", "environment"]),
        proxy=st.one_of(st.none(), st.builds(Proxy, host=st.just("10.0.0.6"), port=st.integers(1, 65535))),
    ),
    max_size=6,
)


def test_the_strongest_candidate_with_a_proxy_wins_and_the_weaker_ones_are_kept():
    weaker = Candidate(source="environment", proxy=Proxy(host="10.0.0.7", port=3128))
    route = choose([Candidate(source="managed", proxy=None), Candidate(source="mdatp", proxy=_PROXY), weaker])

    assert (route.source, route.proxy, route.passed_over) == ("mdatp", _PROXY, (weaker,))


def test_without_a_proxy_the_route_is_direct():
    assert choose([Candidate(source="managed", proxy=None)]).proxy is None
    assert choose([]).source == "none"


@given(_CANDIDATES)
def test_the_winner_is_the_first_that_names_a_proxy(candidates):
    route = choose(candidates)
    named = [candidate for candidate in candidates if candidate.proxy is not None]

    assert route.proxy == (named[0].proxy if named else None)
    assert route.source == (named[0].source if named else "none")


@pytest.mark.parametrize("text", ["http://10.0.0.6:8080", "http://10.0.0.6:8080/", "HTTP://10.0.0.6:8080"])
def test_a_proxy_url_is_read(text):
    assert parse_proxy(text, where="https_proxy") == _PROXY


@given(st.integers(1, 65535))
def test_a_proxy_is_written_as_it_is_read(port):
    proxy = Proxy(host="proxy.corp.example", port=port)

    assert parse_proxy(str(proxy), where="https_proxy") == proxy


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("https://10.0.0.6:8080", "scheme"),
        ("10.0.0.6:8080", "scheme|lacks"),
        ("", "is empty"),
        ("http://10.0.0.6", "lacks"),
        ("http://:8080", "lacks"),
        ("http://10.0.0.6:eighty", "not a proxy URL"),
        ("http://10.0.0.6:99999", "not a proxy URL"),
        ("http://user:secret@10.0.0.6:8080", "credentials"),
        ("http://10.0.0.6:8080/path", "path"),
        ("http://10.0.0.6:8080?q", "path"),
        ("http://[::1:8080", "not a proxy URL"),
    ],
)
def test_what_is_no_proxy_url_is_refused_with_the_setting_and_the_right_form(text, reason):
    with pytest.raises(LabError, match=reason) as refusal:
        parse_proxy(text, where="https_proxy")

    assert "Write https_proxy as http://HOST:PORT" in str(refusal.value)


@given(st.text())
def test_any_text_is_read_or_refused_and_never_crashes(text):
    with contextlib.suppress(LabError):
        parse_proxy(text, where="https_proxy")


@pytest.mark.parametrize("text", ["http://user:secret@10.0.0.6:8080", "http://user:secret@10.0.0.6:8080/path"])
def test_a_password_is_never_repeated(text):
    with pytest.raises(LabError) as refusal:
        parse_proxy(text, where="https_proxy")

    assert "secret" not in str(refusal.value)
