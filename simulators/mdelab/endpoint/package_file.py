"""The onboarding and offboarding files of a Linux device: the package wrapped once more in JSON.

The package itself, and when it is believed, is `mdelab.model.package`.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509

from mdelab.model.package import Kind, Package, PackageRefused, Refusal, parse, verify

PATHS: dict[Kind, str] = {
    "onboarding": "/etc/opt/microsoft/mdatp/mdatp_onboard.json",
    "offboarding": "/etc/opt/microsoft/mdatp/mdatp_offboard.json",
}
"""Source: defender-docs linux-install-manually.md, linux-off-board-endpoints.md."""

_WRAPPERS: dict[Kind, str] = {"onboarding": "onboardingInfo", "offboarding": "offboardingInfo"}
"""{"onboardingInfo": "<outer JSON>"}. Source: public copies of the portal's Linux package."""


def read_package(text: str, kind: Kind) -> Package:
    """The package in a file's text. Raises PackageRefused(MALFORMED)."""
    key = _WRAPPERS[kind]
    try:
        inner = json.loads(text)[key]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise PackageRefused(
            Refusal.MALFORMED, f"the {kind} file cannot be read: it is not a JSON object with {key!r}"
        ) from error
    if not isinstance(inner, str):
        raise PackageRefused(Refusal.MALFORMED, f"the {kind} file cannot be read: {key!r} is not a string")
    return parse(inner, kind)


def believe(text: str, kind: Kind, roots: Sequence[x509.Certificate], now: datetime, *, org_id: str = "") -> Package:
    """The package in a file's text, verified. Raises PackageRefused.

    org_id: the organisation that it must be of; "" when any will do.
    """
    package = read_package(text, kind)
    verify(package, roots, now)
    if org_id and package.org_id != org_id:
        raise PackageRefused(
            Refusal.OTHER_ORGANISATION, f"the device belongs to {org_id} and the package to {package.org_id}"
        )
    return package


def wrap(outer: str, kind: Kind) -> str:
    """The text of a device's file around the outer JSON of a package."""
    return json.dumps({_WRAPPERS[kind]: outer})
