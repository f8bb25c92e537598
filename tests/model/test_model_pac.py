"""A PAC file's bytes, the question that its script is asked, and the answer that it gives."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdelab.model.errors import LabError
from mdelab.model.pac import MOST_BYTES, Answer, PacFailure, Problem, Script, asked_about, decode, read_answer
from mdelab.model.pac_file import PacFile
from mdelab.model.proxy import Proxy
from mdelab.model.site import Site, wpad_names

_SCRIPT = 'function FindProxyForURL(url, host) { return "DIRECT"; } // Übergang'
_A, _B = Proxy(host="a", port=3128), Proxy(host="b", port=80)


@pytest.mark.parametrize(
    ("content", "content_type", "encoding"),
    [
        (_SCRIPT.encode("latin-1"), "", "iso8859-1"),
        (codecs.BOM_UTF8 + _SCRIPT.encode(), "", "utf-8-sig"),
        (codecs.BOM_UTF16_LE + _SCRIPT.encode("utf-16-le"), "", "utf-16"),
        (codecs.BOM_UTF16_BE + _SCRIPT.encode("utf-16-be"), "", "utf-16"),
        (_SCRIPT.encode(), "application/x-ns-proxy-autoconfig; charset=UTF-8", "utf-8-sig"),
        (codecs.BOM_UTF8 + _SCRIPT.encode(), 'text/plain; charset="utf-8"', "utf-8-sig"),
        (_SCRIPT.encode("utf-16-le"), "text/plain; charset=utf-16le", "utf-16-le"),
        (codecs.BOM_UTF16_LE + _SCRIPT.encode("utf-16-le"), "text/plain; charset=utf-16", "utf-16"),
        (_SCRIPT.encode("latin-1"), "text/plain; charset=klingon", "iso8859-1"),
    ],
)
def test_the_header_names_the_charset_else_the_mark_does_else_it_is_latin_1(content, content_type, encoding):
    assert decode(content, content_type) == Script(text=_SCRIPT, encoding=encoding)


@pytest.mark.parametrize(
    ("content", "content_type", "problem", "words"),
    [
        (b"x" * (MOST_BYTES + 1), "", Problem.TOO_LARGE, "1,048,577 bytes"),
        (_SCRIPT.encode("utf-16-le"), "", Problem.ENCODING, "UTF-16 without a byte order mark"),
        (b"\xff\xff", "text/plain; charset=utf-8", Problem.ENCODING, "not utf-8-sig at byte 0"),
        (b"\n <!DOCTYPE html><html>", "text/html", Problem.HTML, "HTML page"),
    ],
)
def test_what_is_no_script_is_told_why(content, content_type, problem, words):
    failure = decode(content, content_type)

    assert isinstance(failure, PacFailure)
    assert failure.problem is problem
    assert words in failure.text


@given(st.binary(max_size=400), st.text(max_size=40))
def test_no_bytes_and_no_header_break_the_reader(content, content_type):
    assert isinstance(decode(content, content_type), Script | PacFailure)


@pytest.mark.parametrize(
    ("url", "is_whole", "told"),
    [
        ("https://a.b/secret?q=1#top", False, ("https://a.b/", "a.b")),
        ("https://a.b/secret?q=1#top", True, ("https://a.b/secret?q=1", "a.b")),
        ("http://u:p@a.b:8080/path?q=1", False, ("http://a.b:8080/path?q=1", "a.b")),
        ("https://[2001:db8::1]/x", False, ("https://[2001:db8::1]/", "2001:db8::1")),
    ],
)
def test_a_script_is_told_the_url_without_user_and_fragment(url, is_whole, told):
    assert asked_about(url, is_whole=is_whole) == told


@pytest.mark.parametrize("url", ["", "ftp://a.b/", "https:///x", "https://a.b:x/", "a.b"])
def test_what_is_no_web_url_is_refused(url):
    with pytest.raises(LabError, match="is not a URL"):
        asked_about(url, is_whole=True)


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ("DIRECT", Answer(ways=(None,))),
        ("PROXY a:3128; PROXY b; DIRECT", Answer(ways=(_A, _B, None))),
        ("proxy a:3128 ;;", Answer(ways=(_A,))),
        ("PROXY a:3128; PROXY a:3128", Answer(ways=(_A,))),
        (
            "SOCKS5 s:1080; HTTPS t:443; PROXY a:3128; NONSENSE",
            Answer(
                ways=(_A,),
                passed_over=(
                    "SOCKS5 s:1080 (the agent speaks http to a proxy)",
                    "HTTPS t:443 (the agent speaks http to a proxy)",
                    "NONSENSE (unknown)",
                ),
            ),
        ),
        ("PROXY u@a:1; DIRECT", Answer(ways=(None,), passed_over=("PROXY u@a:1 (no host and port)",))),
    ],
)  # fmt: skip
def test_an_answer_is_a_list_of_ways_in_order(value, answer):
    assert read_answer(value) == answer


@pytest.mark.parametrize("value", [None, "", " ; ", "SOCKS s:1", "PROXY a:99999", "gibberish"])
def test_an_answer_without_a_way_is_direct_and_never_silently_so(value):
    answer = read_answer(value)

    assert answer.ways == (None,)
    assert answer.note is not None
    assert answer.note.problem is Problem.RESULT


@given(st.text())
def test_no_answer_of_a_script_breaks_the_reader(value):
    assert read_answer(value).ways


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (PacFile(text="x", base64="eA=="), "not both"),
        (PacFile(base64="!"), "base64"),
        (PacFile(status=99), "99"),
        (PacFile(location="http://x/\r\nX: y"), "location"),
    ],
)
def test_a_file_that_no_server_could_send_is_refused(file, words):
    with pytest.raises(LabError, match=words):
        file.check()


def test_a_site_has_its_discovery_record_and_names_the_hops_that_it_needs():
    site = Site(suffix="emea.corp.example", wpad="pac", names={"pac.corp.example": "pac"}, dhcp_pac_url="other")
    site.check()

    assert site.records() == {"wpad.emea.corp.example": "pac", "pac.corp.example": "pac"}
    assert site.hops() == ("pac", "other")
    assert Site().records() == {}


@pytest.mark.parametrize("suffix", ["", "Corp.example", "corp..example", "-x.example", "corp.example."])
def test_a_suffix_that_is_no_name_is_refused(suffix):
    with pytest.raises(LabError, match="DNS name"):
        Site(suffix=suffix).check()


@pytest.mark.parametrize(
    ("suffix", "names"),
    [
        ("corp.example", ("wpad.corp.example",)),
        ("a.b.corp.example", ("wpad.a.b.corp.example", "wpad.b.corp.example", "wpad.corp.example")),
        ("it.contoso.co.uk", ("wpad.it.contoso.co.uk", "wpad.contoso.co.uk")),
        ("co.uk", ()),
        ("example", ()),
    ],
)
def test_discovery_never_asks_above_the_domain_that_an_organisation_can_register(suffix, names):
    assert wpad_names(suffix, {"co.uk"}) == names
