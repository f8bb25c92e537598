"""Command lines, batch files and PowerShell as text: any of it is read or refused, and nothing else happens."""

import contextlib
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdelab.endpoint.programs.windows.cmd.arithmetic import BadExpression, evaluate
from mdelab.endpoint.programs.windows.cmd.check import refusal
from mdelab.endpoint.programs.windows.cmd.conditions import compares
from mdelab.endpoint.programs.windows.cmd.expand import percent
from mdelab.endpoint.programs.windows.cmd.loops import BadLoop, counts, parsing, rows
from mdelab.endpoint.programs.windows.cmd.nodes import Joined, Node, Simple
from mdelab.endpoint.programs.windows.cmd.parse import BadSyntax, Reader, labels
from mdelab.endpoint.programs.windows.environment import Variables
from mdelab.endpoint.programs.windows.powershell import parse as shell
from mdelab.endpoint.programs.windows.powershell.records import plain
from mdelab.model.windows_command_line import join, split

_WORDS = st.text("ab \"\\\t'", max_size=8)
_PIECES = st.sampled_from(
    [
        "if ",
        "else ",
        "for ",
        "%%i in (",
        "do ",
        "goto x",
        ":x",
        "rem ",
        "echo ",
        "set a=b",
        "(",
        ")",
        "&",
        "&&",
        "|",
        "||",
        ">nul",
        "2>&1",
        "<",
        ">>",
        "^",
        '"',
        "==",
        "equ ",
        "/i ",
        "not ",
        "exist ",
        "1",
        "%a%",
        "!a!",
        "\n",
        " ",
        "@",
        ",",
    ]
)


@given(st.lists(_WORDS))
def test_arguments_survive_the_command_line_of_another_maker(words: list[str]):
    assert split(subprocess.list2cmdline(words)) == words
    assert split(join(words)) == words


@given(st.text())
def test_any_command_line_is_taken_apart(line: str):
    assert all(isinstance(word, str) for word in split(line))


@given(st.one_of(st.text(), st.lists(_PIECES).map("".join)))
def test_any_batch_file_is_read_or_refused_and_comes_to_its_end(text: str):
    lines = text.split("\n")
    reader, before = Reader(lines, lambda line: line), -1
    while True:
        read: tuple[Node, str] | None = (Simple(text="", line=0), "")
        with contextlib.suppress(BadSyntax):
            read = reader.next()
        if read is None:
            break
        assert reader.at > before
        before = reader.at
    refusal("x.cmd", lines, ("reg",))
    assert all(0 < line <= len(lines) for line in labels(lines).values())


@given(st.text(), st.dictionaries(st.text(min_size=1), st.text()), st.lists(st.text()))
def test_any_line_is_expanded(line: str, variables: dict[str, str], arguments: list[str]):
    assert isinstance(percent(line, arguments, Variables(variables), lambda letters, text: letters + text), str)


@given(st.one_of(st.text(), st.lists(st.sampled_from(list("0179+-*/%()&|^~!=, a")) | st.just("<<")).map("".join)))
def test_any_expression_is_worked_out_or_refused(text: str):
    try:
        value = evaluate(text, Variables())
    except BadExpression:
        return
    assert -(2**31) <= value < 2**31


@given(st.integers(-99, 99), st.integers(-99, 99), st.sampled_from(["+", "-", "*"]))
def test_arithmetic_agrees_with_pythons(left: int, right: int, operator: str):
    expected = {"+": left + right, "-": left - right, "*": left * right}[operator]
    assert evaluate(f"({left}){operator}({right})", Variables()) == expected


@given(st.text(), st.text("abc:=,. ", max_size=20))
def test_the_options_of_for_are_read_or_refused(options: str, line: str):
    try:
        how = parsing(options)
    except BadLoop:
        return
    assert isinstance(rows([line], "a", how), list)


@pytest.mark.parametrize("items", ["1,0,5", "1,1,999999", "a,b,c", "1,2"])
def test_a_count_without_an_end_is_refused(items: str):
    with pytest.raises(BadLoop):
        counts(items)


def test_the_operators_bind_as_in_cmd():
    read = Reader(["a & b || c && d | e"], lambda line: line).next()
    assert read is not None
    node = read[0]
    assert isinstance(node, Joined)
    assert node.how == "&"
    assert isinstance(node.right, Joined)
    assert node.right.how == "||"
    assert isinstance(node.right.right, Joined)
    assert node.right.right.how == "&&"


@pytest.mark.parametrize(
    ("left", "operator", "right", "holds"),
    [
        ("10", "gtr".upper(), "9", True),
        ("10", "==", "0xA", False),
        ("10", "EQU", "0xa", True),
        ("a10", "GTR", "a9", False),
        ("-1", "LSS", "0", True),
        ("b", "GEQ", "b", True),
    ],
)
def test_numbers_compare_as_numbers_and_words_as_words(left: str, operator: str, right: str, holds: bool):
    assert compares(left, operator, right, ignores_case=False) == holds


@given(st.one_of(st.text(), st.text("ab'\"`$(){}|;, -\n", max_size=30)))
def test_any_powershell_is_read_or_refused(text: str):
    try:
        for statement in shell.statements(text):
            for stage in shell.pipeline(statement):
                shell.words(stage, lambda name: "")
    except (shell.BadSyntax, shell.Unsupported):
        pass


@given(
    st.lists(st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=5), min_size=1, max_size=6), max_size=3)
)
def test_any_objects_are_printed(records: list[dict[str, str]]):
    assert isinstance(plain(records), str)


@pytest.mark.parametrize("text", ["(" * 5000, "if 1==1 " * 5000, "echo a &" * 5000, "set /a x=" + "(" * 5000])
def test_a_line_that_is_nested_too_deeply_is_refused_or_read(text: str):
    with contextlib.suppress(BadSyntax):
        Reader([text], lambda line: line).next()
    with contextlib.suppress(BadExpression):
        evaluate(text, Variables())
