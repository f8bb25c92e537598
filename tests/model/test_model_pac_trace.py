"""The traced copy of a PAC script: its lines stay, and only a `return` that gives something is marked."""

import re

import pytest

from mdelab.model.pac_trace import line_in, traced


@pytest.mark.parametrize(
    ("script", "marks"),
    [
        ('function f() {\n  return "DIRECT";\n}', 1),
        ("return; }\nreturn\n'x'", 0),
        ("// return 1\n/* return 2\n return 3 */ 'return 4' \"return 5\" `return 6`", 0),
        ('var r = /return "x"/; a.return b; $return x; returned(1)', 0),
        ("if (a) return b; else return c", 2),
    ],
)
def test_only_what_returns_something_is_marked_and_lines_stay(script: str, marks: int) -> None:
    copy = traced(script)
    assert copy.count("__mdelab_at(") - copy.count("function __mdelab_at(") == marks
    assert re.sub(r" __mdelab_at\(\d+\),", "", copy).startswith(script)


def test_the_mark_names_its_line() -> None:
    assert "return __mdelab_at(3), x" in traced("\n\nreturn x")


def test_the_line_is_found_among_what_was_passed_over() -> None:
    assert line_in(("SOCKS a:1 (the agent speaks http to a proxy)", "MDELAB-LINE 12 (unknown)")) == 12
    assert line_in(()) == 0
