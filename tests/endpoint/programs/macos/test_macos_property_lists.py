"""`defaults` and `plutil` on real property lists."""

import plistlib
from typing import Any

MANAGED = "/Library/Managed Preferences/com.microsoft.wdav"
OWN = "/var/root/Library/Preferences/com.microsoft.autoupdate2.plist"


def test_what_defaults_writes_it_reads_again_with_its_type(mac: Any) -> None:
    domain = "com.microsoft.autoupdate2"
    for words in (
        ("ChannelName", "Beta"),
        ("Count", "-int", "3"),
        ("Flag", "-bool", "YES"),
        ("List", "-array", "a", "b c"),
    ):
        assert mac.call("defaults", "write", domain, *words).code == 0
    assert plistlib.loads(mac.machine.files.read(OWN)) == {
        "ChannelName": "Beta",
        "Count": 3,
        "Flag": True,
        "List": ["a", "b c"],
    }
    assert mac.call("defaults", "read", domain, "ChannelName").out == "Beta\n"
    assert mac.call("defaults", "read", domain, "Flag").out == "1\n"
    assert mac.call("defaults", "read-type", domain, "Flag").out == "Type is boolean\n"
    assert mac.call("defaults", "read", domain).out == (
        '{\n    ChannelName = Beta;\n    Count = 3;\n    Flag = 1;\n    List =     (\n        a,\n        "b c"\n    );\n}\n'
    )


def test_delete_removes_a_key_and_then_the_domain(mac: Any) -> None:
    mac.call("defaults", "write", "com.example", "a", "1")
    mac.call("defaults", "write", "com.example", "b", "2")
    assert mac.call("defaults", "delete", "com.example", "a").code == 0
    assert mac.call("defaults", "read", "com.example", "a").code == 1
    assert mac.call("defaults", "delete", "com.example").code == 0
    assert mac.call("defaults", "read", "com.example").err == "Domain com.example does not exist\n"


def test_managed_preferences_are_read_by_path_and_written_by_root_only(mac: Any) -> None:
    for path in (MANAGED, f"{MANAGED}.plist"):
        assert mac.call("defaults", "write", path, "level", "x", env={"USER": "kim"}).code == 1
    assert not mac.machine.files.exists(f"{MANAGED}.plist")
    assert mac.call("defaults", "write", MANAGED, "level", "passive").code == 0
    assert mac.call("defaults", "read", f"{MANAGED}.plist", "level", env={"USER": "kim"}).out == "passive\n"


def test_users_have_domains_of_their_own(mac: Any) -> None:
    mac.call("defaults", "write", "com.example", "who", "kim", env={"USER": "kim"})
    assert mac.machine.files.exists("/Users/kim/Library/Preferences/com.example.plist")
    assert mac.call("defaults", "read", "com.example").code == 1


def test_file_that_does_not_parse_is_refused_with_its_place(mac: Any) -> None:
    mac.machine.files.write(f"{MANAGED}.plist", b'<?xml version="1.0"?>\n<plist><dict>\n<key>a</kez></dict></plist>')
    for command in (("defaults", "read", MANAGED), ("plutil", "-lint", f"{MANAGED}.plist"), ("profiles", "list")):
        ended = mac.call(*command)
        assert ended.code == 1
        assert "line 3" in ended.err, command
    mac.machine.files.write(f"{MANAGED}.plist", b"{}")
    assert "is not a property list" in mac.call("defaults", "read", MANAGED).err
    mac.machine.files.write(f"{MANAGED}.plist", plistlib.dumps(["a"]))
    assert "holds a list, not a dictionary" in mac.call("defaults", "read", MANAGED).err


def test_value_of_another_type_than_it_says_is_refused(mac: Any) -> None:
    assert mac.call("defaults", "write", "com.example", "a", "-int", "x").code == 255
    assert mac.call("defaults", "write", "com.example", "a", "-dict", "x").code == 255
    assert mac.call("defaults", "read", "com.example").code == 1


def test_unsupported_forms_say_so(mac: Any) -> None:
    assert mac.call("defaults", "find", "wdav").not_simulated
    assert mac.call("defaults", "write", "com.example", "a", "-colour", "red").not_simulated
    assert mac.call("plutil", "-insert", "a", "-string", "b", "/x").not_simulated


def test_plutil_shows_lints_converts_and_extracts(mac: Any) -> None:
    files = mac.machine.files
    files.write("/tmp/a.plist", plistlib.dumps({"k": "v", "n": {"list": [1, True]}}, fmt=plistlib.FMT_BINARY))
    assert mac.call("plutil", "-p", "/tmp/a.plist").out == (
        '{\n  "k" => "v"\n  "n" => {\n    "list" => [\n      0 => 1\n      1 => true\n    ]\n  }\n}\n'
    )
    assert mac.call("plutil", "-lint", "/tmp/a.plist").out == "/tmp/a.plist: OK\n"
    assert mac.call("plutil", "-convert", "xml1", "/tmp/a.plist").code == 0
    assert files.read("/tmp/a.plist").startswith(b"<?xml")
    assert mac.call("plutil", "-convert", "json", "-o", "-", "/tmp/a.plist").out == '{"k":"v","n":{"list":[1,true]}}'
    assert mac.call("plutil", "-extract", "n.list.0", "raw", "/tmp/a.plist").out == "1\n"
    assert mac.call("plutil", "-extract", "n.nothing", "raw", "/tmp/a.plist").code == 1
    assert mac.call("plutil", "-p", "/tmp/none.plist").code == 1


def test_data_cannot_become_json(mac: Any) -> None:
    mac.machine.files.write("/tmp/a.plist", plistlib.dumps({"d": b"\x01"}))
    assert mac.call("plutil", "-convert", "json", "/tmp/a.plist").code == 1
    assert mac.machine.files.read("/tmp/a.plist").startswith(b"<?xml")
    assert mac.call("defaults", "read", "/tmp/a", "d").out == "{length = 1, bytes = 0x01}\n"
