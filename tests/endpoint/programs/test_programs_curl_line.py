"""What of a curl command line is let through, which way it goes, and the evidence that curl's own words make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdelab.endpoint.programs.curl.line import Line, Refused, WrongUsage, read_line
from mdelab.endpoint.programs.curl.route import target
from mdelab.endpoint.programs.curl.transfers import evidence, take_transfers
from mdelab.model.evidence import Purpose


def read(*arguments: str) -> Line:
    return read_line(arguments, lambda path: f"/host{path}", lambda path: f"<{path}>")


def test_seed_command_is_taken_unchanged() -> None:
    urls = ("https://x.cp.wd.microsoft.com/api/report", "https://cdn.x.cp.wd.microsoft.com/ping")
    line = read("-w", " %{url_effective}\\n", *urls)
    assert line == Line(arguments=urls, urls=urls, write_out=" %{url_effective}\\n")


def test_short_options_may_be_glued_together_and_to_their_value() -> None:
    line = read("-fsSLo", "/tmp/a", "-XPOST", "-w%{http_code}", "--url", "https://h/")
    assert line.arguments == (
        "--fail", "--silent", "--show-error", "--location", "--output", "/host/tmp/a", "--request", "POST", "--url", "https://h/",
    )  # fmt: skip
    assert line.write_out == "%{http_code}"


def test_files_become_the_devices_own() -> None:
    line = read(
        "-d", "@/etc/a", "-H", "@/etc/b", "-T", "/etc/c", "--cacert", "/etc/d", "--data-urlencode", "n@/etc/e",
        "--pinnedpubkey", "/etc/f", "-w", "@/etc/g", "https://h/",
    )  # fmt: skip
    files = [argument.split("@")[-1] for argument in line.arguments if "/etc" in argument]
    assert files == [f"/host/etc/{letter}" for letter in "abcdef"]
    assert line.write_out == "</etc/g>"


def test_values_that_name_no_file_stay() -> None:
    line = read(
        "-o", "-", "-o", "/dev/null", "-d", "@-", "-d", "a=b", "--data-raw", "@x", "--pinnedpubkey", "sha256//x", "u"
    )
    assert [argument for argument in line.arguments if "/host" in argument] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["-K", "/etc/curlrc"], ["--config", "x"], ["--interface", "eth0"], ["-F", "a=@b"], ["--unix-socket", "/x"], ["-sK", "x"],
        ["--resolve", "a:1:b"], ["--connect-to", "a:1:b:2"], ["--cert", "x"], ["--proxy-insecure"], ["-q"], ["--next"],
        ["--output-dir", "/"], ["--trace", "/x"], ["--libcurl", "/x"], ["-c", "/x"], ["-b", "/x"], ["-E", "x"], ["--capath", "/"],
        ["-o", "/tmp/#1", "https://h/"], ["https://{a,b}/"],
        ["http:///127.0.0.1:80/"], ["http:127.0.0.1"], ["https://a@b/"], ["http://a\\@b/"], ["["], [""], ["http://h:99999999/"],
    ],
)  # fmt: skip
def test_anything_else_is_refused_by_name(arguments: list[str]) -> None:
    with pytest.raises(Refused, match=r"^curl "):
        read(*arguments)


def test_no_url_and_no_value_are_curls_own_mistakes() -> None:
    for arguments in ([], ["-s"], ["-o"], ["https://h/", "-m"]):
        with pytest.raises(WrongUsage, match=r"^curl: "):
            read(*arguments)


@given(st.lists(st.text(max_size=12), max_size=6))
def test_no_command_line_raises_anything_else(arguments: list[str]) -> None:
    try:
        line = read(*arguments)
    except (Refused, WrongUsage):
        return
    assert line.urls
    for url in line.urls:
        target(url, line, {"https_proxy": "http://p:1", "no_proxy": "x,.y"})


ENVIRONMENT = {"HTTPS_PROXY": "http://10.0.0.6:8080", "no_proxy": "microsoft.com, .lab.test"}


@pytest.mark.parametrize(
    ("arguments", "environment", "proxy"),
    [
        (["https://a.test/"], ENVIRONMENT, "http://10.0.0.6:8080"),
        (["https://x.microsoft.com/"], ENVIRONMENT, ""),
        (["https://notmicrosoft.com/"], ENVIRONMENT, "http://10.0.0.6:8080"),
        (["https://a.lab.test/"], ENVIRONMENT, ""),
        (["http://a.test/"], ENVIRONMENT, ""),
        (["http://a.test/"], {"HTTP_PROXY": "http://p:1"}, ""),
        (["http://a.test/"], {"http_proxy": "http://p:1"}, "http://p:1"),
        (["http://a.test/"], {"ALL_PROXY": "http://p:1"}, "http://p:1"),
        (["https://a.test/"], {"https_proxy": "http://p:1", "HTTPS_PROXY": "http://q:1"}, "http://p:1"),
        (["-x", "http://q:2", "https://a.test/"], ENVIRONMENT, "http://q:2"),
        (["-x", "", "https://a.test/"], ENVIRONMENT, ""),
        (["--noproxy", "*", "https://a.test/"], ENVIRONMENT, ""),
        (["--noproxy", "", "https://x.microsoft.com/"], ENVIRONMENT, "http://10.0.0.6:8080"),
    ],
)
def test_way_is_the_one_that_curl_takes(arguments: list[str], environment: dict[str, str], proxy: str) -> None:
    line = read(*arguments)
    assert target(line.urls[0], line, environment).proxy == proxy


def said(**values: str) -> str:
    """What curl writes for one transfer."""
    known = {
        "local_ip": "127.9.8.7", "local_port": "5000", "remote_ip": "127.0.0.1", "remote_port": "8443", "http_connect": "000",
        "http_code": "200", "ssl_verify_result": "0", "exitcode": "0", "num_connects": "1",
        "time_appconnect": "0.01", "method": "GET",
        "url_effective": "https://h.test/p?q=1", "errormsg": "",
    }  # fmt: skip
    return "\x1e" + "\x1f".join({**known, **values}.values()) + "\x1e"


@pytest.mark.parametrize(
    ("values", "is_proxied", "steps"),
    [
        ({}, False, ["tcp", "tls", "http"]),
        ({"http_connect": "200"}, True, ["tcp", "tunnel", "tls", "http"]),
        ({"url_effective": "http://h.test/"}, True, ["tcp", "http"]),
        ({"num_connects": "0"}, False, ["http"]),
        ({"exitcode": "6", "local_ip": "", "local_port": "0", "http_code": "000"}, False, ["dns"]),
        ({"exitcode": "7", "local_ip": "", "local_port": "0", "http_code": "000"}, False, ["tcp"]),
        ({"exitcode": "56", "http_connect": "407", "http_code": "000"}, True, ["tcp", "tunnel"]),
        ({"exitcode": "60", "ssl_verify_result": "20", "http_code": "000"}, False, ["tcp", "tls"]),
        ({"exitcode": "35", "http_code": "000"}, False, ["tcp", "tls"]),
        ({"exitcode": "28", "http_code": "000", "time_appconnect": "0"}, False, ["tcp", "tls"]),
        ({"exitcode": "28", "http_code": "000"}, False, ["tcp", "tls", "http"]),
        ({"exitcode": "52", "http_code": "000"}, False, ["tcp", "tls", "http"]),
        ({"exitcode": "22", "http_code": "403"}, False, ["tcp", "tls", "http"]),
    ],
)
def test_evidence_ends_with_the_step_that_failed(values: dict[str, str], is_proxied: bool, steps: list[str]) -> None:
    rest, transfers = take_transfers("before " + said(**{"errormsg": "why", **values}) + "after")
    assert rest == "before after"
    records = list(evidence(transfers[0], address="127.9.8.7", is_proxied=is_proxied))
    assert [record.step for record in records] == steps
    code = int(values.get("exitcode", "0"))
    assert [record.curl_code for record in records] == [0] * (len(steps) - 1) + [code]
    assert records[-1].error == ("why" if code else "")
    assert {(record.observer, record.purpose, record.name) for record in records} == {
        ("curl", Purpose.CLIENT, "h.test")
    }
    assert all(record.local == ("127.9.8.7", 5000) or record.address == "127.9.8.7" for record in records)


def test_what_never_reached_the_network_is_no_evidence() -> None:
    _, transfers = take_transfers(said(exitcode="1", local_ip="", local_port="0", http_code="000", errormsg="disabled"))
    assert list(evidence(transfers[0], address="a", is_proxied=False)) == []
    _, transfers = take_transfers(said(exitcode="23", errormsg="cannot write"))
    assert [record.error for record in evidence(transfers[0], address="a", is_proxied=False)] == ["", "", ""]


def test_refused_certificate_carries_openssls_verdict() -> None:
    _, transfers = take_transfers(said(exitcode="60", ssl_verify_result="19", http_code="000", errormsg="self-signed"))
    tls = list(evidence(transfers[0], address="a", is_proxied=False))[-1]
    assert tls.tls is not None
    assert (tls.tls.outcome, tls.tls.verify_code, tls.tls.verify_text) == ("refused", 19, "self-signed")
