"""The client's command line on Linux and macOS: its texts, the properties of `mdatp config`, and what the lab leaves out."""

from functools import cache
from typing import Literal

import msgspec

from mdelab.catalogue.health import Text
from mdelab.catalogue.read import read
from mdelab.model.basis import Basis


class Property(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One property of `mdatp config NAME --value V`."""

    name: str
    field: str
    """The agent setting that it changes."""
    shape: Literal["switch", "choice", "number"]
    """`switch`: enabled or disabled; `choice`: a key of `values`; `number`: from `least` to `most`."""
    values: dict[str, str] = {}
    """What is typed -> what is stored; a switch without them stores a boolean."""
    least: int = 0
    most: int = 0
    basis: Basis
    source: str


class Missing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A documented command that the lab does not do: it says so, and the result is inconclusive."""

    command: str
    source: str


class MdatpCatalogue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: dict[str, Text]
    property: tuple[Property, ...]
    missing: tuple[Missing, ...]


@cache
def mdatp() -> MdatpCatalogue:
    return read("mdatp.toml", MdatpCatalogue)


def mdatp_text(name: str) -> str:
    """The text called `name`; KeyError for one that the catalogue does not have."""
    return mdatp().text[name].text
