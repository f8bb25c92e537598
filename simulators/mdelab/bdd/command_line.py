r"""How the command line of a step becomes words: by the rules of a POSIX shell, or by those of Windows programs.

There is no shell: nothing is expanded. On Windows blanks part words, double quotes hold them together, and backslashes mean
something only before a double quote (Microsoft's C runtime).
"""

import re
import shlex
from collections.abc import Callable

from mdelab.catalogue.readings import shell
from mdelab.model.errors import LabError
from mdelab.model.platform import Platform

_PIECE = re.compile(r'(\\*)"|([^"]+?(?=\\*"|$))', re.DOTALL)


def words(line: str, platform: Platform) -> list[str]:
    """The words of a command line. Raises LabError for a quote that is not closed, or an empty line."""
    try:
        found = _SPLITTERS[shell(platform).splits](line)
    except ValueError as error:
        raise LabError(f"the command {line!r} cannot be split into words: {error}. Close its quotes.") from error
    if not found:
        raise LabError(f"the command {line!r} is empty. Name a program and its arguments.")
    return found


def _windows(line: str) -> list[str]:
    found: list[str] = []
    word: str | None = None
    is_open = False
    for slashes, text in _PIECE.findall(line):
        if text:
            parts = [text] if is_open else re.split(r"([ \t\n]+)", text)
            for part in parts:
                if not is_open and part.strip(" \t\n") == "" and part:
                    found, word = ([*found, word], None) if word is not None else (found, None)
                elif part:
                    word = (word or "") + part
            continue
        word = (word or "") + "\\" * (len(slashes) // 2)
        if len(slashes) % 2:
            word += '"'
        else:
            is_open = not is_open
    if is_open:
        raise ValueError("No closing quotation")
    return found if word is None else [*found, word]


_SPLITTERS: dict[str, Callable[[str], list[str]]] = {"posix": shlex.split, "windows": _windows}
