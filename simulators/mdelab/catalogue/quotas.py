"""How often an application may call each part of the Defender API."""

from functools import cache
from typing import Literal

import msgspec

from mdelab.catalogue.read import read
from mdelab.model.basis import Basis

QuotaName = Literal["default", "create-alert", "batch-update", "live-response"]


class Quota(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: QuotaName
    per_minute: int
    basis: Basis
    source: str
    per_hour: int | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    quota: tuple[Quota, ...]


@cache
def quotas() -> dict[QuotaName, Quota]:
    return {row.name: row for row in read("quotas.toml", _File).quota}
