"""What the loops of `for` go over: counts, words and file names, and the parts of lines (`/f`)."""

import re
import string
from dataclasses import dataclass

from mdelab.model.windows_command_line import split

_MOST_ROUNDS = 100_000
_OPTION = re.compile(r"(tokens|delims|skip|eol)=|(usebackq)", re.IGNORECASE)


class BadLoop(Exception):
    """The message is what is wrong."""


def counts(items: str) -> list[str]:
    """`for /l`: (start, step, end). Raises BadLoop."""
    parts = [part for part in re.split(r"[\s,]+", items.strip()) if part]
    if len(parts) != 3 or not all(re.fullmatch(r"[-+]?\d+", part) for part in parts):
        raise BadLoop(f"for /l wants (start,step,end) in numbers, not ({items}).")
    start, step, end = (int(part) for part in parts)
    if step == 0 or abs(end - start) // abs(step) > _MOST_ROUNDS:
        raise BadLoop(f"for /l ({items}) does not end within {_MOST_ROUNDS} rounds.")
    return [str(number) for number in range(start, end + (1 if step > 0 else -1), step)]


def words(items: str) -> list[str]:
    """`for` without a switch: words parted by blanks, commas, semicolons and equal signs; quotes stay on them."""
    return re.findall(r'"[^"]*"|[^\s,;="]+', items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsing:
    """The options of `for /f`."""

    tokens: tuple[int, ...] = (1,)
    """Counted from 1."""
    takes_rest: bool = False
    """A * at the end: the rest of the line is one more token."""
    delimiters: str = " \t"
    skip: int = 0
    eol: str = ";"
    usebackq: bool = False


def parsing(options: str) -> Parsing:
    """Raises BadLoop."""
    tokens: tuple[int, ...] = (1,)
    takes_rest, delimiters, skip, eol, usebackq = False, " \t", 0, ";", False
    rest = options
    while rest.strip():
        rest = rest.lstrip()
        match = _OPTION.match(rest)
        if match is None:
            raise BadLoop(
                f"for /f does not know the option {rest!r}: known are tokens=, delims=, skip=, eol= and usebackq."
            )
        rest = rest[match.end() :]
        if match[2]:
            usebackq = True
            continue
        name = match[1].lower()
        # Delimiters may hold a blank, so they reach to the next option or the end.
        following = _OPTION.search(rest)
        value = rest[: following.start()] if following else rest
        if name != "delims":
            value = value.split(" ", 1)[0]
        rest = rest[len(value) :]
        match name:
            case "tokens":
                takes_rest, tokens = value.endswith("*"), _numbers(value.rstrip("*"))
            case "delims":
                delimiters = value.rstrip() if following else value
            case "eol":
                eol = value[:1]
            case _ if value.isdigit():
                skip = int(value)
            case _:
                raise BadLoop(f"for /f skip={value} is no number.")
    return Parsing(tokens=tokens, takes_rest=takes_rest, delimiters=delimiters, skip=skip, eol=eol, usebackq=usebackq)


def _numbers(text: str) -> tuple[int, ...]:
    found: list[int] = []
    for part in [part for part in text.split(",") if part]:
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
        if match is None or int(match[2] or match[1]) > 31:
            raise BadLoop(f"for /f tokens={text} is not a list of numbers from 1 to 31, such as 1,3-5*.")
        found += range(int(match[1]), int(match[2] or match[1]) + 1)
    return tuple(found)


def source(items: str, how: Parsing) -> tuple[str, str]:
    """What `for /f` reads: (`command`, `text` or `file`, its words). Raises BadLoop."""
    text = items.strip()
    marks = {"`": "command", "'": "text"} if how.usebackq else {"'": "command", '"': "text"}
    if len(text) > 1 and text[0] == text[-1] and text[0] in marks:
        return marks[text[0]], text[1:-1]
    names = split(text)
    if len(names) != 1:
        raise BadLoop(f"for /f reads one file, not ({items}).")
    return "file", names[0]


def rows(lines: list[str], variable: str, how: Parsing) -> list[dict[str, str]]:
    """Variable -> value for each line that has the first token. The variables count up from the given letter."""
    names = string.ascii_lowercase if variable.islower() else string.ascii_uppercase
    first = names.find(variable)
    found: list[dict[str, str]] = []
    for line in lines[how.skip :]:
        if not line or (how.eol and line.startswith(how.eol)):
            continue
        parts, places = _parts(line, how.delimiters)
        most = max(how.tokens, default=0)
        values = [parts[index - 1] if index <= len(parts) else "" for index in how.tokens]
        if how.takes_rest:
            values.append(line[places[most] :] if most < len(places) else "")
        if values and (values[0] or not how.delimiters):
            letters = [names[(first + offset) % 26] if first >= 0 else variable for offset in range(len(values))]
            found.append(dict(zip(letters, values, strict=True)))
    return found


def _parts(line: str, delimiters: str) -> tuple[list[str], list[int]]:
    """The parts of a line, and where each begins."""
    if not delimiters:
        return [line], [0]
    matches = list(re.finditer(f"[^{re.escape(delimiters)}]+", line))
    return [match[0] for match in matches], [match.start() for match in matches]
