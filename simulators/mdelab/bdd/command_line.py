"""How the command line of a step becomes words: by the rules of a POSIX shell, or by those of Windows programs.

There is no shell: nothing is expanded.
"""

import shlex
from collections.abc import Callable
from functools import partial

from mdelab.catalogue.readings import shell
from mdelab.model import windows_command_line
from mdelab.model.errors import LabError
from mdelab.model.platform import Platform


def words(line: str, platform: Platform) -> list[str]:
    """The words of a command line. Raises LabError for a quote that is not closed, or an empty line."""
    try:
        found = _SPLITTERS[shell(platform).splits](line)
    except ValueError as error:
        raise LabError(f"the command {line!r} cannot be split into words: {error}. Close its quotes.") from error
    if not found:
        raise LabError(f"the command {line!r} is empty. Name a program and its arguments.")
    return found


_SPLITTERS: dict[str, Callable[[str], list[str]]] = {
    "posix": shlex.split,
    "windows": partial(windows_command_line.split, is_strict=True),
}
