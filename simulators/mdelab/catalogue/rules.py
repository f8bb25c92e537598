"""The detection rules: Sigma's YAML format, with the lab's own `mdelab` block for what an alert needs beside it.

What a detection means is `mdelab.cloud.detection`; here only the shape is checked.
Source of the format: SigmaHQ/sigma-specification.
"""

from functools import cache
from importlib.resources import files
from typing import Any, Literal

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mdelab.model.basis import Basis

_FOLDER = "detections"

EVENT_TYPES = {
    "process_creation": "ProcessCreated",
    "file_event": "FileCreated",
    "file_access": "FileRead",
    "antivirus": "ThreatDetected",
}
"""Sigma's log source category -> the type of telemetry events that a rule sees. The right side is the lab's protocol."""


_PRODUCTS = {"Windows": "windows", "macOS": "macos", "": "linux"}
"""How an operating system's name begins in the MDE API -> Sigma's product; the first that fits. Linux goes by distribution."""


def product_of(os_platform: str) -> str:
    """Sigma's name for the product that a device's operating system is."""
    return next(product for begins, product in _PRODUCTS.items() if os_platform.startswith(begins))


class LogSource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    category: Literal["process_creation", "file_event", "file_access", "antivirus"]
    product: Literal["", "linux", "macos", "windows"] = ""
    """"" for a rule that is about every device."""


class Raised(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the alert says beside the rule's own title and level."""

    category: str
    """As defender-docs api/alerts.md spells it, such as `Discovery`."""
    detection_source: str
    """`WindowsDefenderAtp`, `WindowsDefenderAv`, ..."""
    threat_name: str | None = None
    threat_family: str | None = None
    basis: Basis
    source: str


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule as its file has it."""

    title: str
    id: str
    status: Literal["stable", "test", "experimental", "deprecated", "unsupported"]
    description: str
    references: tuple[str, ...] = ()
    logsource: LogSource
    detection: dict[str, Any]
    """Selections by name, and `condition`: Sigma leaves their shape open; `mdelab.cloud.detection` reads it."""
    level: Literal["informational", "low", "medium", "high"]
    tags: tuple[str, ...] = ()
    mdelab: Raised


def parse_rule(text: str, name: str) -> Rule:
    """One rule from YAML. name: the file's, for the message. Raises ValueError."""
    try:
        return msgspec.convert(YAML(typ="safe", pure=True).load(text), Rule)
    except (YAMLError, msgspec.ValidationError) as error:
        raise ValueError(f"catalogue/{_FOLDER}/{name}: {error}") from error


@cache
def rules() -> tuple[Rule, ...]:
    """All shipped rules, by file name."""
    folder = files("mdelab.catalogue").joinpath(_FOLDER)
    found = sorted((file for file in folder.iterdir() if file.name.endswith(".yml")), key=lambda file: file.name)
    return tuple(parse_rule(file.read_text(encoding="utf-8"), file.name) for file in found)
