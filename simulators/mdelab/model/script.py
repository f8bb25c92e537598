"""An onboarding script of an organisation's own: which platform it is for, and what keeps it from running on any."""

import re
from dataclasses import dataclass
from pathlib import PurePath

from mdelab.model.errors import LabError
from mdelab.model.platform import Platform

SHELLS = ("sh", "bash", "python3")
"""What runs scripts in the lab's Linux and macOS containers."""

_WINDOWS = (".cmd", ".bat")
_POWERSHELL = (".ps1", ".psm1")
_OF_A_MAC = re.compile(
    r"/Library/|/Applications/|com\.microsoft\.wdav|\b(?:launchctl|plutil|profiles|sw_vers)\b|\bdefaults write\b"
)
"""Only a Mac has these."""

_CARRIED = re.compile(r"body\W{1,40}\{.{0,4000}?orgId", re.DOTALL)
"""An onboarding package inside the script, whichever way its quotes are escaped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    name: str
    """Of the file, without its folder."""
    text: str
    platform: Platform
    carries_package: bool
    """Whether the package of some tenant is in it."""


def parse_script(text: str, file: str, *, has_mark: bool = False) -> Script:
    """Raises LabError, with the line, for one that no system can run.

    text: with the line ends of the file, without a byte order mark. has_mark: whether one stands before it.
    """
    path = PurePath(file)
    where = f"the onboarding script under test, {file!r},"
    if path.suffix.lower() in _POWERSHELL:
        raise LabError(
            f"{where} is for PowerShell, of which the lab runs single commands only. "
            "Put them into a .cmd file, which may call powershell."
        )
    is_batch = path.suffix.lower() in _WINDOWS
    if not is_batch:
        _check_first_line(text, file, where, has_mark)
    platform = Platform.WINDOWS if is_batch else Platform.MACOS if _OF_A_MAC.search(text) else Platform.LINUX
    return Script(name=path.name, text=text, platform=platform, carries_package=_CARRIED.search(text) is not None)


def _check_first_line(text: str, file: str, where: str, has_mark: bool) -> None:
    if has_mark:
        raise LabError(
            f"{where} begins with a byte order mark, so no system finds its first line's #!. "
            f"Save it as UTF-8 without one: sed -i '1s/^\\xef\\xbb\\xbf//' {file}"
        )
    first, _, _ = text.partition("\n")
    words = first.removeprefix("#!").split()
    if not first.startswith("#!") or not words:
        raise LabError(
            f"{where} has no #! in line 1, so no system knows what runs it. Begin it with #!/bin/bash, #!/bin/sh or "
            "#!/usr/bin/env python3; for Windows call it .cmd."
        )
    interpreter = next(word for word in words if PurePath(word).name != "env" and not word.startswith("-"))
    if "\r\n" in text:
        line = text[: text.index("\r\n")].count("\n") + 1
        raise LabError(
            f"{where} has the line ends of Windows (CRLF), the first in line {line}: {interpreter} takes each carriage return "
            f"for a part of the line, and the system finds no program of that name. Convert it: sed -i 's/\\r$//' {file}"
        )
    name = re.sub(r"^python3\.\d+$", "python3", PurePath(interpreter).name)
    if name not in SHELLS:
        raise LabError(
            f"{where} is for {name!r} by its line 1, which the lab's containers do not have. They have: {', '.join(SHELLS)}."
        )
