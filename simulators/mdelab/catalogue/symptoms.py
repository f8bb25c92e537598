"""How a failed connection looks from outside, what causes it, and what mends it.

The rows are in symptoms.toml, the most telling first: the first row that fits a connection names its cause. The ids
are those of the connectivity catalogue that the fault catalogue will use too. Who applies the rows is
`mdelab.diagnosis`.
"""

from functools import cache
from typing import Literal

import msgspec

from mdelab.catalogue.read import read
from mdelab.model.basis import Basis
from mdelab.model.evidence import Step

Layer = Literal[Step, "device", "none", "unknown"]
"""What a cause belongs to: a step on the wire, the device itself, or nothing that failed."""

Presenter = Literal["hop", "cloud", "stranger"]
"""Who showed the certificate: a hop of the tenant, the mock cloud, or somebody whom no observer knows."""

Others = Literal["fail", "pass", "unread", "redirected"]
"""What the device's other names do: all fail at this step too; one got past it; the same hop passed one on unread; somebody
who is not the cloud answered one with a redirect."""


class When(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to recognise a symptom: every field that is given must fit; a tuple fits when one of its values does."""

    step: Step
    """The step that failed."""
    curl_code: tuple[int, ...] = ()
    verify_code: tuple[int, ...] = ()
    """OpenSSL's X509_V_ERR_*."""
    connect_status: tuple[int, ...] = ()
    http_status: tuple[int, ...] = ()
    alert: tuple[str, ...] = ()
    """The TLS alert's name as OpenSSL spells it."""
    says: tuple[str, ...] = ()
    """In lower case; a part of what an observer said about the step."""
    presented_by: Presenter | None = None
    route: Literal["direct", "proxy"] | None = None
    passed_over: tuple[str, ...] = ()
    """Why the route that was taken is not the one that was set: ids of `mdelab.model.route.PassedOver`."""
    others: Others | None = None
    channel: tuple[str, ...] = ()
    """Of the service whose name failed, as services.toml has it."""


class Symptom(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One cause of a connection that fails."""

    id: str
    layer: Layer
    summary: str
    """A sentence; may use {endpoint}, {name}, {hop}, {issuer}, {status}, {error} and {detour}, what was passed over."""
    fix: str
    when: tuple[When, ...] = ()
    """Empty for the rows that a diagnosis names without a failed connection."""
    basis: Basis
    source: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    symptom: tuple[Symptom, ...]


@cache
def symptoms() -> tuple[Symptom, ...]:
    """Every row, the most telling first."""
    return read("symptoms.toml", _File).symptom


@cache
def _by_id() -> dict[str, Symptom]:
    return {row.id: row for row in symptoms()}


def symptom(id: str) -> Symptom:  # noqa: A002 - the column's name
    """The row with that id. Raises KeyError."""
    return _by_id()[id]
