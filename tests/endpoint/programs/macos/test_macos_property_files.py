"""Property lists as files: whatever is in one, the answer is its value or a message that names the file."""

import plistlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdelab.endpoint import property_list, system_proxy
from mdelab.endpoint.files import MemoryTree
from mdelab.endpoint.programs.macos.property_text import defaults_text, plutil_text
from mdelab.endpoint.system_proxy import Fixed, SystemProxy
from mdelab.model.errors import LabError

PATH = "/Library/Preferences/com.example.plist"
TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), max_size=20)
LEAVES = TEXT | st.booleans() | st.integers(-(2**63), 2**63) | st.binary(max_size=20)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))


@given(content=st.binary(max_size=200) | st.text().map(lambda text: f"<plist>{text}</plist>".encode(errors="replace")))
def test_any_bytes_are_a_value_or_a_message_with_the_path(content: bytes) -> None:
    files = MemoryTree()
    files.write(PATH, content)
    try:
        property_list.read_value(files, PATH)
    except LabError as error:
        said = str(error)
    else:
        said = ""
    assert not said or PATH in said


@given(value=VALUES, form=st.sampled_from([property_list.XML, property_list.BINARY]))
def test_what_is_written_comes_back_and_can_be_printed(value: object, form: plistlib.PlistFormat) -> None:
    files = MemoryTree()
    property_list.write(files, PATH, value, form=form)
    assert property_list.read_value(files, PATH) == value
    assert defaults_text(value)
    assert plutil_text(value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<plist><integer>x</integer></plist>", "not a property list"),
        (b"<plist><date>yesterday</date></plist>", "not a property list"),
        (b"<plist><dict><string>a</string></dict></plist>", "not a property list"),
        (b"<plist>" + b"<array>" * 150 + b"</array>" * 150 + b"</plist>", "nested more than 100 deep"),
        # A binary list whose only item is itself.
        (
            b"bplist00\xa1\x00\x08" + bytes(6) + b"\x01\x01" + bytes(7) + b"\x01" + bytes(15) + b"\x0a",
            "a property list",
        ),
    ],
)
def test_lists_that_break_readers_are_refused(content: bytes, says: str) -> None:
    files = MemoryTree()
    files.write(PATH, content)
    with pytest.raises(LabError, match=says):
        property_list.read_value(files, PATH)


def test_value_that_no_property_list_holds_is_refused() -> None:
    with pytest.raises(LabError, match="cannot be written"):
        property_list.write(MemoryTree(), PATH, {"a": None})


FIXED = st.builds(
    Fixed, host=st.just("p.example") | st.just("10.0.0.6"), port=st.integers(1, 65535), is_on=st.booleans()
)


@given(
    proxy=st.builds(
        SystemProxy,
        web=FIXED,
        secure_web=FIXED,
        pac_url=TEXT,
        pac_is_on=st.booleans(),
        discovery_is_on=st.booleans(),
        bypass=st.lists(TEXT, max_size=3).map(tuple),
    )
)
def test_proxy_settings_come_back_as_they_were(proxy: SystemProxy) -> None:
    files = MemoryTree()
    system_proxy.write(files, proxy)
    assert system_proxy.read(files) == proxy
