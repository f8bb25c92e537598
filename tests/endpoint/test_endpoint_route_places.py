"""Where a route is set on each platform: what a spec writes there, what is read back, and what cannot be."""

from pathlib import Path

import pytest

from mdelab.catalogue.platforms import complete, platform_row
from mdelab.endpoint import administration, layout
from mdelab.endpoint.files import MemoryTree
from mdelab.endpoint.machine import Machine
from mdelab.endpoint.registry import Value
from mdelab.endpoint.route import read_candidates
from mdelab.endpoint.settings import AgentSettings
from mdelab.endpoint.windows_proxy_places import NO_PROXY_LOGON, TELEMETRY_POLICY, TELEMETRY_PROXY
from mdelab.endpoint.winhttp import WinHttp, write_winhttp
from mdelab.model.attachment import Attachment
from mdelab.model.bypass import Bypass
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError
from mdelab.model.platform import Platform
from mdelab.model.proxy import Proxy
from mdelab.model.route import Candidate, Discovery, Fixed, Pac, Setting, Unusable

PROXY = Proxy(host="10.0.0.6", port=8080)
PAC_URL = "http://pac.corp.example/proxy.pac"


def device(platform: Platform, **spec: object) -> Machine:
    attachment = Attachment(
        address="127.0.0.9",
        resolver=("127.0.0.1", 53),
        pac_urls={"pac": PAC_URL},
        proxies={"corp-proxy": str(PROXY)},
        root_set=Path("/dev/null"),
        public_roots=Path("/dev/null"),
        package_roots=Path("/dev/null"),
    )
    made = complete(DeviceSpec(name="dev-1", platform=platform, **spec))  # type: ignore[arg-type]  # fields of the test
    machine = Machine(spec=made, files=MemoryTree(), attachment=attachment)
    layout.write_store(machine)
    return machine


def write(machine: Machine, **change: object) -> None:
    machine.files.write(machine.paths.settings, b"{}")
    administration.change(machine, change)


def said(machine: Machine) -> dict[str, Setting | None]:
    candidates, _ = read_candidates(machine, AgentSettings())
    return {one.source: one.setting for one in candidates}


def complaints(machine: Machine) -> tuple[str, ...]:
    return read_candidates(machine, AgentSettings())[1]


@pytest.mark.parametrize(
    ("platform", "source", "bypass", "kind"),
    [
        (Platform.LINUX, "service", ("corp.example",), "no-proxy"),
        (Platform.LINUX, "environment", ("corp.example", "10.0.0.0/8"), "no-proxy"),
        (Platform.MACOS, "environment", ("*.local", "169.254/16"), "macos"),
        (Platform.WINDOWS, "environment", ("<local>", "*.corp.example"), "winhttp"),
    ],
)
def test_a_proxy_and_its_bypass_list_come_back_from_the_place_that_holds_them(platform, source, bypass, kind):
    machine = device(platform)
    write(machine, proxy="corp-proxy", proxy_source=source, bypass=bypass)

    assert said(machine)[source] == Fixed(proxy=PROXY, bypass=Bypass(kind=kind, entries=bypass))
    write(machine, proxy="")
    assert said(machine)[source] is None


@pytest.mark.parametrize("platform", list(Platform))
def test_every_fixed_place_of_a_platform_can_be_written_and_taken_away(platform):
    for row in (row for row in platform_row(platform).proxy if row.kind == "fixed" and row.place != "local-settings"):
        machine = device(platform)
        machine.files.write(machine.paths.settings, b"{}")
        layout.write_proxy(machine, "corp-proxy", row.name)
        if row.place == "managed-settings":
            continue  # the preferences read it, and hand it over with the agent's settings
        setting = said(machine)[row.name]
        assert isinstance(setting, Unusable if row.unused else Fixed), row.name
        layout.write_proxy(machine, "", row.name)
        assert said(machine)[row.name] is None, row.name


def test_a_mac_and_a_windows_endpoint_keep_pac_file_and_discovery_where_the_system_does():
    mac, windows = device(Platform.MACOS), device(Platform.WINDOWS)
    for machine in (mac, windows):
        write(machine, pac="pac", wpad=True)

    assert (said(mac)["pac"], said(mac)["wpad"]) == (Pac(url=PAC_URL), Discovery())
    assert said(windows)["wpad"] == Discovery()
    assert isinstance(said(windows)["user-pac"], Unusable)
    for machine in (mac, windows):
        write(machine, pac="", wpad=False)
    assert (said(mac)["pac"], said(mac)["wpad"]) == (None, None)
    assert said(windows)["wpad"] == Unusable(
        reason="wpad-service-disabled", text="the service that looks for a PAC file is disabled", code=12178
    )


def test_what_nobody_has_set_is_the_platforms_default():
    assert said(device(Platform.WINDOWS))["wpad"] == Discovery(is_asked_for=False)
    assert said(device(Platform.MACOS))["wpad"] is None
    assert [one for one in said(device(Platform.LINUX)).values() if one is not None] == []


def test_a_telemetry_proxy_without_the_policy_beside_it_is_remarked_upon():
    machine = device(Platform.WINDOWS)
    layout.write_proxy(machine, "corp-proxy", "managed")
    assert machine.registry is not None
    assert machine.registry.get(TELEMETRY_POLICY, NO_PROXY_LOGON) == Value("REG_DWORD", 1)
    assert complaints(machine) == ()

    machine.registry.delete(TELEMETRY_POLICY, NO_PROXY_LOGON)
    (complaint,) = complaints(machine)
    assert "DisableEnterpriseAuthProxy" in complaint
    assert isinstance(said(machine)["managed"], Fixed)


@pytest.mark.parametrize("text", ["", "http://10.0.0.6:8080", "10.0.0.6"])
def test_a_telemetry_proxy_that_cannot_be_used_counts_as_not_set(text):
    machine = device(Platform.WINDOWS)
    assert machine.registry is not None
    machine.registry.set(TELEMETRY_POLICY, TELEMETRY_PROXY, Value("REG_SZ", text))

    setting = said(machine)["managed"]
    assert isinstance(setting, Unusable)
    assert setting.reason == "bad-value"
    assert complaints(machine)[0].endswith("It counts as not set.")


@pytest.mark.parametrize(
    ("value", "proxy"),
    [
        ("10.0.0.6:8080", PROXY),
        ("http=10.0.0.7:1;https=10.0.0.6:8080", PROXY),
        ("http=10.0.0.7:1", None),
    ],
)
def test_winhttp_may_name_a_proxy_for_each_scheme(value, proxy):

    machine = device(Platform.WINDOWS)
    assert machine.registry is not None
    write_winhttp(machine.registry, WinHttp(value))
    setting = said(machine)["environment"]

    assert (setting.proxy if isinstance(setting, Fixed) else None) == proxy


@pytest.mark.parametrize(
    ("platform", "change", "words"),
    [
        (Platform.LINUX, {"proxy_source": "registry"}, "Use one of: managed, mdatp, service, environment"),
        (Platform.MACOS, {"proxy_source": "pac"}, "Use one of: managed, mdatp, environment"),
        (Platform.WINDOWS, {"proxy_source": "managed", "bypass": ("x",)}, "no bypass list beside the 'managed' proxy"),
        (Platform.LINUX, {"wpad": True}, "does not look for a PAC file"),
        (Platform.MACOS, {"pac": "corp-proxy"}, "no hop of kind pac"),
        (Platform.MACOS, {"proxy": "pac"}, "no proxy has that name"),
    ],
)
def test_what_a_platform_cannot_have_is_refused_and_nothing_changes(platform, change, words):
    machine = device(platform)
    before = machine.spec
    with pytest.raises(LabError, match=words):
        administration.change(machine, change)
    assert machine.spec == before


def test_an_empty_managed_proxy_is_told_from_none():
    settings = AgentSettings(proxy="", managed=frozenset({"proxy"}))
    candidates, (complaint,) = read_candidates(device(Platform.LINUX), settings)

    assert candidates[0] == Candidate(source="managed", setting=candidates[0].setting)
    assert isinstance(candidates[0].setting, Unusable)
    assert "the managed proxy is empty" in complaint
