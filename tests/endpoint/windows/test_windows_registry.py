"""The registry of a Windows device."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdelab.endpoint.files import MemoryTree
from mdelab.endpoint.registry import REGISTRY_FILE, Registry, Value
from mdelab.model.errors import LabError

_KEY = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection"


def test_a_value_is_found_in_any_case_and_keeps_its_spelling():
    registry = Registry(MemoryTree())
    registry.set(_KEY, "OnboardingInfo", Value("REG_SZ", "{}"))

    assert registry.get(_KEY.lower().replace("hklm", "hkey_local_machine"), "ONBOARDINGINFO") == Value("REG_SZ", "{}")
    registry.set(_KEY.upper(), "onboardinginfo", Value("REG_SZ", "new"))
    assert registry.values(_KEY) == {"OnboardingInfo": Value("REG_SZ", "new")}
    assert registry.subkeys(r"HKLM\software\policies\MICROSOFT") == ["Windows Advanced Threat Protection"]
    assert registry.spelling(r"hklm\software\POLICIES") == r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies"


@pytest.mark.parametrize(
    "value",
    [
        Value("REG_SZ", "ü\0"),
        Value("REG_DWORD", 2**32 - 1),
        Value("REG_QWORD", 2**64 - 1),
        Value("REG_BINARY", b"\0\xff"),
    ],
)
def test_what_was_written_outlives_the_object(value: Value):
    files = MemoryTree()
    Registry(files).set(_KEY, "x", value)
    assert Registry(files).get(_KEY, "X") == value


def test_values_and_keys_are_deleted():
    registry = Registry(MemoryTree())
    registry.set(_KEY + r"\Status", "OnboardingState", Value("REG_DWORD", 1))

    assert registry.delete(_KEY + r"\status", "onboardingstate")
    assert not registry.delete(_KEY + r"\Status", "OnboardingState")
    assert registry.has_key(_KEY + r"\Status")
    assert registry.delete_key(_KEY)
    assert not registry.delete_key(_KEY)
    assert not registry.has_key(_KEY + r"\Status")
    assert registry.has_key(r"HKLM\SOFTWARE\Policies\Microsoft")


def test_what_is_not_there_is_none_or_empty():
    registry = Registry(MemoryTree())
    assert registry.get(_KEY, "x") is None
    assert registry.values(_KEY) == {}
    assert registry.subkeys(_KEY) == []
    assert registry.subkeys("HKLM") == []


def test_a_value_that_is_the_same_already_is_not_written_again():
    files = MemoryTree()
    registry, seen = Registry(files), []
    registry.set(_KEY, "x", Value("REG_DWORD", 1))
    files.watch(seen.append)
    registry.set(_KEY, "X", Value("REG_DWORD", 1))
    assert seen == []
    registry.set(_KEY, "X", Value("REG_DWORD", 2))
    assert seen == [REGISTRY_FILE]


def test_another_writer_of_the_file_is_seen():
    files = MemoryTree()
    one, other = Registry(files), Registry(files)
    one.set(_KEY, "x", Value("REG_DWORD", 1))
    assert other.get(_KEY, "x") == Value("REG_DWORD", 1)
    other.set(_KEY, "y", Value("REG_DWORD", 2))
    assert set(one.values(_KEY)) == {"x", "y"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{\n "keys": [}', "line 2, column 11"),
        (b'{"keys": {"HKEY_LOCAL_MACHINE": {"values": {"x": {"kind": "REG_NONSENSE", "data": 1}}}}}', "REG_NONSENSE"),
        (b"\xff\xfe", "byte 0"),
        (b"[]", "array"),
    ],
)
def test_a_file_that_does_not_parse_is_named_with_its_place(content: bytes, words: str):
    files = MemoryTree()
    files.write(REGISTRY_FILE, content)
    with pytest.raises(LabError, match=r"mdelab\.json.*cannot be read") as refused:
        Registry(files).get(_KEY, "x")
    assert words in str(refused.value)


def test_a_value_of_another_shape_than_its_kind_is_named():
    files = MemoryTree()
    files.write(
        REGISTRY_FILE, b'{"keys": {"HKEY_LOCAL_MACHINE": {"values": {"x": {"kind": "REG_BINARY", "data": "zz"}}}}}'
    )
    with pytest.raises(LabError, match="'x' in 'HKLM' is a REG_BINARY"):
        Registry(files).get("HKLM", "x")


@pytest.mark.parametrize("key", [r"SOFTWARE\Microsoft", "", r"HKXX\a"])
def test_a_key_without_a_hive_is_refused(key: str):
    with pytest.raises(LabError, match="does not begin with a hive"):
        Registry(MemoryTree()).get(key, "x")


def test_a_hive_cannot_be_deleted():
    with pytest.raises(LabError, match="cannot be deleted"):
        Registry(MemoryTree()).delete_key("HKLM")


@pytest.mark.parametrize(("kind", "data"), [("REG_DWORD", "1"), ("REG_DWORD", 2**32), ("REG_DWORD", -1), ("REG_SZ", 1)])
def test_a_value_that_its_kind_cannot_hold_is_refused(kind: str, data: object):
    with pytest.raises(LabError, match=f"a {kind} cannot hold"):
        Value(kind, data)  # type: ignore[arg-type]  # the mistake is the test


_NAMES = st.sampled_from(["A", "a", "B", "Ab"])


@given(st.lists(st.tuples(st.sampled_from(["set", "delete", "delete_key"]), _NAMES, _NAMES, st.integers(0, 9))))
def test_any_order_of_changes_agrees_with_a_dictionary(changes: list[tuple[str, str, str, int]]):
    registry, model = Registry(MemoryTree()), dict[tuple[str, str], int]()
    for what, key, name, number in changes:
        place = f"HKLM\\{key}"
        match what:
            case "set":
                registry.set(place, name, Value("REG_DWORD", number))
                model[key.lower(), name.lower()] = number
            case "delete":
                assert registry.delete(place, name) == (model.pop((key.lower(), name.lower()), None) is not None)
            case _:
                registry.delete_key(place)
                model = {at: held for at, held in model.items() if at[0] != key.lower()}
    found = {
        (key.lower(), name.lower()): value.data
        for key in registry.subkeys("HKLM")
        for name, value in registry.values(f"HKLM\\{key}").items()
    }
    assert found == model
