"""Which way a client goes: the strongest setting that can be followed, and what is asked on the way to it."""

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdelab.model.bypass import Bypass
from mdelab.model.errors import LabError
from mdelab.model.proxy import Proxy, parse_proxy
from mdelab.model.route import (
    Candidate,
    Discovery,
    Fixed,
    Found,
    NotFound,
    Pac,
    PassedOver,
    Question,
    Route,
    Setting,
    Unusable,
    Way,
    choose,
)

HOST = "x.cp.wd.microsoft.com"
_PROXY = Proxy(host="10.0.0.6", port=8080)
_OTHER = Proxy(host="10.0.0.7", port=3128)
_NO_BYPASS = Bypass(kind="winhttp")


def at(source: str, setting: Setting | None = None, *, falls_back: bool = False) -> Candidate:
    return Candidate(source=source, setting=setting, falls_back=falls_back)


def fixed(proxy: Proxy = _PROXY, *bypass: str) -> Fixed:
    return Fixed(proxy=proxy, bypass=Bypass(kind="winhttp", entries=bypass))


def decide(candidates: list[Candidate], *answers: Found | NotFound, **rules: str) -> tuple[Route, list[Question]]:
    """The route when the questions are answered in turn, and the questions."""
    choice, asked, given = choose(candidates, HOST, **rules), [], iter(answers)
    try:
        asked.append(next(choice))
        while True:
            asked.append(choice.send(next(given)))
    except StopIteration as done:
        return done.value, asked


def ways(route: Route) -> list[tuple[str, str]]:
    return [(str(way), way.source) for way in route.ways]


def test_the_strongest_proxy_wins_and_the_weaker_ones_are_told():
    route, asked = decide(
        [at("managed"), at("mdatp", fixed()), at("environment", fixed(_OTHER)), at("pac", Pac(url="u"))]
    )

    assert (route.source, ways(route), asked) == ("mdatp", [("http://10.0.0.6:8080", "mdatp")], [])
    assert [(one.source, one.reason) for one in route.passed_over] == [("environment", "weaker"), ("pac", "weaker")]


def test_without_a_setting_the_route_is_direct():
    route, _ = decide([at("managed"), at("environment")])
    assert route == Route(source="none", ways=(Way(proxy=None, source="none"),))


def test_a_host_on_the_bypass_list_is_reached_directly_by_the_setting_that_has_the_list():
    route, _ = decide([at("environment", fixed(_PROXY, "*.microsoft.com")), at("wpad", Discovery())])
    assert (route.source, ways(route)) == ("environment", [("direct", "environment")])


def test_a_setting_that_cannot_be_used_is_passed_over_with_its_reason():
    bad = Unusable(reason="bad-value", text="it is empty", code=7)
    route, _ = decide([at("managed", bad), at("environment", fixed())])

    assert route.source == "environment"
    assert route.passed_over == (PassedOver(source="managed", reason="bad-value", text="it is empty", code=7),)


def test_a_pac_file_is_asked_about_and_its_ways_are_tried_in_order():
    pac = Pac(url="http://pac.corp.example/proxy.pac")
    found = Found(ways=(_PROXY, _OTHER, None), pac_url=pac.url)
    route, asked = decide([at("pac", pac)], found)

    assert asked == [Question(source="pac", setting=pac)]
    assert ways(route) == [("http://10.0.0.6:8080", "pac"), ("http://10.0.0.7:3128", "pac"), ("direct", "pac")]
    assert route.pac_url == pac.url


def test_a_client_that_takes_the_first_way_only_gets_no_other():
    route, _ = decide([at("wpad", Discovery())], Found(ways=(_PROXY, None), pac_url="u"), walk="first")
    assert ways(route) == [("http://10.0.0.6:8080", "wpad")]


def test_a_pac_file_without_an_answer_is_passed_over_and_the_next_place_asked():
    missing = NotFound(reason="pac-404", text="not there", code=308)
    route, asked = decide(
        [at("wpad", Discovery()), at("pac", Pac(url="u")), at("environment", fixed())], missing, missing
    )

    assert [question.source for question in asked] == ["wpad", "pac"]
    assert route.source == "environment"
    assert route.passed_over[1] == PassedOver(source="pac", reason="pac-404", text="not there", code=308)


def test_a_platform_may_forbid_every_way_when_a_pac_file_has_none():
    route, _ = decide(
        [at("pac", Pac(url="u")), at("environment", fixed())], NotFound(reason="x", text="y"), on_failure="block"
    )
    assert (route.source, route.ways) == ("pac", ())


def test_what_was_wrong_with_an_answer_goes_with_it():
    note = PassedOver(source="pac", reason="pac-bad-result", text="it said nothing")
    route, _ = decide([at("pac", Pac(url="u"))], Found(ways=(None,), pac_url="u", notes=(note,)))
    assert (ways(route), route.passed_over) == ([("direct", "pac")], (note,))


def test_behind_a_proxy_that_may_be_dead_the_weaker_places_stay_in_reserve():
    managed = at("managed", fixed(), falls_back=True)
    assert ways(decide([managed])[0]) == [("http://10.0.0.6:8080", "managed"), ("direct", "none")]
    route, _ = decide([managed, at("environment", fixed(_OTHER)), at("wpad", Discovery())])

    assert ways(route) == [("http://10.0.0.6:8080", "managed"), ("http://10.0.0.7:3128", "environment")]
    assert (route.source, [one.source for one in route.passed_over]) == ("managed", ["wpad"])


@given(
    st.lists(
        st.builds(
            Candidate,
            source=st.sampled_from(["managed", "mdatp", "environment"]),
            setting=st.sampled_from([None, fixed(), fixed(_OTHER), Unusable(reason="bad-value", text="")]),
        ),
        max_size=6,
    )
)
def test_the_winner_is_the_first_that_names_a_proxy_and_nothing_that_is_set_is_forgotten(candidates):
    route, _ = decide(candidates)
    usable = [one for one in candidates if isinstance(one.setting, Fixed)]

    assert route.source == (usable[0].source if usable else "none")
    said = [one for one in candidates if one.setting is not None]
    assert len(route.passed_over) == len(said) - bool(usable)


def test_a_route_survives_the_wire():
    route, _ = decide([at("managed", Unusable(reason="r", text="t")), at("mdatp", fixed(), falls_back=True)])
    assert msgspec.json.decode(msgspec.json.encode(route), type=Route) == route


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


@pytest.mark.parametrize(
    ("text", "reason"), [("http://10.0.0.6:8080", "begins with a scheme"), ("10.0.0.6", "lacks"), ("", "is empty")]
)
def test_a_setting_without_a_scheme_takes_none(text, reason):
    assert parse_proxy("10.0.0.6:8080", where="TelemetryProxyServer", form="host-port") == _PROXY
    with pytest.raises(LabError, match=reason) as refusal:
        parse_proxy(text, where="TelemetryProxyServer", form="host-port")

    assert "for example 10.0.0.6:8080" in str(refusal.value)


@given(st.text())
def test_any_text_is_read_or_refused_and_never_crashes(text):
    with contextlib.suppress(LabError):
        parse_proxy(text, where="https_proxy")


@pytest.mark.parametrize("text", ["http://user:secret@10.0.0.6:8080", "http://user:secret@10.0.0.6:8080/path"])
def test_a_password_is_never_repeated(text):
    with pytest.raises(LabError) as refusal:
        parse_proxy(text, where="https_proxy")

    assert "secret" not in str(refusal.value)
