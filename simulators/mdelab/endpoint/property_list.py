"""Property lists of a Mac as files of the device: read and written here, with the place of a mistake in the message."""

import plistlib
from typing import Any
from xml.parsers.expat import ExpatError

from mdelab.endpoint.files import FileTree
from mdelab.model.errors import LabError

XML = plistlib.FMT_XML
BINARY = plistlib.FMT_BINARY

_DEEPEST = 100
"""A binary list can hold itself: what is nested deeper than this has no end for whoever prints it."""


def read_value(files: FileTree, path: str) -> object:
    """The value in a property list, XML or binary. Raises FileNotFoundError, and LabError for one that does not parse."""
    return parse(files.read(path), path)


def parse(content: bytes, name: str) -> object:
    """The value of a property list, XML or binary. name: of the file, for the message. Raises LabError."""
    try:
        value = plistlib.loads(content)
        _look_for_the_end(value, _DEEPEST)
    except ExpatError as error:
        place = f"line {error.lineno}, column {error.offset}: {error}".removesuffix(
            f": line {error.lineno}, column {error.offset}"
        )
    except (plistlib.InvalidFileException, ValueError, AttributeError, IndexError, KeyError, TypeError) as error:
        # plistlib lets the errors of its own steps through: a <dict> value without a key, a date that is none.
        place = str(error) or type(error).__name__
    except RecursionError:
        place = "its values are nested too deeply"
    else:
        return value
    raise LabError(
        f"{name} is not a property list: {place}. Repair the file (plutil -lint names the place), or remove it."
    )


def read_dictionary(files: FileTree, path: str) -> dict[str, object]:
    """The dictionary in a property list; empty when there is no file. Raises LabError, also for another kind of value."""
    try:
        value = read_value(files, path)
    except FileNotFoundError:
        return {}
    if not isinstance(value, dict):
        raise LabError(f"{path} holds a {type(value).__name__}, not a dictionary. Put the keys into a <dict>.")
    return value


def write(files: FileTree, path: str, value: object, *, form: plistlib.PlistFormat = XML, mode: int = 0o644) -> None:
    """Raises LabError for a value that no property list can hold."""
    files.write(path, encode(value, form), mode)


def encode(value: object, form: plistlib.PlistFormat = XML) -> bytes:
    """Raises LabError for a value that no property list can hold."""
    # plistlib itself says what it cannot hold, at any depth; its type names the outermost value only.
    unchecked: Any = value
    try:
        return plistlib.dumps(unchecked, fmt=form, sort_keys=True)
    except (TypeError, OverflowError) as error:
        raise LabError(
            f"{value!r} cannot be written as a property list: {error}. Use strings, numbers, data, dates, lists and keys."
        ) from error


def _look_for_the_end(value: object, left: int) -> None:
    """Raises ValueError for a value that is nested deeper than `left`."""
    if left == 0:
        raise ValueError(f"its values are nested more than {_DEEPEST} deep")
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _look_for_the_end(one, left - 1)
