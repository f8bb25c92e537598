"""The same recipe and seed give the same event log, and what is numbered in it hides nothing else."""

import json
import subprocess
import sys

import msgspec
import pytest

from mdelab.lab.event_log import event_log
from mdelab.model.evidence import Evidence, TlsSeen


def _reproduced(fault: str, platform: str, seed: str) -> list[str]:
    """The log of a lab that is made for it and ends with it."""
    command = [sys.executable, "-m", "mdelab.cli", "reproduce", fault, "--platform", platform, "--seed", seed, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)["events"]


@pytest.mark.parametrize(
    ("fault", "platform"),
    [("tls-sni-blocked-rst", "linux"), ("proxy-407-ntlm", "windows"), ("tls-intercepted", "macos")],
)
def test_two_labs_write_the_same_log_for_one_recipe_and_seed(fault, platform):
    first, second = _reproduced(fault, platform, "7"), _reproduced(fault, platform, "7")

    assert first == second
    assert any('"fault":' in line for line in first)


def test_another_seed_gives_another_log():
    assert _reproduced("dns-nxdomain", "linux", "7") != _reproduced("dns-nxdomain", "linux", "8")


_RECORD = Evidence(
    observer="agent",
    step="tls",
    local=("127.64.0.1", 40001),
    peer=("127.33.0.1", 443),
    name="go.microsoft.com",
    tls=TlsSeen(outcome="established", presented_by="mdelab simulated cloud root 0a1b2c3d", leaf_sha256="aa"),
    error="nothing",
    address="127.64.0.1",
)


def test_labs_that_differ_in_what_is_made_anew_only_write_the_same():
    other = msgspec.structs.replace(
        _RECORD,
        local=("127.64.0.9", 50001),
        tls=TlsSeen(outcome="established", presented_by="mdelab simulated cloud root ffffffff", leaf_sha256="bb"),
        address="127.64.0.9",
        id=7,
        tenant="another",
    )

    assert event_log([_RECORD]) == event_log([other])


@pytest.mark.parametrize(
    "change",
    [
        {"local": ("127.64.0.1", 40002)},
        {"address": "127.64.0.2"},
        {"tls": TlsSeen(outcome="established", presented_by="mdelab simulated cloud root 0a1b2c3e", leaf_sha256="aa")},
        {"tls": TlsSeen(outcome="established", presented_by="mdelab simulated cloud root 0a1b2c3d", leaf_sha256="ab")},
        {"tls": TlsSeen(outcome="established", presented_by="another root 0a1b2c3d", leaf_sha256="aa")},
        {"name": "x.cp.wd.microsoft.com"},
        {"error": "something"},
        {"curl_code": 35},
        {"fault": "f"},
        {"observer": "curl"},
    ],
    ids=str,
)
def test_two_values_of_a_kind_are_never_written_alike(change):
    same, other = event_log([_RECORD, _RECORD]), event_log([_RECORD, msgspec.structs.replace(_RECORD, **change)])

    assert same[1] != other[1]
