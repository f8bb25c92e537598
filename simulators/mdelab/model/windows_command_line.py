r"""Command lines of Windows: one string that each program takes apart by itself, by the rules of Microsoft's C runtime.

Blanks part arguments, double quotes hold them together, and backslashes mean something only before a double quote.
Single quotes are letters like any other.
"""

from collections.abc import Sequence


def split(line: str, *, is_strict: bool = False) -> list[str]:
    """The arguments of a command line. An unclosed quote reaches to the end; is_strict: it raises ValueError instead."""
    arguments: list[str] = []
    word, is_open, is_word, at = "", False, False, 0
    while at < len(line):
        slashes = 0
        while at < len(line) and line[at] == "\\":
            slashes += 1
            at += 1
        if at < len(line) and line[at] == '"':
            word += "\\" * (slashes // 2)
            is_word = True
            if slashes % 2:
                word += '"'
            elif is_open and line[at + 1 : at + 2] == '"':
                # Two in a row inside quotes are one.
                word += '"'
                at += 1
            else:
                is_open = not is_open
            at += 1
            continue
        if slashes:
            word += "\\" * slashes
            is_word = True
            continue
        if line[at] in " \t\n" and not is_open:
            if is_word:
                arguments.append(word)
            word, is_word = "", False
        else:
            word += line[at]
            is_word = True
        at += 1
    if is_open and is_strict:
        raise ValueError("No closing quotation")
    return [*arguments, word] if is_word else arguments


def join(arguments: Sequence[str]) -> str:
    """The command line that `split` takes apart into `arguments`."""
    return " ".join(_quoted(argument) for argument in arguments)


def _quoted(argument: str) -> str:
    if argument and not set(argument) & set(' \t\n"'):
        return argument
    text, slashes = "", 0
    for letter in argument:
        if letter == "\\":
            slashes += 1
        else:
            # Backslashes before a quote are doubled, and the quote gets one of its own.
            text += "\\" * (slashes * 2 + 1 if letter == '"' else slashes) + letter
            slashes = 0
    return f'"{text}{chr(92) * slashes * 2}"'
