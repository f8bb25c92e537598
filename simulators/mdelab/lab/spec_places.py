"""Where something stands in a lab.toml: the line of a table or of a field in it, for messages.

tomllib keeps no places, so the text is read once more, as far as headers and `field =` go. What is written in another way (an
inline table, a dotted key) is found at the header above it.
"""

import re
from collections.abc import Sequence

_ARRAY = re.compile(r"^\s*\[\[\s*([\w.-]+)\s*\]\]")
_TABLE = re.compile(r"^\s*\[\s*([\w.-]+)\s*\]")

Place = Sequence[str | int]
"""Keys and numbers from the top: ("tenant", 0, "endpoint", 1, "cores")."""

_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")


def place_of(path: str) -> list[str | int]:
    """The place in a message of msgspec: `$.tenant[0].endpoint[1].cores`."""
    return [name or int(number) for name, number in _STEP.findall(path)]


def line_of(text: str, place: Place) -> int:
    """The line of the place, counted from 1, or of what is nearest above it; 0 where nothing of it is found."""
    found, found_depth = 0, -1
    here: list[str | int] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _ARRAY.match(line):
            here = _entered(here, header[1].split("."), is_array=True)
        elif header := _TABLE.match(line):
            here = _entered(here, header[1].split("."), is_array=False)
        elif list(place) == [*here, *_field(line)]:
            return number
        else:
            continue
        if list(place[: len(here)]) == here and len(here) > found_depth:
            found, found_depth = number, len(here)
    return found


def _entered(here: list[str | int], names: Sequence[str], *, is_array: bool) -> list[str | int]:
    """Where a header leads from `here`: the numbers of the arrays above it stay, its own goes on by one."""
    place: list[str | int] = []
    for name in names:
        depth = len(place)
        stays = here[: depth + 1] == [*place, name] and len(here) > depth + 1 and isinstance(here[depth + 1], int)
        place.append(name)
        if name is not names[-1] or not is_array:
            place += [here[depth + 1]] if stays else []
        else:
            before = here[depth + 1] if stays else -1
            place.append(int(before) + 1)
    return place


def _field(line: str) -> list[str]:
    name, equals, _ = line.partition("=")
    return [name.strip()] if equals else []
