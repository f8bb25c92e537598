"""What every file of one download is made from."""

from dataclasses import dataclass

from mdelab.model.package import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    kind: Kind
    outer: str
    """The outer JSON of the package."""
    lab_id: str
    profile_id: str
    """GUID of a configuration profile that carries the package."""
    payload_id: str
    """GUID of the payload in that profile."""
