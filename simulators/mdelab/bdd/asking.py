"""Asks an endpoint about itself with the means of its platform, which are data (`mdelab.catalogue.readings`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdelab.bdd.command_line import words
from mdelab.bdd.eventually import Seen
from mdelab.bdd.verdict import Inconclusive
from mdelab.catalogue.readings import Name, reading

if TYPE_CHECKING:
    from mdelab.lab.client import TenantClient


def ask(tenant: TenantClient, endpoint: str, name: Name) -> str:
    """The endpoint's answer. Raises Inconclusive when the lab does not simulate the command that asks."""
    row = reading(tenant.endpoint(endpoint).platform, name)
    result = tenant.exec(endpoint, words(row.command, row.platform))
    if result.not_simulated:
        raise Inconclusive(f"{row.command!r} on {endpoint} is not simulated: {', '.join(result.not_simulated)}")
    return row.answer(result.stdout)


def says(tenant: TenantClient, endpoint: str, wanted: dict[Name, str]) -> Seen:
    """Whether the endpoint gives these answers now."""
    found = {name: ask(tenant, endpoint, name) for name in wanted}
    different = {name: value for name, value in found.items() if value != wanted[name]}
    text = ", ".join(f"{name} was {value}" for name, value in (different or found).items())
    return Seen(not different, f"on {endpoint}, {text}")
