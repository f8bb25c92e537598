"""A Windows device for the programs' tests: the device of the folder above, with a registry and an event log."""

from datetime import timedelta
from typing import Any

import pytest

from mdelab.endpoint.machine import Machine
from mdelab.model.device import DeviceSpec
from mdelab.model.platform import Platform


@pytest.fixture
def windows(device: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    spec = DeviceSpec(
        name="win-1",
        platform=Platform.WINDOWS,
        release="10.0.19045",
        kernel="10.0.19045",
        python="",
        edition="Enterprise",
    )
    device.machine = Machine(spec=spec, files=device.machine.files, attachment=device.machine.attachment)
    device.machine.set_service("sense", False)
    device.slept = timedelta()

    async def sleep(delay: timedelta) -> None:
        device.slept += delay
        device.tenant.clock.move_to(device.tenant.clock.now() + delay)

    monkeypatch.setattr(device, "sleep", sleep, raising=False)
    return device


@pytest.fixture
def script(windows: Any) -> Any:
    """Write a batch file and run it: lines, arguments, standard input -> how it ended."""

    def run(text: str, *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> Any:
        windows.machine.files.write("/C:/Users/Public/test.cmd", text.replace("\n", "\r\n").encode())
        return windows.call(r"C:\Users\Public\test.cmd", *arguments, stdin=stdin, env=env)

    return run
