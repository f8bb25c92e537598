"""The client's managed preferences as an administrator delivers them, read with the line of each key.

Linux takes JSON (`mdatp_managed.json`), macOS a property list (`com.microsoft.wdav.plist`). Which keys there are is data, in
`mdelab.catalogue.preferences`.
"""

import json
import plistlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal
from xml.parsers import expat

from mdelab.model.errors import LabError
from mdelab.model.platform import Platform

ITEM = "[]"
"""Stands in a path for any item of an array."""

Kind = Literal["string", "boolean", "integer", "array", "dictionary", "other"]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One key of the document."""

    path: tuple[str, ...]
    """From the top, such as `("cloudService", "enabled")`; below an array with `[]` for its items."""
    value: object
    line: int
    """Where the key stands; 0 in a binary property list, which has no lines."""

    @property
    def name(self) -> str:
        return ".".join(self.path).replace(f".{ITEM}", ITEM)

    @property
    def kind(self) -> Kind:
        return kind_of(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    file: str
    platform: Platform
    settings: tuple[Setting, ...]
    """Every key, parents before what is in them, in the order of the file."""


def kind_of(value: object) -> Kind:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "dictionary"
        case _:
            return "other"


def parse_preferences(content: bytes, file: str) -> Preferences:
    """Read a document of either kind. Raises LabError, with the line, for what is neither."""
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"<", b"bplist")):
        return Preferences(file=file, platform=Platform.MACOS, settings=tuple(_property_list(content, file)))
    return Preferences(file=file, platform=Platform.LINUX, settings=tuple(_json(content, file)))


def as_text(content: bytes) -> str:
    """The document as text: a binary property list becomes one in XML."""
    is_binary = content.startswith(b"bplist")
    return plistlib.dumps(plistlib.loads(content)).decode() if is_binary else content.decode("utf-8-sig")


def _json(content: bytes, file: str) -> list[Setting]:
    try:
        text = content.decode("utf-8-sig")
        whole: object = json.loads(text)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise LabError(
            f"{file}:{line}: the preferences under test are no UTF-8 text. Save the file as UTF-8, or give a property list."
        ) from error
    except json.JSONDecodeError as error:
        raise LabError(
            f"{file}:{error.lineno}: the preferences under test are no JSON: {error.msg} (column {error.colno}). Correct the "
            "line; `python3 -m json.tool` checks a file. A Mac's preferences are a property list and begin with <?xml."
        ) from error
    if not isinstance(whole, dict):
        raise LabError(
            f'{file}: the preferences under test are no dictionary. Write them as {{ "cloudService": ... }}.'
        )
    return list(_flat(whole, iter(_json_lines(text, file))))


def _json_lines(text: str, file: str) -> list[int]:
    """The line of each key of a well-formed document, in its order."""
    keys = _Keys(file)
    tokens = [(found[0], found.start()) for found in _TOKEN.finditer(text)]
    for (token, start), (after, _) in pairwise((*tokens, ("", len(text)))):
        if token in "{}":
            keys.enter() if token == "{" else keys.leave()
        elif after == ":":
            keys.add(json.loads(token), text.count("\n", 0, start) + 1)
    return keys.lines


def _property_list(content: bytes, file: str) -> list[Setting]:
    try:
        whole: object = plistlib.loads(content)
    except expat.ExpatError as error:
        raise LabError(
            f"{file}:{error.lineno}: the preferences under test are no property list: {expat.ErrorString(error.code)}. "
            "Correct the line; `plutil -lint` checks a file."
        ) from error
    except (plistlib.InvalidFileException, ValueError, OverflowError, AttributeError, TypeError) as error:
        raise LabError(
            f"{file}: the preferences under test are no property list: {error}. `plutil -lint` says what is wrong."
        ) from error
    if not isinstance(whole, dict):
        raise LabError(f"{file}: the preferences under test are no dictionary. The top of a property list is <dict>.")
    if "PayloadContent" in whole:
        raise LabError(
            f"{file} is a configuration profile. Give what it delivers: the preferences of com.microsoft.wdav, as a property "
            "list of their own."
        )
    return list(_flat(whole, iter(_key_lines(content, file))))


def _key_lines(content: bytes, file: str) -> list[int]:
    """The line of each <key>, in the order of the document; none for a binary list."""
    if content.startswith(b"bplist"):
        return []
    keys, text = _Keys(file), [""]
    parser = expat.ParserCreate()

    def start(name: str, _: object) -> None:
        text[0] = ""
        if name == "dict":
            keys.enter()

    def end(name: str) -> None:
        if name == "dict":
            keys.leave()
        elif name == "key":
            keys.add(text[0], parser.CurrentLineNumber)

    def data(part: str) -> None:
        text[0] += part

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, data
    parser.Parse(content, True)
    return keys.lines


class _Keys:
    """Collects the lines of keys, and finds one that stands twice in its dictionary: readers differ in which they take."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._open: list[dict[str, int]] = []
        self.lines: list[int] = []

    def enter(self) -> None:
        self._open.append({})

    def leave(self) -> None:
        self._open.pop()

    def add(self, key: str, line: int) -> None:
        own = self._open[-1]
        if key in own:
            raise LabError(
                f"{self._file}:{line}: the key {key!r} stands a second time in its dictionary, after line {own[key]}; which one "
                "holds is not documented. Remove one."
            )
        own[key] = line
        self.lines.append(line)


def _flat(value: object, lines: Iterator[int], path: tuple[str, ...] = ()) -> Iterator[Setting]:
    """The keys of `value` in the order of the document, which is that of `lines`."""
    match value:
        case dict():
            for key, inner in value.items():
                own = (*path, str(key))
                yield Setting(path=own, value=inner, line=next(lines, 0))
                yield from _flat(inner, lines, own)
        case list():
            for inner in value:
                yield from _flat(inner, lines, (*path, ITEM))
