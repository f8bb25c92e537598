"""What a device says about its own health: the fields of `mdatp health` from the facts, and how they are printed.

Pure. The order, types and platforms of the fields are data in `mdelab.catalogue.health`; gathering the facts from a
running device is `mdelab.endpoint.programs.mdatp.facts`.

The printed form (public samples and the parsers of real tools): the name left-justified to 44 characters, `: `, then the
value: strings in double quotes, booleans and integers bare, dates bare, lists as compact JSON, `unavailable` bare when
there is no value, and ` [managed]` behind a value that the administrator's policy sets.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mdelab.catalogue.health import HealthField, health
from mdelab.model.platform import Platform

Value = bool | int | str | datetime | tuple[str, ...] | tuple[tuple[str, str], ...] | None
"""A field's value; None prints as `unavailable`, pairs as `[{"key":...,"value":...}]`."""

_COLUMN = 44
_DATE = "%b %d, %Y at %I:%M:%S %p"

_SUBSYSTEMS = {Platform.LINUX: "fanotify", Platform.MACOS: "endpoint_security_extension"}
"""Through what real-time protection sees files. Basis and source are with the field's rows in the catalogue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthFacts:
    """Everything that `mdatp health` depends on."""

    platform: Platform = Platform.LINUX
    now: datetime
    installed_at: datetime
    """When the client was installed; the product expires some months later."""
    is_licensed: bool
    org_id: str = ""
    machine_guid: str
    machine_id: str = ""
    """40 hex digits; "" before enrolment."""
    configuration_version: str = ""
    has_first_definitions: bool = False
    definitions_version: str = ""
    definitions_updated: datetime | None = None
    definitions_status: str = "unavailable"
    real_time_protection: bool = True
    """As it is set; whether it runs also depends on licence, passive mode and conflicts."""
    passive_mode: bool = False
    cloud_enabled: bool = True
    cloud_diagnostic_enabled: bool = False
    sample_submission: str = "safe"
    behavior_monitoring: bool = False
    automatic_definition_update: bool = True
    network_protection: str = "disabled"
    early_preview: bool = False
    group_ids: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    log_level: str = "info"
    fanotify_users: tuple[str, ...] = ()
    """Programs that hold fanotify in blocking mode: real-time protection cannot run beside them."""
    log_folder_is_open: bool = True
    """Whether the log folder has the permissions that the client needs."""
    managed: frozenset[str] = frozenset()
    """Names of the fields that managed preferences set."""
    extra_issues: tuple[str, ...] = ()
    app_version: str = ""
    """The installed version; "" for that of the lab's client."""
    release_ring: str = ""
    """The ring of the update channel; "" for that of the lab's client."""
    expires_after_days: int = 0
    """How long a version lasts; 0 for the catalogue's usual time."""
    unsupported: tuple[str, ...] = ()
    """Health issues of a device that the client does not support; it is then unlicensed."""
    other_products: tuple[str, ...] = ()
    """Protection products of others that run beside the client."""
    has_event_provider: bool = True
    """Whether the system lets the client see what happens. macOS: its Endpoint Security extension is approved."""
    has_network_events: bool = True
    """Whether the client can filter the network. macOS: its network extension and its filter are approved."""
    has_full_disk_access: bool = True
    """macOS."""


def has_licence(facts: HealthFacts) -> bool:
    """Whether the product works: a client that is onboarded, not too old, and on a device that it supports.

    An expired product shows the same signs as an unlicensed one (defender-docs linux-support-install.md).
    """
    return facts.is_licensed and facts.now < expires_at(facts) and not facts.unsupported


def expires_at(facts: HealthFacts) -> datetime:
    return facts.installed_at + timedelta(days=facts.expires_after_days or health().product.expires_after_days)


def real_time_protection_runs(facts: HealthFacts) -> bool:
    return has_licence(facts) and facts.real_time_protection and not facts.passive_mode and not facts.fanotify_users


def issues(facts: HealthFacts) -> tuple[str, ...]:
    """The `health_issues`, most important first."""
    found = []
    if not has_licence(facts):
        found.append("missing license")
    elif not facts.has_first_definitions:
        found.append("definitions out of date")
    if not facts.log_folder_is_open:
        found.append("log folder permission issues")
    if not facts.has_event_provider:
        found.append("no active event provider")
    if not facts.has_network_events:
        found.append("network event provider not running")
    if not facts.has_full_disk_access:
        found.append("full disk access has not been granted")
    if facts.other_products and has_licence(facts) and facts.real_time_protection and not facts.passive_mode:
        found.append("another protection product is running")
    return (*found, *facts.unsupported, *facts.extra_issues)


def fields(facts: HealthFacts) -> dict[str, Value]:
    """Every field of the platform, in printed order."""
    values = _values(facts)
    return {row.name: values[row.name] for row in health().fields(facts.platform)}


def detail(facts: HealthFacts, names: Sequence[str]) -> dict[str, Value]:
    """The named values in that order; `--details` also has some that are not among the fields. See `field_names`."""
    values = _values(facts) | {
        "network_extension_enabled": facts.has_network_events,
        "network_extension_installed": True,
        "endpoint_security_extension_ready": facts.has_event_provider,
        "endpoint_security_extension_installed": True,
    }
    return {name: values[name] for name in names}


def _values(facts: HealthFacts) -> dict[str, Value]:
    product = health().product
    found = issues(facts)
    runs = real_time_protection_runs(facts)
    licensed = has_licence(facts)
    engine_is_loaded = not licensed or facts.has_first_definitions
    updated = facts.definitions_updated
    network_protection = "stopped"
    if licensed and facts.network_protection != "disabled":
        network_protection = "started" if facts.has_network_events else "failed_to_start"
    return {
        "healthy": not found,
        "health_issues": found,
        "licensed": licensed,
        "engine_version": product.engine_version if engine_is_loaded else None,
        "engine_load_status": "Engine load succeeded" if engine_is_loaded else "Engine not loaded",
        "app_version": facts.app_version or product.app_version,
        "org_id": (facts.org_id or None) if licensed else None,
        "log_level": facts.log_level,
        "machine_guid": facts.machine_guid,
        "release_ring": facts.release_ring or product.release_ring,
        "product_expiration": expires_at(facts),
        "cloud_enabled": facts.cloud_enabled,
        "cloud_automatic_sample_submission_consent": facts.sample_submission,
        "cloud_diagnostic_enabled": facts.cloud_diagnostic_enabled,
        "passive_mode_enabled": facts.passive_mode,
        "behavior_monitoring": _on_off(facts.behavior_monitoring and runs),
        "real_time_protection_enabled": runs,
        "real_time_protection_available": facts.has_event_provider,
        "real_time_protection_subsystem": _SUBSYSTEMS.get(facts.platform) if runs else None,
        "supplementary_events_subsystem": "ebpf",
        "tamper_protection": "disabled",
        "automatic_definition_update_enabled": facts.automatic_definition_update,
        "definitions_updated": updated,
        "definitions_updated_minutes_ago": int((facts.now - updated) / timedelta(minutes=1)) if updated else None,
        "definitions_version": facts.definitions_version or None,
        # A client downloads definitions from its first start on, but without a licence it never calls them current: in
        # samples of such clients (health-status.md) a version can stand beside `unavailable`. After offboarding the
        # word is not documented; it is the same here, because the licence is missing again.
        "definitions_status": "unavailable"
        if not licensed and facts.definitions_status == "up_to_date"
        else facts.definitions_status,
        "edr_early_preview_enabled": _on_off(facts.early_preview),
        "edr_device_tags": facts.tags if licensed else (),
        "edr_group_ids": facts.group_ids,
        "edr_configuration_version": (facts.configuration_version or None) if licensed else None,
        "edr_client_version": product.edr_client_version,
        "edr_machine_id": (facts.machine_id or None) if licensed else None,
        "conflicting_applications": (*facts.fanotify_users, *facts.other_products) if licensed else (),
        "network_protection_status": network_protection,
        "network_protection_enforcement_level": facts.network_protection,
        "troubleshooting_mode": False,
        "managed_by": None,
        "full_disk_access_enabled": facts.has_full_disk_access,
        "network_events_subsystem": "network_filter_extension" if facts.has_network_events else None,
    }


def format_value(value: Value) -> str:
    """`value` as `mdatp health` prints it, without the ` [managed]` mark."""
    match value:
        case None:
            return "unavailable"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return f'"{value}"'
        case datetime():
            return value.strftime(_DATE)
        case tuple():
            return _compact(_plain(value))


def print_fields(values: Mapping[str, Value], managed: frozenset[str]) -> str:
    """The lines of `mdatp health`, each ended by a newline."""
    return "".join(f"{name:<{_COLUMN}}: {print_value(name, value, managed)}\n" for name, value in values.items())


def print_value(name: str, value: Value, managed: frozenset[str]) -> str:
    return format_value(value) + (" [managed]" if name in managed else "")


def print_json(values: Mapping[str, Value]) -> str:
    """The form of `--output json`: camelCase names, each value wrapped. Its basis is `assumed`, see the catalogue."""
    return _compact({_camel(name): {"value": _plain(value)} for name, value in values.items()}) + "\n"


def field_names(platform: Platform, detail: str) -> tuple[str, ...] | None:
    """The fields of `--details DETAIL` in order; None for a detail that the platform does not have."""
    rows = [row for row in health().detail if row.name == detail and platform in row.platforms]
    return rows[0].fields if rows else None


def known_field(platform: Platform, name: str) -> HealthField | None:
    return next((row for row in health().fields(platform) if row.name == name), None)


def _plain(value: Value) -> object:
    """What the JSON encoder takes."""
    if isinstance(value, datetime):
        return value.strftime(_DATE)
    if isinstance(value, tuple):
        return [{"key": one[0], "value": one[1]} if isinstance(one, tuple) else one for one in value]
    return "unavailable" if value is None else value


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _on_off(is_on: bool) -> str:
    return "enabled" if is_on else "disabled"
