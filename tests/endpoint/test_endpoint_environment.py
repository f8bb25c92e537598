"""The proxy of the system as programs see it, on a Mac and on Windows; and what managed preferences of a Mac say."""

import pytest

from mdelab.endpoint import environment, system_proxy
from mdelab.endpoint.files import MemoryTree
from mdelab.endpoint.registry import Registry
from mdelab.endpoint.settings import AgentSettings, managed_of, under
from mdelab.endpoint.system_proxy import Fixed, SystemProxy
from mdelab.endpoint.winhttp import WinHttp, write_winhttp


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (WinHttp(), {}),
        (WinHttp("p:8080"), {"HTTPS_PROXY": "http://p:8080", "http_proxy": "http://p:8080"}),
        (WinHttp("http=a:1;https=b:2"), {"HTTPS_PROXY": "http://b:2", "http_proxy": "http://a:1"}),
        (WinHttp("https=b:2", "*.corp.example;<local>"), {"HTTPS_PROXY": "http://b:2", "NO_PROXY": "corp.example"}),
        (WinHttp("", "*.corp.example"), {}),
    ],
)
def test_programs_of_windows_see_what_winhttp_has(settings: WinHttp, expected: dict[str, str]) -> None:
    files = MemoryTree()
    registry = Registry(files)
    write_winhttp(registry, settings)
    assert environment.read("winhttp", files, registry) == expected


def test_programs_of_a_mac_see_the_proxies_of_the_network_service_that_are_on() -> None:
    files = MemoryTree()
    system_proxy.write(
        files,
        SystemProxy(
            web=Fixed(host="a", port=1), secure_web=Fixed(host="b", port=2, is_on=True), bypass=("*.local", "10.0.0.1")
        ),
    )
    assert environment.read("system-configuration", files, None) == {
        "HTTPS_PROXY": "http://b:2",
        "NO_PROXY": "local,10.0.0.1",
    }


def test_a_managed_preference_of_a_wrong_type_is_passed_over_and_the_others_count() -> None:
    managed = managed_of(
        {
            "cloudService": {"enabled": "yes", "proxy": "http://p:1"},
            "antivirusEngine": {"enforcementLevel": "passive"},
            "edr": ["no dictionary"],
            "tampered": 1,
        }
    )
    settings = under(managed, AgentSettings())
    assert (settings.proxy, settings.passive_mode, settings.cloud_enabled) == ("http://p:1", True, True)
    assert settings.managed == {"proxy", "real_time_protection", "passive_mode"}
