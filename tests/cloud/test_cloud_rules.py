"""Sigma's selections and conditions, and the shipped rules against the events that devices send."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from mdelab.catalogue.rules import parse_rule, rules
from mdelab.cloud.detection.condition import compile_condition
from mdelab.cloud.detection.glance import needed_words, plain
from mdelab.cloud.detection.matcher import Matcher
from mdelab.cloud.detection.selection import compile_selection
from mdelab.model.channel import Event, Report

FIELDS = {"Image": "/usr/bin/Find", "CommandLine": r"find / -name *.pem C:\x", "User": "root"}


@pytest.mark.parametrize(
    ("selection", "fits"),
    [
        ({"Image": "/usr/bin/find"}, True),
        ({"Image|cased": "/usr/bin/find"}, False),
        ({"Image": "/usr/bin"}, False),
        ({"Image": "/usr/*/find"}, True),
        ({"Image": "/usr/bin/fin?"}, True),
        ({"CommandLine|contains": r"\*.pem"}, True),
        ({"CommandLine|contains": r"C:\\x"}, True),
        ({"CommandLine|contains": ["nothing", "-name"]}, True),
        ({"CommandLine|contains|all": ["nothing", "-name"]}, False),
        ({"CommandLine|contains|all": ["find", "-name"]}, True),
        ({"Image|startswith": "/USR"}, True),
        ({"Image|endswith": "/find"}, True),
        ({"Image|endswith": "/usr"}, False),
        ({"CommandLine|re": r"^find .*\.pem"}, True),
        ({"CommandLine|re": "^FIND"}, False),
        ({"Image|endswith": "find", "User": "root"}, True),
        ({"Image|endswith": "find", "User": "nobody"}, False),
        ([{"User": "nobody"}, {"User": "root"}], True),
        ({"Missing": None}, True),
        ({"User": None}, False),
        ({"Missing": "x"}, False),
    ],
)
def test_a_selection_fits(selection: Any, fits: bool) -> None:
    assert compile_selection(selection, "s")(FIELDS) is fits


@pytest.mark.parametrize(
    "selection", [[], {}, "text", ["keyword"], {"A|base64": "x"}, {"A|re": "("}, {"A": []}, {"A": [None, "x"]}]
)
def test_a_selection_that_is_not_supported_is_refused_by_name(selection: Any) -> None:
    with pytest.raises(ValueError, match="selection 's'"):
        compile_selection(selection, "s")


@given(st.text())
def test_a_plain_value_without_wildcards_fits_itself(value: str) -> None:
    escaped = "".join("\\" + one if one in "*?\\" else one for one in value)
    assert compile_selection({"A|cased": escaped}, "s")({"A": value})


SELECTIONS = {"a1": lambda event: "1" in event, "a2": lambda event: "2" in event, "_b": lambda event: "b" in event}


@pytest.mark.parametrize(
    ("text", "event", "fits"),
    [
        ("a1", "1", True),
        ("a1 and a2", "1", False),
        ("a1 or a2", "1", True),
        ("not a1", "1", False),
        ("not not a1", "1", True),
        ("a1 or a2 and _b", "1", True),
        ("(a1 or a2) and _b", "1", False),
        ("1 of a*", "2", True),
        ("any of a*", "", False),
        ("all of a*", "12", True),
        ("all of them", "12", True),
        ("1 of them", "b", False),
        ("a1 and not 1 of _*", "1", True),
        ("1 of a* and not (_b or a2)", "1", True),
    ],
)
def test_a_condition_fits(text: str, event: str, fits: bool) -> None:
    assert compile_condition(text, SELECTIONS)(event) is fits


@pytest.mark.parametrize(
    "text", ["", "a3", "a1 and", "a1 a2", "(a1", "a1)", "1 of x*", "a1 | count() > 5", "of", "not", "2 of them"]
)
def test_a_condition_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="condition"):
        compile_condition(text, SELECTIONS)


_expressions = st.recursive(
    st.sampled_from(["a1", "a2", "_b"]),
    lambda inner: st.one_of(
        inner.map(lambda one: f"not {one}"),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda three: f"({' '.join(three)})"),
    ),
)


@given(_expressions, st.text(alphabet="12b"))
def test_and_or_not_mean_what_python_means_by_them(text: str, event: str) -> None:
    values = {name: test(event) for name, test in SELECTIONS.items()}
    assert compile_condition(text, SELECTIONS)(event) is eval(text, {"__builtins__": {}}, values)  # text of our own


def _titles(kind: str, fields: Mapping[str, str]) -> list[str]:
    event = Event(id="1", at=datetime(2026, 1, 5, tzinfo=UTC), type=kind, fields=dict(fields))
    return [rule.title for rule in Matcher(rules()).matches(event)]


SCRIPT = "/root/mde_linux_edr_diy.sh"
DIY = "Enumeration of files with sensitive data"
APP = "/Users/ann/Downloads/MDATP MacOS DIY.app/Contents/MacOS/MDATP MacOS DIY"
MAC = "macOS EDR Test Alert"
POWERSHELL = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"
COMMAND = (
    "powershell.exe -NoExit -ExecutionPolicy Bypass -WindowStyle Hidden (New-Object System.Net.WebClient).DownloadFile"
    r"('http://127.0.0.1/1.exe', 'C:\\test-MDATP-test\\invoice.exe'); Start-Process 'C:\\test-MDATP-test\\invoice.exe'"
)
"""As the document has it, seed 004 line 267."""
OTHER_COMMAND = COMMAND.replace("\\\\", "\\").replace("MDATP", "WDATP")
WINDOWS = "Suspicious PowerShell CommandLine"


@pytest.mark.parametrize(
    ("kind", "fields", "titles"),
    [
        ("ProcessCreated", {"Image": SCRIPT, "CommandLine": "./mde_linux_edr_diy.sh"}, [DIY]),
        ("ProcessCreated", {"Image": "/usr/bin/bash", "CommandLine": "bash mde_linux_edr_diy.sh"}, [DIY]),
        ("ProcessCreated", {"Image": "/usr/bin/cat", "CommandLine": "cat /etc/shadow", "ParentImage": SCRIPT}, [DIY]),
        ("ProcessCreated", {"Image": "/usr/bin/cat", "CommandLine": "cat /etc/hosts", "ParentImage": SCRIPT}, []),
        ("ProcessCreated", {"Image": "/usr/bin/cat", "CommandLine": "cat /etc/shadow", "ParentImage": "/bin/bash"}, []),
        ("ProcessCreated", {"Image": "/usr/bin/chmod", "CommandLine": "chmod +x mde_linux_edr_diy.sh"}, []),
        ("ProcessCreated", {"Image": "/usr/bin/unzip", "CommandLine": "unzip MDE-Linux-EDR-DIY.zip"}, []),
        ("ProcessCreated", {"Image": "/usr/bin/bash", "CommandLine": "bash -c 'ls mde_linux_edr_diy.sh'"}, []),
        ("ProcessCreated", {"Image": APP, "CommandLine": APP}, [MAC]),
        ("ProcessCreated", {"Image": "/usr/bin/open", "CommandLine": f"open '{APP}'"}, []),
        ("FileCreated", {"Image": "/usr/bin/unzip", "TargetFilename": APP}, []),
        ("ProcessCreated", {"Image": POWERSHELL, "CommandLine": COMMAND}, [WINDOWS]),
        ("ProcessCreated", {"Image": POWERSHELL, "CommandLine": OTHER_COMMAND}, [WINDOWS]),
        ("ProcessCreated", {"Image": POWERSHELL.lower(), "CommandLine": COMMAND.upper()}, [WINDOWS]),
        ("ProcessCreated", {"Image": r"C:\Windows\System32\cmd.exe", "CommandLine": COMMAND}, []),
        ("ProcessCreated", {"Image": POWERSHELL, "CommandLine": COMMAND.replace("-WindowStyle Hidden ", "")}, []),
        ("ProcessCreated", {"Image": POWERSHELL, "CommandLine": COMMAND.replace("test-MDATP-test", "Temp")}, []),
        ("ProcessCreated", {"Image": POWERSHELL, "CommandLine": "powershell.exe Get-MpComputerStatus"}, []),
        ("Heartbeat", {}, []),
        ("ThreatDetected", {"ThreatName": "Virus:DOS/EICAR_Test_File", "Action": "quarantined"},
         ["'EICAR_Test_File' malware was prevented"]),
        ("ThreatDetected", {"ThreatName": "Virus:DOS/EICAR_Test_File", "Action": "detected"},
         ["'EICAR_Test_File' malware was detected"]),
        ("ThreatDetected", {"ThreatName": "Virus:DOS/EICAR_Test_File", "Action": "allowed"}, []),
        ("ThreatDetected", {"ThreatName": "Trojan:Linux/Other", "Action": "quarantined"}, []),
    ],
)  # fmt: skip
def test_the_shipped_rules_see_what_they_are_for_and_nothing_else(
    kind: str, fields: dict[str, str], titles: list[str]
) -> None:
    assert _titles(kind, fields) == titles


def _report(kind: str, fields: Mapping[str, str]) -> bytes:
    return msgspec.json.encode(
        Report(events=(Event(id="1", at=datetime(2026, 1, 5, tzinfo=UTC), type=kind, fields=dict(fields)),))
    )


@pytest.mark.parametrize(
    ("kind", "fields", "may"),
    [
        ("ProcessCreated", {"Image": SCRIPT.upper()}, True),
        ("ProcessCreated", {"Image": APP}, True),
        ("ProcessCreated", {"Image": POWERSHELL, "CommandLine": COMMAND}, True),
        ("ProcessCreated", {"Image": "/usr/sbin/sshd", "CommandLine": "/usr/sbin/sshd -D -R"}, False),
        ("ProcessCreated", {"Image": "/usr/bin/bash", "CommandLine": "bash backup.sh"}, False),
        ("ProcessCreated", {"Image": "/usr/bin/cat", "CommandLine": "cat /etc/shadow"}, False),
        ("ThreatDetected", {"ThreatName": "Virus:DOS/EICAR_Test_File", "Action": "detected"}, True),
        ("ThreatDetected", {"ThreatName": "Trojan:Linux/Other"}, False),
        ("Heartbeat", {}, False),
    ],
)  # fmt: skip
def test_a_glance_at_a_report_tells_what_no_rule_is_about(kind: str, fields: dict[str, str], may: bool) -> None:
    assert Matcher(rules()).may_match(_report(kind, fields)) is may


@pytest.mark.parametrize(
    "spelt", [rb"mde_linux_edr\u005fdiy.sh", rb"mde_linux_edr_diy.sh\/", "mde_linux_edr_dİy".encode()]
)
def test_a_report_whose_words_may_be_spelt_otherwise_is_always_looked_at(spelt: bytes) -> None:
    assert plain(spelt) is None
    assert Matcher(rules()).may_match(_report("ProcessCreated", {}) + spelt)


_WANTED = st.sampled_from(["qj", "QJz", "z", "q*z", "?z", "zj", "\u017f"])
_SELECTIONS = st.dictionaries(
    st.sampled_from(["F", "F|contains", "F|startswith", "G", "G|endswith", "G|re", "F|contains|all"]),
    st.lists(_WANTED, min_size=1, max_size=2),
    min_size=1,
    max_size=2,
).filter(lambda selection: not any(one.startswith("?") for one in selection.get("G|re", [])))
_FIELDS = st.fixed_dictionaries(
    {
        name: st.lists(st.sampled_from(["qj", "qjz", "z", "QxZ", "xz", "s"]), min_size=1, max_size=2).map("".join)
        for name in "FG"
    }
)


@example({"F|contains": ["\u017f"]}, {"F|contains": ["z"]}, "s", {"F": "s", "G": "z"})
@settings(max_examples=300)
@given(
    _SELECTIONS, _SELECTIONS, st.sampled_from(["s", "s and t", "s or t", "s and not t", "not s", "1 of them"]), _FIELDS
)
def test_a_glance_never_misses_what_fits(
    s: dict[str, Any], t: dict[str, Any], condition: str, fields: dict[str, str]
) -> None:
    selections = {"s": s, "t": t}
    compiled = {name: compile_selection(selection, name) for name, selection in selections.items()}
    assume(compile_condition(condition, compiled)(fields))
    text = plain(_report("ProcessCreated", fields))
    assert text is not None
    assert any(word in text for word in needed_words(condition, selections))


def test_the_shipped_rules_need_one_word_each() -> None:
    words = {
        rule.title: needed_words(
            rule.detection["condition"], {name: part for name, part in rule.detection.items() if name != "condition"}
        )
        for rule in rules()
    }
    assert words.pop(DIY) == {b"mde_linux_edr_diy"}
    assert words.pop(MAC) == {b"mdatp macos diy"}
    assert len(words.pop(WINDOWS)) == 1
    assert set(words.values()) == {frozenset([b"eicar"])}


def test_the_shipped_rules_have_ids_of_their_own() -> None:
    assert len({rule.id for rule in rules()}) == len(rules()) == 5


@pytest.mark.parametrize("text", ["", "title: x", "a: [", "- 1"])
def test_a_rule_file_that_cannot_be_read_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match=r"catalogue/detections/x\.yml"):
        parse_rule(text, "x.yml")
