"""The proxy settings of a Mac's network service."""

import plistlib
from typing import Any

from mdelab.endpoint import system_proxy

KIM = {"USER": "kim"}


def test_proxy_that_networksetup_sets_is_the_systems(mac: Any) -> None:
    assert mac.call("networksetup", "-setsecurewebproxy", "Wi-Fi", "10.0.0.6", "8080").code == 0
    shown = mac.call("scutil", "--proxy").out
    assert "  HTTPSEnable : 1\n  HTTPSPort : 8080\n  HTTPSProxy : 10.0.0.6\n" in shown
    assert mac.call("networksetup", "-getsecurewebproxy", "Wi-Fi").out == (
        "Enabled: Yes\nServer: 10.0.0.6\nPort: 8080\nAuthenticated Proxy Enabled: 0\n"
    )
    assert mac.call("networksetup", "-setsecurewebproxystate", "Wi-Fi", "off").code == 0
    proxy = system_proxy.read(mac.machine.files).secure_web
    assert (proxy.is_on, proxy.host, proxy.port) == (False, "10.0.0.6", 8080)


def test_without_settings_everything_is_off(mac: Any) -> None:
    assert mac.call("scutil", "--proxy").out == (
        "<dictionary> {\n  HTTPEnable : 0\n  HTTPSEnable : 0\n  ProxyAutoConfigEnable : 0\n  ProxyAutoDiscoveryEnable : 0\n}\n"
    )
    assert mac.call("networksetup", "-getautoproxyurl", "Wi-Fi").out == "URL: (null)\nEnabled: No\n"


def test_settings_come_back_as_they_were_written(mac: Any) -> None:
    files = mac.machine.files
    system_proxy.set_secure_web(files, "proxy.example", 3128)
    mac.call("networksetup", "-setproxybypassdomains", "Wi-Fi", "*.local", "169.254/16")
    mac.call("networksetup", "-setwebproxy", "Wi-Fi", "other.example", "80")
    found = system_proxy.read(files)
    assert (found.secure_web.host, found.web.host) == ("proxy.example", "other.example")
    assert found.bypass == ("*.local", "169.254/16")
    system_proxy.set_secure_web(files, "", 0)
    assert not system_proxy.read(files).secure_web.is_on
    assert system_proxy.read(files).web.is_on


def test_rest_of_the_settings_file_stays(mac: Any) -> None:
    mac.machine.files.write(system_proxy.PREFERENCES, plistlib.dumps({"CurrentSet": "/Sets/1"}))
    mac.call("networksetup", "-setsecurewebproxy", "Wi-Fi", "p", "1")
    assert plistlib.loads(mac.machine.files.read(system_proxy.PREFERENCES))["CurrentSet"] == "/Sets/1"


def test_a_pac_file_and_discovery_are_switched_on_and_off(mac: Any) -> None:
    assert mac.call("networksetup", "-setautoproxyurl", "Wi-Fi", "http://pac.corp.example/proxy.pac").code == 0
    assert mac.call("networksetup", "-setproxyautodiscovery", "Wi-Fi", "on").code == 0
    assert (
        "URL: http://pac.corp.example/proxy.pac\nEnabled: Yes\n"
        in mac.call("networksetup", "-getautoproxyurl", "Wi-Fi").out
    )
    assert mac.call("networksetup", "-setautoproxystate", "Wi-Fi", "off").code == 0
    found = system_proxy.read(mac.machine.files)
    assert (found.pac_url, found.pac_is_on) == ("http://pac.corp.example/proxy.pac", False)
    assert found.discovery_is_on


def test_wrong_values_and_users_change_nothing(mac: Any) -> None:
    for values in (("p",), ("p", "0"), ("p", "x"), ("p", "80", "on", "user", "secret")):
        ended = mac.call("networksetup", "-setsecurewebproxy", "Wi-Fi", *values)
        assert ended.code == 4
        assert "secret" not in ended.err
    assert mac.call("networksetup", "-setsecurewebproxy", "Ethernet", "p", "80").code == 4
    assert mac.call("networksetup", "-setsecurewebproxy", "Wi-Fi", "p", "80", env=KIM).code == 14
    assert not mac.machine.files.exists(system_proxy.PREFERENCES)
    assert mac.call("networksetup", "-setdnsservers", "Wi-Fi", "9.9.9.9").not_simulated
