"""Reads a catalogue file into its row type; a wrong row stops the lab at once with its place."""

from functools import cache
from importlib.resources import files
from typing import TypeVar

import msgspec

T = TypeVar("T")


@cache
def _bytes(name: str) -> bytes:
    return files("mdelab.catalogue").joinpath(name).read_bytes()


def read(name: str, shape: type[T]) -> T:
    """The content of catalogue file `name` (TOML) as `shape`. Raises ValueError that names file and field."""
    try:
        return msgspec.toml.decode(_bytes(name), type=shape)
    except msgspec.DecodeError as error:
        raise ValueError(f"catalogue/{name}: {error}") from error
