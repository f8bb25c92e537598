"""What `mdatp health` prints: its fields in printed order, by state, and the texts around them."""

from functools import cache
from typing import Literal

import msgspec

from mdelab.catalogue.read import read
from mdelab.model.basis import Basis
from mdelab.model.platform import Platform

State = Literal["N", "O", "P", "X", "D"]
"""Not onboarded; onboarded in real time; onboarded and passive; offboarded; onboarded without definitions yet."""


class HealthField(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    type: Literal["bool", "integer", "string", "date", "list"]
    platforms: tuple[Platform, ...]
    states: dict[State, str]
    """State -> regular expression of the whole printed value."""
    basis: Basis
    source: str


class HealthDetail(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One value of `mdatp health --details`."""

    name: str
    fields: tuple[str, ...]
    platforms: tuple[Platform, ...]
    basis: Basis
    source: str


class HealthIssue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: str
    platforms: tuple[Platform, ...]
    when: str
    basis: Basis
    source: str


class Product(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The versions that the simulated client shows."""

    app_version: str
    engine_version: str
    edr_client_version: str
    release_ring: str
    expires_after_days: int
    basis: Basis
    source: str


class Text(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: str
    basis: Basis
    source: str


class HealthCatalogue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    product: Product
    banner: Text
    """First line of every command while the device is unlicensed."""
    daemon_down: Text
    json_form: Text
    field: tuple[HealthField, ...]
    detail: tuple[HealthDetail, ...]
    issue: tuple[HealthIssue, ...]

    def fields(self, platform: Platform) -> tuple[HealthField, ...]:
        """In printed order."""
        return tuple(row for row in self.field if platform in row.platforms)


@cache
def health() -> HealthCatalogue:
    return read("health.toml", HealthCatalogue)
