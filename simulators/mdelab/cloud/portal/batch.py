"""Pieces of a Windows batch file: calls, waits, failures, quoting. What the portal's scripts do is `windows.py`."""

import re

_SYSTEM = r"%windir%\System32"

QUIET = ">nul 2>&1"
REG = rf"{_SYSTEM}\reg.exe"
SC = rf"{_SYSTEM}\sc.exe"
NET = rf"{_SYSTEM}\net.exe"

WAITED = "Waited"
"""The label prefix of failures to which a wait leads."""


def finds(call: str, word: str) -> str:
    """Error level 0 when `call` prints `word`, in whatever case."""
    return rf'{call} | {_SYSTEM}\find.exe /i "{word}" {QUIET}'


def logs(source: str, kind: str, number: str, text: str) -> str:
    """Write an event to the Application log. kind: INFORMATION or ERROR."""
    return rf'{_SYSTEM}\eventcreate.exe /l Application /so {source} /t {kind} /id {number} /d "{text}" {QUIET}'


def wait(what: str, look: str, *, looks: int, apart_s: int) -> str:
    """Look `looks` times, `apart_s` seconds apart, until `look` succeeds; else go to the failure `WaitedFor<what>`."""
    # `ping -n` waits one second less than it says: that is how batch files sleep.
    return rf"""
set looks=0
:LookFor{what}
{look}
if not errorlevel 1 goto Seen{what}
set seenLevel=%errorlevel%
set /a looks=%looks%+1
if %looks% equ {looks} goto {WAITED}For{what}
{_SYSTEM}\ping.exe -n {apart_s + 1} 127.0.0.1 {QUIET}
goto LookFor{what}
:Seen{what}
"""


def failure(label: str, code: int, description: str, message: str) -> str:
    """Where the script goes when a step failed; `code` is what it ends with."""
    # A wait has kept the level of its last look; elsewhere it is the one of the line before.
    level = "" if label.startswith(WAITED) else "set seenLevel=%errorlevel%\n"
    return f"""
:{label}
{level}set errorCode={code}
set errorDescription={description}
set errorMessage={message}
goto Failed
"""


def escaped(text: str) -> str:
    r"""`text` inside the double quotes of a Windows command line: \" for a quote, backslashes before one doubled."""
    return re.sub(r'(\\*)"', lambda found: found[1] * 2 + r"\"", text)
