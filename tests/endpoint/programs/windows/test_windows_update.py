"""usoclient: what it installs, and what it says of an update service that it cannot use."""

from typing import Any

from mdelab.endpoint import client_version
from mdelab.endpoint.outcome import Failure, Reply

LISTED = b'[{"kb": "KB5005292", "title": "Update", "version": "10.9000.1.1", "location": "https://x.update.microsoft.com/u.exe"}]'
UPDATE = b"#!/bin/sh\n# mdelab program: sense-update\n# version: 10.9000.1.1\n"
KEY = r"HKLM\SOFTWARE\Microsoft\Windows Advanced Threat Protection"


def test_an_update_moves_the_sensor_into_the_folder_of_its_version(windows: Any) -> None:
    windows.answer = lambda url, method: Reply(200, {}, UPDATE if url.endswith("u.exe") else LISTED)
    assert windows.call("usoclient", "ScanInstallWait").out == "Installed: Update (KB5005292), version 10.9000.1.1\n"
    assert windows.machine.registry.get(KEY, "InstallLocation").data.endswith("\\Platform\\10.9000.1.1\\")
    assert client_version.read(windows.machine) == "10.9000.1.1"
    assert windows.call("usoclient", "ScanInstallWait").out == "There are no updates available.\n"


def test_an_update_service_out_of_reach_is_told(windows: Any) -> None:
    windows.answer = lambda url, method: Failure(step="tcp", curl_code=7, text="Connection refused")
    ran = windows.call("usoclient", "ScanInstallWait")
    assert (ran.code, ran.err) == (1, "The update service cannot be reached: Connection refused\n")


def test_an_answer_that_is_no_list_is_told(windows: Any) -> None:
    windows.answer = lambda url, method: Reply(200, {}, b"<html>Please log in</html>")
    assert "Check what stands between it and here." in windows.call("usoclient", "ScanInstallWait").err


def test_a_user_without_rights_installs_nothing(windows: Any) -> None:
    assert windows.call("usoclient", "ScanInstallWait", env={"USER": "kim"}).code == 5
    assert windows.fetched == []


def test_another_order_is_not_simulated(windows: Any) -> None:
    assert "not simulated" in windows.call("usoclient", "StartScan").err
