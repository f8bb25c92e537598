"""A real proxy that is not the lab's, mitmproxy in a process of its own, between the devices and the lab's entrance."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mdelab.lab.client import LabClient, TenantClient
from mdelab.lab.launch import launch
from mdelab.lab.wire import TenantSpec
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError
from mdelab.model.tenant import HopPolicy

_LISTENS = re.compile(r"listening at (?:http://)?(\S+:\d+)")
C2 = "winatp-gw-cus.microsoft.com"


@contextmanager
def mitmproxy(folder: Path, *options: str) -> Iterator[str]:
    """host:port at which it listens."""
    command = [str(Path(sys.executable).with_name("mitmdump")), "--listen-host", "127.0.0.1", "--listen-port", "0"]
    command += ["--set", f"confdir={folder}", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if found := _LISTENS.search(line):
                yield found[1].rstrip(".")
                return
        pytest.fail(f"mitmdump did not start: {said}")
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


@pytest.fixture(scope="module")
def lab() -> Iterator[LabClient]:
    with launch() as lab:
        yield lab
        lab.close()


def onboarded_through(lab: LabClient, address: str) -> TenantClient:
    """A tenant whose one device was given its package a quarter of an hour ago."""
    tenant = lab.create_tenant(TenantSpec(name="own"))
    tenant.put_hop(HopPolicy(name="own-proxy", kind="external", address=address))
    tenant.add_endpoint(DeviceSpec(name="lin-1", proxy="own-proxy"))
    tenant.place_package("lin-1", "onboarding")
    tenant.move(seconds=900)
    return tenant


def test_a_device_onboards_through_a_proxy_that_passes_on(lab: LabClient, tmp_path: Path) -> None:
    with mitmproxy(tmp_path, "--mode", f"upstream:{lab.info().entrance}", "--ignore-hosts", ".*") as address:
        tenant = onboarded_through(lab, address)
        assert tenant.endpoint("lin-1").state == "onboarded"
        assert tenant.accounting("lin-1").lost == 0
        command = [one for one in tenant.connections("lin-1") if one.name == C2 and len(one.observers) > 1]
        assert command
        assert {tuple(one.observers) for one in command} == {("agent", "own-proxy", "entrance", "cloud")}
        tenant.delete()


def test_an_agent_refuses_a_proxy_of_ours_that_inspects_and_the_diagnosis_names_it(
    lab: LabClient, tmp_path: Path
) -> None:
    info = lab.info()
    trust = ("--set", f"ssl_verify_upstream_trusted_ca={info.ca_file}")
    with mitmproxy(tmp_path, "--mode", f"upstream:{info.entrance}", *trust) as address:
        tenant = onboarded_through(lab, address)
        assert tenant.endpoint("lin-1").state == "enrolling"
        found = tenant.diagnosis("lin-1")
        assert (found.cause, "own-proxy inspects the TLS of lin-1" in found.summary) == ("tls-intercepted", True)
        shown = {
            r.tls.presented_by
            for c in tenant.connections("lin-1")
            for r in c.records
            if r.tls and r.observer == "agent"
        }
        assert "mitmproxy" in shown, "the agent's second look tells who signed"
        tenant.delete()


def test_a_proxy_without_the_entrance_as_upstream_is_told_what_to_set(lab: LabClient, tmp_path: Path) -> None:
    with mitmproxy(tmp_path, "--mode", "upstream:http://127.0.0.1:9", "--ignore-hosts", ".*") as address:
        tenant = onboarded_through(lab, address)
        found = tenant.diagnosis("lin-1")
        assert found.cause == "external-proxy-no-way-on"
        assert "Set the lab's entrance" in found.fix
        tenant.delete()


@pytest.mark.usefixtures("images")
def test_a_lab_in_containers_leads_to_no_proxy_outside() -> None:
    with launch(backend="docker") as lab:
        with pytest.raises(LabError, match="leads to no proxy outside"):
            lab.tenant().put_hop(HopPolicy(name="own-proxy", kind="external", address="127.0.0.1:3128"))
        lab.close()
