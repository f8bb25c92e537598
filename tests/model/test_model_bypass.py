"""Bypass lists by the rules of WinHTTP, of a Mac and of curl, and the entries that none of them takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdelab.model.bypass import BypassKind, read_bypass

_KINDS: list[BypassKind] = ["winhttp", "macos", "no-proxy"]


@pytest.mark.parametrize(
    ("kind", "entry", "host", "is_covered"),
    [
        ("winhttp", "<local>", "intranet", True),
        ("winhttp", "<local>", "www.corp.example", False),
        ("winhttp", "*.corp.example", "a.b.corp.example", True),
        ("winhttp", "*.corp.example", "corp.example", False),
        ("winhttp", "corp.example", "a.corp.example", False),
        ("winhttp", "*microsoft*", "x.cp.wd.microsoft.com", True),
        ("winhttp", "10.*", "10.1.2.3", True),
        ("winhttp", "WWW.corp.example", "www.corp.EXAMPLE.", True),
        ("macos", "*.local", "printer.local", True),
        ("macos", "*.local", "local", False),
        ("macos", "corp.example", "corp.example", True),
        ("macos", "corp.example", "a.corp.example", False),
        ("macos", "169.254/16", "169.254.9.9", True),
        ("macos", "169.254/16", "169.255.0.1", False),
        ("macos", "10.0.0.0/8", "10.1.2.3", True),
        ("macos", "10.0.0.0/8", "ten.corp.example", False),
        ("no-proxy", "*", "anything", True),
        ("no-proxy", "microsoft.com", "x.microsoft.com", True),
        ("no-proxy", ".microsoft.com", "microsoft.com", True),
        ("no-proxy", "microsoft.com", "notmicrosoft.com", False),
        ("no-proxy", "10.0.0.0/8", "10.1.2.3", True),
        ("no-proxy", "10.1.2.3", "10.1.2.3", True),
        ("no-proxy", "2.3", "10.1.2.3", False),
    ],
)
def test_a_list_covers_what_its_reader_takes_it_to_cover(
    kind: BypassKind, entry: str, host: str, is_covered: bool
) -> None:
    bypass, complaints = read_bypass(kind, [entry], where="the list")
    assert (bypass.covers(host), complaints) == (is_covered, [])


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("https://www.corp.example/x", "begins with a scheme. Write the host alone: www.corp.example"),
        ("www.corp.example:443", "has a port. Write the host alone: www.corp.example"),
        ("*.corp.example:8080", "has a port"),
    ],
)
def test_an_entry_with_scheme_or_port_is_complained_of_and_bypasses_nothing(
    kind: BypassKind, entry: str, why: str
) -> None:
    bypass, (complaint,) = read_bypass(kind, [entry, "", "good.example"], where="the bypass list")

    assert bypass.entries == ("good.example",)
    assert why in complaint
    assert repr(entry) in complaint


@pytest.mark.parametrize(
    ("kind", "entry", "why"),
    [
        ("no-proxy", "*.corp.example", "Write the domain: corp.example"),
        ("no-proxy", "<local>", "Windows"),
        ("macos", "a*b", "beginning only"),
        ("macos", "10.0.0.0/99", "no range"),
        ("winhttp", "10.0.0.0/8", "no range"),
    ],
)
def test_a_form_of_another_platform_is_named(kind: BypassKind, entry: str, why: str) -> None:
    bypass, (complaint,) = read_bypass(kind, [entry], where="the bypass list")
    assert bypass.entries == ()
    assert why in complaint


@given(st.sampled_from(_KINDS), st.lists(st.text(max_size=20), max_size=5), st.text(max_size=20))
def test_no_list_and_no_host_break_the_reader(kind: BypassKind, entries: list[str], host: str) -> None:
    bypass, complaints = read_bypass(kind, entries, where="the list")
    bypass.covers(host)
    assert len(bypass.entries) + len(complaints) == len([one for one in entries if one.strip()])
