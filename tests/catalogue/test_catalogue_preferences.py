"""Slips of the pen in preferences are found with their place and the nearest documented key."""

import json
import plistlib

from mdelab.catalogue.preferences import mistakes, preference_rows, shown_by
from mdelab.model.platform import Platform
from mdelab.model.preferences import parse_preferences

WRONG = b"""{
  "antivirusEngine": {
    "enforcmentLevel": "real_time",
    "scanArchives": "true",
    "maximumOnDemandScanThreads": 65,
    "exclusions": [{"$type": "excludedpath", "path": "/x"}]
  },
  "cloudservice": {"enabled": true, "whatever": 1},
  "proxy": "http://10.0.0.6:8080"
}
"""


def test_each_slip_is_one_line_with_place_and_mend() -> None:
    found = mistakes(parse_preferences(WRONG, "m.json"))
    assert [line.partition(" ")[0] for line in found] == [
        *("m.json:3:", "m.json:4:", "m.json:5:", "m.json:6:", "m.json:8:", "m.json:9:")
    ]
    for line, said in zip(
        found,
        (
            "Did you mean 'antivirusEngine.enforcementLevel'?",
            "is of type string, so the client passes over it. Its documented type is boolean.",
            "is 65. Documented are 1 to 64.",
            "Did you mean 'excludedPath'?",
            "Did you mean 'cloudService'?",
            "Did you mean 'cloudService.proxy'?",
        ),
        strict=True,
    ):
        assert said in line


def test_a_platform_has_keys_of_its_own() -> None:
    values = {"antivirusEngine": {"passiveMode": True}}
    assert mistakes(parse_preferences(plistlib.dumps(values), "m.plist")) == []
    (line,) = mistakes(parse_preferences(json.dumps(values).encode(), "m.json"))
    assert "is no setting that is documented for Linux" in line


def test_every_key_has_its_parent() -> None:
    for platform in (Platform.LINUX, Platform.MACOS):
        rows = preference_rows(platform)
        for key, row in rows.items():
            parent = key.rpartition(".")[0]
            assert not parent or parent.removesuffix("[]") in rows, key
            assert not row.values or row.type == "string", key


def test_what_health_shows_is_named() -> None:
    found = parse_preferences(b'{"cloudService": {"enabled": false, "proxy": "http://a:1"}}', "m.json")
    assert [(setting.name, field) for setting, field in shown_by(found)] == [("cloudService.enabled", "cloud_enabled")]
