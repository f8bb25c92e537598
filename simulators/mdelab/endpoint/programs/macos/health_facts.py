"""What `mdatp health` depends on that only a Mac has: approvals, requirements, the update channel, other products."""

from dataclasses import replace

from mdelab.catalogue.macos import approvals, macos
from mdelab.endpoint.health import HealthFacts
from mdelab.endpoint.machine import Machine
from mdelab.endpoint.programs.macos import client_bundle


def with_mac(facts: HealthFacts, machine: Machine) -> HealthFacts:
    """`facts` with those of the Mac. Raises LabError for an unknown profile or a property list that does not parse."""
    approved = approvals(machine.spec)
    services = machine.services()
    return replace(
        facts,
        release_ring=client_bundle.channel(machine.files).ring,
        expires_after_days=macos().shelf_life.days,
        other_products=tuple(row.name for row in macos().product if services.get(row.service, False)),
        has_event_provider="endpoint_security" in approved,
        has_network_events="network_filter" in approved,
        has_full_disk_access="full_disk_access" in approved,
    )
