"""Gathers what `mdatp health` says about a running device. What it makes of it is `mdelab.endpoint.health`."""

import posixpath
from collections.abc import Callable
from datetime import UTC, datetime

from mdelab.catalogue.support import unsupported
from mdelab.endpoint import client_version
from mdelab.endpoint.agent import AgentState
from mdelab.endpoint.health import HealthFacts
from mdelab.endpoint.machine import Machine
from mdelab.endpoint.program import Device
from mdelab.endpoint.programs.macos.health_facts import with_mac
from mdelab.model.platform import Platform
from mdelab.model.seeds import guid

_STAMP = "[%Y-%m-%d %H:%M:%S]"
_STAMP_BYTES = 21

_FIELD_OF_SETTING = {
    "real_time_protection": "real_time_protection_enabled",
    "passive_mode": "passive_mode_enabled",
    "cloud_enabled": "cloud_enabled",
    "cloud_diagnostic_enabled": "cloud_diagnostic_enabled",
    "cloud_automatic_sample_submission_consent": "cloud_automatic_sample_submission_consent",
    "behavior_monitoring": "behavior_monitoring",
    "automatic_definition_update_enabled": "automatic_definition_update_enabled",
    "network_protection": "network_protection_enforcement_level",
    "edr_early_preview": "edr_early_preview_enabled",
    "edr_group_ids": "edr_group_ids",
    "log_level": "log_level",
}
"""Agent setting -> the health field that shows it; settings without a field are left out."""

_OF_PLATFORM: dict[Platform, Callable[[HealthFacts, Machine], HealthFacts]] = {Platform.MACOS: with_mac}
"""What a platform adds to the facts that all have."""


def gather(device: Device) -> HealthFacts:
    agent, machine, tenant = device.agent, device.machine, device.tenant
    settings, definitions = agent.settings, agent.definitions
    has_identity = agent.state in (AgentState.ONBOARDED, AgentState.OFFBOARDING)
    now = tenant.clock.now()
    facts = HealthFacts(
        platform=machine.spec.platform,
        now=now,
        app_version=client_version.read(machine),
        installed_at=_installed_at(device, now),
        is_licensed=agent.licensed,
        org_id=agent.onboarding.org_id if agent.onboarding else "",
        machine_guid=guid(tenant.stream("endpoint", machine.spec.name, "machine guid")),
        machine_id=agent.machine_id if has_identity else "",
        configuration_version=agent.configuration_version,
        has_first_definitions=agent.first_definitions_done,
        definitions_version=definitions.version,
        definitions_updated=definitions.updated,
        definitions_status=definitions.status,
        real_time_protection=settings.real_time_protection,
        passive_mode=settings.passive_mode,
        cloud_enabled=settings.cloud_enabled,
        cloud_diagnostic_enabled=settings.cloud_diagnostic_enabled,
        sample_submission=settings.cloud_automatic_sample_submission_consent,
        behavior_monitoring=settings.behavior_monitoring,
        automatic_definition_update=settings.automatic_definition_update_enabled,
        network_protection=settings.network_protection,
        early_preview=settings.edr_early_preview,
        group_ids=settings.edr_group_ids,
        tags=tuple(agent.tags.items()),
        log_level=settings.log_level,
        fanotify_users=agent.conflicting,
        unsupported=unsupported(machine.spec),
        log_folder_is_open=_log_folder_is_open(machine),
        managed=frozenset(_FIELD_OF_SETTING[name] for name in settings.managed if name in _FIELD_OF_SETTING),
    )
    add = _OF_PLATFORM.get(machine.spec.platform)
    return add(facts, machine) if add else facts


def _installed_at(device: Device, now: datetime) -> datetime:
    """The stamp at the beginning of the installation's log; now when it cannot be read."""
    try:
        head = device.machine.files.read(device.machine.paths.install_log)[:_STAMP_BYTES].decode()
        return datetime.strptime(head, _STAMP).replace(tzinfo=UTC)
    except (FileNotFoundError, ValueError):
        return now


def _log_folder_is_open(machine: Machine) -> bool:
    """The client needs its log folder at 775; it complains when owner or group cannot enter it."""
    try:
        mode = machine.files.mode(posixpath.dirname(machine.paths.core_log))
    except FileNotFoundError:
        return True
    return mode & 0o750 == 0o750
