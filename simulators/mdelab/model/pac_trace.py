"""Which line of a PAC script decided: a copy of the script whose `return`s say where they stand.

No engine tells that by itself. The copy has the same lines; each `return x` in it becomes `return at(12), x`, and what
FindProxyForURL answers ends with the last place. A script for which this does not work out gives no line, and no other answer.
"""

import re

_MARK = "MDELAB-LINE"
"""Begins an entry that no client knows, so that it is passed over (`mdelab.model.pac.read_answer`)."""

_TOKEN = re.compile(
    r"""
      //[^\n]* | /\*.*?\*/                                      # comments
    | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' | `(?:[^`\\]|\\.)*`  # texts
    | (?<=[(,=:\[!&|?{};])\s*/(?![*/])(?:[^/\\\n\[]|\\.|\[[^\]\n]*\])+/   # regular expressions
    | (?P<return>(?<![\w$.])return(?![\w$])(?=[ \t]*[^\s;}]))   # not a bare one, nor one that its line ends
    """,
    re.VERBOSE | re.DOTALL,
)
_TAIL = f"""
;var __mdelab_last = 0, __mdelab_find = FindProxyForURL;
function __mdelab_at(line) {{ __mdelab_last = line; }}
FindProxyForURL = function (url, host) {{
  var answer = __mdelab_find(url, host);
  return typeof answer == "string" ? answer + "; {_MARK} " + __mdelab_last : answer;
}};
"""


def traced(script: str) -> str:
    """The copy of `script`; its lines have the same numbers."""
    return _TOKEN.sub(lambda found: _marked(script, found), script) + _TAIL


def line_in(passed_over: tuple[str, ...]) -> int:
    """The line that an answer of a traced script names among the entries that were passed over; 0 for none."""
    found = [entry.split()[1] for entry in passed_over if entry.startswith(f"{_MARK} ")]
    return int(found[-1]) if found else 0


def _marked(script: str, found: re.Match[str]) -> str:
    if not found["return"]:
        return found[0]
    line = script.count("\n", 0, found.start()) + 1
    return f"return __mdelab_at({line}),"
