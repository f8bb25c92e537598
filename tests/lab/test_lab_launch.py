"""Labs end with their owners, and what a kill leaves behind does not stop the next one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from mdelab.lab.client import connect
from mdelab.lab.launch import down, labs, launch, up
from mdelab.lab.state import labs_folder, running
from mdelab.lab.wire import TenantSpec
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError
from mdelab.model.tenant import HopPolicy

_OWNER = """
import sys
from mdelab.lab.launch import launch
from mdelab.model.tenant import HopPolicy
with launch(name="owned") as lab:
    lab.tenant().put_hop(HopPolicy(name="corp-proxy", kind="inspecting"))
    print(lab.info().pid, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def _wait(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within 30 s"
        time.sleep(0.02)


def _family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _is_gone(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_an_owned_lab_ends_with_its_block_and_leaves_nothing() -> None:
    with launch() as lab:
        family = _family(lab.info().pid)
        lab.close()
    assert all(_is_gone(process) for process in family)
    assert list(labs_folder().iterdir()) == []


def test_a_killed_owner_takes_the_lab_and_its_proxy_with_it() -> None:
    owner = subprocess.Popen([sys.executable, "-c", _OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert owner.stdin is not None
    assert owner.stdout is not None
    try:
        family = _family(int(owner.stdout.readline()))
        assert len(family) >= 2, "the inspecting proxy runs as a process of its own"
        owner.kill()
        owner.wait()
        _wait(lambda: all(_is_gone(process) for process in family), "the end of the lab and its proxy")
    finally:
        owner.kill()
        owner.wait()
        owner.stdin.close()
        owner.stdout.close()


def test_a_killed_lab_takes_its_proxy_with_it_and_the_next_start_works() -> None:
    up(name="kept")
    try:
        (state,) = labs()
        with launch() as other:
            other.close()
        client = connect("kept")
        client.tenant().put_hop(HopPolicy(name="corp-proxy", kind="inspecting"))
        client.close()
        family = _family(state.pid)
        os.kill(state.pid, signal.SIGKILL)
        _wait(lambda: all(_is_gone(process) for process in family), "the end of the killed lab's proxy")
        assert labs() == []
        up(name="kept")
        down("kept")
    finally:
        for state in labs():
            down(state.name)
    assert list(labs_folder().iterdir()) == []


def test_a_killed_proxy_is_started_again_and_the_lab_goes_on() -> None:
    with launch() as lab:
        tenant = lab.create_tenant(TenantSpec(name="t"))
        tenant.put_hop(HopPolicy(name="corp-proxy", kind="inspecting"))
        tenant.add_endpoint(DeviceSpec(name="lin-1", proxy="corp-proxy", trusts=("corp-proxy",)))
        (proxy,) = _family(lab.info().pid)[1:]
        proxy.kill()
        _wait(lambda: _is_gone(proxy), "the end of the proxy")
        _wait(lambda: len(_family(lab.info().pid)) > 1, "a new proxy process")
        tenant.put_hop(HopPolicy(name="corp-proxy", kind="inspecting"))
        result = tenant.exec("lin-1", ["curl", "-sS", "https://cdn.x.cp.wd.microsoft.com/ping"])
        assert (result.exit_code, result.stdout) == (0, "OK"), result.stderr
        lab.close()


def test_a_lab_that_belongs_to_a_process_is_not_offered_to_others() -> None:
    with launch(name="owned") as lab:
        assert [state.name for state in running()] == ["owned"]
        assert labs() == []
        lab.close()


def test_a_second_lab_of_one_name_is_refused() -> None:
    up(name="one")
    try:
        with pytest.raises(LabError, match="a lab called 'one' runs already"):
            up(name="one")
    finally:
        down("one")


def test_a_wrong_name_is_refused_before_anything_starts() -> None:
    with pytest.raises(LabError, match="cannot be called 'No Name'"):
        up(name="No Name")
    assert list(labs_folder().iterdir()) == []


def test_settings_of_the_host_do_not_reach_the_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "*")
    with launch() as lab:
        environment = psutil.Process(lab.info().pid).environ()
        assert not {"https_proxy", "no_proxy"} & {name.lower() for name in environment}
        lab.close()
