"""Settings and routes: what wins over what, and what a wrong file does."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from endpoint_world import World, log_of

from mdelab.endpoint import settings
from mdelab.endpoint.environment import parse
from mdelab.endpoint.files import MemoryTree
from mdelab.endpoint.machine import Machine
from mdelab.endpoint.proxy_places import UNIT_FILE
from mdelab.endpoint.route import read_candidates
from mdelab.model.attachment import Attachment
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError
from mdelab.model.route import Route, choose


def machine(**files: str) -> Machine:
    tree = MemoryTree()
    for path, text in files.items():
        tree.write(path, text.encode())
    attachment = Attachment(
        address="127.0.0.9",
        resolver=("127.0.0.1", 53),
        root_set=Path("/nowhere"),
        public_roots=Path("/nowhere"),
        package_roots=Path("/nowhere"),
    )
    return Machine(spec=DeviceSpec(name="lin-1"), files=tree, attachment=attachment)


ENVIRONMENT = {"/etc/environment": 'HTTPS_PROXY="http://environment:1"'}
UNIT = {UNIT_FILE: '[Service]\nEnvironment="HTTPS_PROXY=http://service:2/"\n'}
LOCAL = settings.AgentSettings(proxy="http://mdatp:3")
MANAGED = settings.under(settings.decode_managed(b'{"cloudService": {"proxy": "http://managed:4"}}'), LOCAL)


def route_of(device: Machine, what: settings.AgentSettings) -> tuple[Route, tuple[str, ...]]:
    """The route to some host, where no place has to be asked; and what is complained of."""
    candidates, complaints = read_candidates(device, what)
    with pytest.raises(StopIteration) as done:
        next(choose(candidates, "x.cp.wd.microsoft.com"))
    return done.value.value, complaints


@pytest.mark.parametrize(
    ("files", "what", "source", "proxy"),
    [
        ({}, settings.AgentSettings(), "none", "direct"),
        (ENVIRONMENT, settings.AgentSettings(), "environment", "http://environment:1"),
        (ENVIRONMENT | UNIT, settings.AgentSettings(), "service", "http://service:2"),
        (ENVIRONMENT | UNIT, LOCAL, "mdatp", "http://mdatp:3"),
        (ENVIRONMENT | UNIT, MANAGED, "managed", "http://managed:4"),
        (
            {UNIT_FILE: "EnvironmentFile=-/etc/p\n", "/etc/p": "https_proxy=http://file:5"},
            settings.AgentSettings(),
            "service",
            "http://file:5",
        ),
    ],
)
def test_the_strongest_place_that_names_a_proxy_wins(
    files: dict[str, str], what: settings.AgentSettings, source: str, proxy: str
) -> None:
    route, complaints = route_of(machine(**files), what)
    assert (route.source, str(route.ways[0]), complaints) == (source, proxy, ())


def test_a_proxy_that_cannot_be_read_is_complained_of_and_passed_over() -> None:
    route, complaints = route_of(machine(**ENVIRONMENT), settings.AgentSettings(proxy="https://tls-proxy:443"))
    assert route.source == "environment"
    assert len(complaints) == 1
    assert "https" in complaints[0]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A=1\n# B=2\n\nexport C='3 4'\nD=\"5\"\nE", {"A": "1", "C": "3 4", "D": "5"}),
        ("A=it's", {"A": "it's"}),
        ("A=b=c", {"A": "b=c"}),
    ],
)
def test_environment_files_are_read_as_pam_reads_them(text: str, found: dict[str, str]) -> None:
    assert parse(text) == found


def test_settings_survive_the_disk_and_managed_values_never_reach_it() -> None:
    local = settings.changed(settings.AgentSettings(), {"passive_mode": True, "exclusions": (("file", "/a"),)})
    managed = settings.decode_managed(
        b'{"antivirusEngine": {"enforcementLevel": "real_time", "unknown": 1}, "edr": {"tags": [{"key": "GROUP", "value": "x"}]}}'
    )
    force = settings.under(managed, local)
    assert (force.passive_mode, force.real_time_protection) == (False, True)
    assert force.managed == {"passive_mode", "real_time_protection"}
    assert managed.tags == {"GROUP": "x"}
    assert settings.decode(settings.encode(local)) == local
    assert b"managed" not in settings.encode(force)


@pytest.mark.parametrize(
    ("change", "said"), [({"passiv": True}, "no setting 'passiv'"), ({"log_level": "loud"}, "log_level")]
)
def test_a_setting_that_cannot_be_is_an_error_of_the_caller(change: dict[str, Any], said: str) -> None:
    with pytest.raises(LabError, match=said):
        settings.changed(settings.AgentSettings(), change)


def test_a_broken_settings_file_leaves_what_is_in_force_and_is_logged(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor()
            sensor.configure(passive_mode=True)
            sensor.machine.files.write(sensor.machine.paths.settings, b'{"passive_mode": "perhaps"')
            assert sensor.agent.settings.passive_mode is True
            assert "settings file cannot be read" in log_of(sensor)
            sensor.machine.files.write(
                sensor.machine.paths.managed, msgspec.json.encode({"edr": {"tags": [{"key": "GROUP", "value": "lab"}]}})
            )
            sensor.machine.files.write(sensor.machine.paths.settings, b"{}")
            assert sensor.agent.settings.passive_mode is False
            assert sensor.agent.tags == {"GROUP": "lab"}

    asyncio.run(story())
