"""The agent's settings: what `mdatp config` changes, and what a managed file decides instead.

Local settings are JSON in `wdavcfg`; `managed/mdatp_managed.json` wins field by field (defender-docs
linux-preferences.md). Both are read here; who writes and watches the files is the sensor.
"""

from typing import Any, Literal

import msgspec

from mdelab.model.errors import LabError

NetworkProtection = Literal["disabled", "audit", "block"]
SampleConsent = Literal["none", "safe", "all"]
LogLevel = Literal["error", "warning", "info", "verbose", "debug", "trace"]


class AgentSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be set on the agent, with the values of a lab device that nobody touched."""

    real_time_protection: bool = True
    passive_mode: bool = False
    cloud_enabled: bool = True
    cloud_diagnostic_enabled: bool = False
    cloud_automatic_sample_submission_consent: SampleConsent = "safe"
    behavior_monitoring: bool = False
    automatic_definition_update_enabled: bool = True
    network_protection: NetworkProtection = "disabled"
    edr_early_preview: bool = False
    edr_group_ids: str = ""
    log_level: LogLevel = "info"
    proxy: str = ""
    """`http://host:port` or "": `mdatp config proxy`, or `cloudService.proxy` where that is managed."""
    maximum_on_demand_scan_threads: int = 2
    scan_after_definition_update: bool = True
    scan_archives: bool = True
    enable_file_hash_computation: bool = False
    exclusions: tuple[tuple[str, str], ...] = ()
    """(kind, value) with kind `file`, `folder`, `extension` or `process`."""
    allowed_threats: tuple[str, ...] = ()
    threat_policies: tuple[tuple[str, str], ...] = (
        ("potentially_unwanted_application", "audit"),
        ("archive_bomb", "audit"),
    )
    """(threat type, action)."""
    managed: frozenset[str] = frozenset()
    """Names of the fields that the managed file decides; never written to the local file."""


def decode(content: bytes) -> AgentSettings:
    """Read `wdavcfg`. Raises msgspec.DecodeError (its subclass ValidationError for a wrong type)."""
    return msgspec.structs.replace(msgspec.json.decode(content, type=AgentSettings), managed=frozenset())


def encode(settings: AgentSettings) -> bytes:
    fields = msgspec.structs.asdict(settings)
    del fields["managed"]
    return msgspec.json.format(msgspec.json.encode(fields), indent=2) + b"\n"


def changed(settings: AgentSettings, changes: dict[str, object]) -> AgentSettings:
    """`settings` with `changes` by field name. Raises LabError for an unknown field or a value of another type."""
    known = [name for name in AgentSettings.__struct_fields__ if name != "managed"]
    for name in changes:
        if name not in known:
            raise LabError(f"the agent has no setting {name!r}. Known are: {', '.join(known)}.")
    fields = msgspec.structs.asdict(settings)
    managed = fields.pop("managed")
    try:
        return msgspec.structs.replace(msgspec.convert({**fields, **changes}, AgentSettings), managed=managed)
    except msgspec.ValidationError as error:
        raise LabError(
            f"the agent's settings cannot become {changes!r}: {error}. Give a value of that type."
        ) from error


class _Exclusion(msgspec.Struct, frozen=True):
    type: str = msgspec.field(name="$type", default="")
    path: str = ""
    extension: str = ""
    name: str = ""
    is_directory: bool = msgspec.field(name="isDirectory", default=False)


class _AllowedThreat(msgspec.Struct, frozen=True):
    name: str


class _ThreatSetting(msgspec.Struct, frozen=True):
    key: str
    value: str


class _Antivirus(msgspec.Struct, frozen=True, rename="camel"):
    enforcement_level: Literal["real_time", "on_demand", "passive"] | None = None
    behavior_monitoring: Literal["enabled", "disabled"] | None = None
    scan_after_definition_update: bool | None = None
    scan_archives: bool | None = None
    maximum_on_demand_scan_threads: int | None = None
    enable_file_hash_computation: bool | None = None
    exclusions: tuple[_Exclusion, ...] | None = None
    allowed_threats: tuple[str | _AllowedThreat, ...] | None = None
    threat_type_settings: tuple[_ThreatSetting, ...] | None = None


class _Cloud(msgspec.Struct, frozen=True, rename="camel"):
    enabled: bool | None = None
    diagnostic_level: Literal["optional", "required"] | None = None
    automatic_sample_submission_consent: SampleConsent | None = None
    automatic_definition_update_enabled: bool | None = None
    proxy: str | None = None


class _Network(msgspec.Struct, frozen=True, rename="camel"):
    enforcement_level: NetworkProtection | None = None


class _Tag(msgspec.Struct, frozen=True):
    key: str
    value: str


class _Edr(msgspec.Struct, frozen=True, rename="camel"):
    group_ids: str | None = None
    early_preview: Literal["enabled", "disabled"] | None = None
    tags: tuple[_Tag, ...] = ()


class Managed(msgspec.Struct, frozen=True, rename="camel"):
    """`mdatp_managed.json`: the keys that the lab knows; others are passed over, as the agent does."""

    antivirus_engine: _Antivirus = _Antivirus()
    cloud_service: _Cloud = _Cloud()
    network_protection: _Network = _Network()
    edr: _Edr = _Edr()

    @property
    def tags(self) -> dict[str, str]:
        return {tag.key: tag.value for tag in self.edr.tags}


def decode_managed(content: bytes) -> Managed:
    """Read the managed file. Raises msgspec.DecodeError."""
    return msgspec.json.decode(content, type=Managed)


def managed_of(values: dict[str, object]) -> Managed:
    """What a Mac's managed preferences say: a key of a wrong type is passed over (defender-docs mac-preferences.md)."""
    kept: dict[str, dict[str, object]] = {}
    for section, fields in values.items():
        for name, value in fields.items() if isinstance(fields, dict) else ():
            try:
                msgspec.convert({section: {name: value}}, Managed)
            except msgspec.ValidationError:
                continue
            kept.setdefault(section, {})[name] = value
    return msgspec.convert(kept, Managed)


def under(managed: Managed, local: AgentSettings) -> AgentSettings:
    """What is in force: `local` with every field replaced that `managed` decides."""
    engine, cloud = managed.antivirus_engine, managed.cloud_service
    level = engine.enforcement_level
    wanted: dict[str, Any] = {
        "real_time_protection": None if level is None else level == "real_time",
        "passive_mode": None if level is None else level == "passive",
        "behavior_monitoring": _is_enabled(engine.behavior_monitoring),
        "scan_after_definition_update": engine.scan_after_definition_update,
        "scan_archives": engine.scan_archives,
        "maximum_on_demand_scan_threads": engine.maximum_on_demand_scan_threads,
        "enable_file_hash_computation": engine.enable_file_hash_computation,
        "exclusions": None if engine.exclusions is None else tuple(_exclusion(one) for one in engine.exclusions),
        "allowed_threats": None
        if engine.allowed_threats is None
        else tuple(one if isinstance(one, str) else one.name for one in engine.allowed_threats),
        "threat_policies": None
        if engine.threat_type_settings is None
        else tuple((one.key, one.value) for one in engine.threat_type_settings),
        "cloud_enabled": cloud.enabled,
        "cloud_diagnostic_enabled": None if cloud.diagnostic_level is None else cloud.diagnostic_level == "optional",
        "cloud_automatic_sample_submission_consent": cloud.automatic_sample_submission_consent,
        "automatic_definition_update_enabled": cloud.automatic_definition_update_enabled,
        "proxy": cloud.proxy,
        "network_protection": managed.network_protection.enforcement_level,
        "edr_group_ids": managed.edr.group_ids,
        "edr_early_preview": _is_enabled(managed.edr.early_preview),
    }
    decided = {name: value for name, value in wanted.items() if value is not None}
    return msgspec.structs.replace(local, **decided, managed=frozenset(decided))


def _is_enabled(value: str | None) -> bool | None:
    return None if value is None else value == "enabled"


def _exclusion(one: _Exclusion) -> tuple[str, str]:
    if one.extension:
        return "extension", one.extension
    if one.name:
        return "process", one.name
    return ("folder" if one.is_directory else "file"), one.path
