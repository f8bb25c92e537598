"""The first word of a command: which command it is, and where its arguments begin."""

import re

_WORD = re.compile(r'\s*("[^"]*"[^\s&|<>]*|[^\s"=,;&|<>(]+)', re.DOTALL)
_GLUED = re.compile(
    r"(?:(echo)([.:;,/(\[+].*)|(cd|md|rd|dir|copy|del|exit|type|set|call|goto)([.\\/:].*))", re.IGNORECASE | re.DOTALL
)


def command_word(text: str) -> tuple[str, str]:
    """(the command's name, what follows it). `echo.` and `cd..` need no blank; switches need none either."""
    text = text.lstrip(" \t,;=@")
    glued = _GLUED.fullmatch(text)
    if glued:
        return (glued[1], glued[2]) if glued[1] else (glued[3], glued[4])
    match = _WORD.match(text)
    return (match[1], text[match.end() :]) if match else ("", "")


def is_batch(name: str) -> bool:
    return name.strip('"').lower().endswith((".cmd", ".bat"))


def read_lines(content: bytes) -> list[str]:
    """The lines of a batch file, whatever ends them."""
    return content.decode("utf-8-sig", errors="replace").splitlines()
