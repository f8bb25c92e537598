"""The lab's judgement of a PAC file, over the control API, and the names of a tenant's own site."""

import base64
from collections.abc import Iterator

import pytest

from mdelab.lab.client import LabClient, TenantClient
from mdelab.lab.launch import launch
from mdelab.lab.wire import PacQuestion, TenantSpec
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError
from mdelab.model.pac_file import PacFile
from mdelab.model.platform import Platform
from mdelab.model.site import Site
from mdelab.model.tenant import HopPolicy

URL = "https://x.cp.wd.microsoft.com/api/report"
SCRIPT = """function FindProxyForURL(url, host) {
  if (isInNet("tunnel-proxy.corp.example", "127.33.1.0", "255.255.255.0"))
    return "PROXY tunnel-proxy.corp.example:8080; DIRECT";
  return "SOCKS s:1; gibberish";
}
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[LabClient]:
    with launch() as client:
        yield client
        client.close()


@pytest.fixture
def tenant(lab: LabClient) -> Iterator[TenantClient]:
    tenant = lab.create_tenant(TenantSpec())
    yield tenant
    tenant.delete()


def test_a_good_file_says_its_ways_by_the_tenants_own_names(tenant: TenantClient) -> None:
    tenant.put_hop(HopPolicy(name="tunnel-proxy", kind="tunnel"))
    said = tenant.judge_pac(PacQuestion(text=SCRIPT, urls=[URL]))

    assert (said.size_bytes, said.encoding, said.complaint) == (len(SCRIPT), "iso8859-1", None)
    assert said.verdicts[0].ways == ["http://tunnel-proxy.corp.example:8080", "direct"]


def test_an_answer_that_nobody_meant_is_used_and_complained_of(tenant: TenantClient) -> None:
    (verdict,) = tenant.judge_pac(PacQuestion(text=SCRIPT, urls=[URL])).verdicts

    assert verdict.ways == ["direct"]
    assert verdict.passed_over == ["SOCKS s:1 (the agent speaks http to a proxy)", "gibberish (unknown)"]
    assert verdict.complaint is not None
    assert verdict.complaint.problem == "pac-bad-result"


@pytest.mark.parametrize(
    ("content", "problem", "line", "numbers"),
    [
        (b"function FindProxyForURL(url, host) {\n  return (\n}", "pac-syntax-error", 3, (12166, 308)),
        ("function FindProxyForURL() {}".encode("utf-16-le"), "pac-encoding", 0, (12166, 308)),
        (b"x" * 2_000_000, "pac-too-large", 0, (12167, 308)),
        (b"<html>", "pac-html-portal", 1, (12166, 308)),
    ],
)
def test_a_bad_file_is_told_its_fault_its_line_and_the_platforms_numbers(tenant, content, problem, line, numbers):
    said = tenant.judge_pac(PacQuestion(base64=base64.b64encode(content).decode(), urls=[URL]))

    assert said.verdicts == []
    assert said.complaint is not None
    assert (said.complaint.problem, said.complaint.line) == (problem, line)
    assert (said.complaint.winhttp, said.complaint.cfnetwork) == numbers


def test_a_platform_decides_whether_the_script_sees_the_path(tenant: TenantClient) -> None:
    script = 'function FindProxyForURL(url, host) { return shExpMatch(url, "*/api/*") ? "PROXY a:1" : "DIRECT"; }'
    ways = {
        platform: tenant.judge_pac(PacQuestion(text=script, urls=[URL], platform=platform)).verdicts[0].ways
        for platform in (Platform.MACOS, Platform.WINDOWS)
    }
    assert ways == {Platform.MACOS: ["direct"], Platform.WINDOWS: ["http://a:1"]}


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (PacQuestion(urls=[URL]), "exactly one"),
        (PacQuestion(text=SCRIPT, base64="eA=="), "exactly one"),
        (PacQuestion(base64="!"), "base64"),
        (PacQuestion(text=SCRIPT, urls=["ftp://x"]), "not a URL"),
    ],
)
def test_a_bad_question_is_refused(tenant: TenantClient, question: PacQuestion, words: str) -> None:
    with pytest.raises(LabError, match=words):
        tenant.judge_pac(question)


def test_a_device_reads_the_file_under_the_sites_names(tenant: TenantClient) -> None:
    tenant.put_hop(HopPolicy(name="pac", kind="pac", pac=PacFile(text=SCRIPT)))
    tenant.put_site(Site(wpad="pac"))
    tenant.add_endpoint(DeviceSpec(name="lin-1"))

    for url in ("http://pac.corp.example/proxy.pac", "http://wpad.corp.example/wpad.dat"):
        assert tenant.exec("lin-1", ["curl", "-sS", url]).stdout == SCRIPT
    tenant.put_site(Site())
    assert tenant.exec("lin-1", ["curl", "-sS", "http://wpad.corp.example/wpad.dat"]).exit_code == 6
    seen = [record.http.path for record in tenant.evidence("lin-1") if record.observer == "pac" and record.http]
    assert seen == ["/proxy.pac", "/wpad.dat"]


def test_a_site_that_names_no_hop_of_the_tenant_is_refused(tenant: TenantClient) -> None:
    with pytest.raises(LabError, match="hop 'pac'"):
        tenant.put_site(Site(wpad="pac"))
    assert tenant.site() == Site()
