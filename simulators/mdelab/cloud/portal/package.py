"""The onboarding and offboarding packages as the portal's download gives them.

The structure is `model/package.py`; here is what the portal puts in, and the names of the files. Everything that is handed
out says that it is the lab's, and the scripts refuse to run on a real machine.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from mdelab.catalogue import timing
from mdelab.catalogue.geographies import geographies
from mdelab.cloud.portal.script import offboarding_script, onboarding_script
from mdelab.model.errors import LabError
from mdelab.model.package import LAB_MARKER, Connectivity, Kind, filetime, seal
from mdelab.model.platform import Platform
from mdelab.model.seeds import guid
from mdelab.model.tenant import Tenant

METHODS = ("script", "configuration")

_ONBOARDING_VERSION = "1.7"
_OFFBOARDING_VERSION = "1.65"
"""As public copies of portal-generated packages have them."""
_TICKET_URL = "https://events.data.microsoft.com"
_ONBOARDING_ZIP = "WindowsDefenderATPOnboardingPackage.zip"
"""One name for every operating system. Source: defender-docs linux-install-manually.md."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """What the lab signs its packages with."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    """The issuers, up to the root that agents ship."""


class PortalPackage(NamedTuple):
    """One download."""

    file_name: str
    """The zip's name."""
    members: dict[str, str]
    """File name in the zip -> its text."""
    blob: str
    """The outer JSON."""
    expires: datetime | None
    """None for onboarding packages: they do not expire."""


def make_package(
    tenant: Tenant,
    signer: Signer,
    lab_id: str,
    *,
    kind: Kind,
    platform: Platform,
    method: str,
    connectivity: Connectivity,
    geography: str,
) -> PortalPackage:
    """A fresh download. Raises LabError for a platform, method or geography that the portal does not offer."""
    if platform is not Platform.LINUX:
        raise LabError(
            f"packages for {platform.value} are not made yet: this version of the lab has Linux endpoints only. "
            "Order one for platform 'linux'."
        )
    if method not in METHODS:
        raise LabError(f"package method {method!r} is not one of {', '.join(METHODS)}. Choose one of these.")
    if geography not in geographies():
        raise LabError(f"geography {geography!r} is not one of {', '.join(geographies())}. Choose one of these.")
    marker = f"{LAB_MARKER} {lab_id}"
    if kind == "onboarding":
        body, expires = _onboarding(tenant, connectivity, geography), None
    else:
        expires = tenant.clock.now() + timing().after("offboarding_package")
        body = _offboarding(tenant, expires)
    blob = seal({**body, "lab": marker}, signer.key, signer.certificate, signer.chain)
    if kind == "onboarding":
        wrapped = json.dumps({"onboardingInfo": blob})
        file_name = _ONBOARDING_ZIP
        script = ("MicrosoftDefenderATPOnboardingLinuxServer.py", onboarding_script(wrapped, lab_id))
        configuration = ("mdatp_onboard.json", wrapped)
    else:
        wrapped = json.dumps({"offboardingInfo": blob})
        until = f"valid_until_{expires:%Y-%m-%d}"
        file_name = f"WindowsDefenderATPOffboardingPackage_{until}.zip"
        script = (f"MicrosoftDefenderATPOffboardingLinuxServer_{until}.py", offboarding_script(wrapped, lab_id))
        configuration = ("mdatp_offboard.json", wrapped)
    member = script if method == "script" else configuration
    return PortalPackage(file_name, dict([member]), blob, expires)


def _onboarding(tenant: Tenant, connectivity: Connectivity, geography: str) -> dict[str, Any]:
    row = geographies()[geography]
    body: dict[str, Any] = {
        "previousOrgIds": [],
        "orgId": tenant.org_id,
        "geoLocationUrl": row.command if connectivity == "standard" else row.streamlined_command,
        "datacenter": row.datacenter,
        "vortexGeoLocation": row.name,
        "version": _ONBOARDING_VERSION,
        "deviceType": "Server",
        "packageGuid": guid(tenant.stream("package", connectivity, geography)),
    }
    if connectivity == "streamlined":
        # The presence of partnerGeoLocation is what makes a package a streamlined one.
        body |= {
            "vortexServerUrl": row.streamlined_cyber,
            "vortexTicketUrl": _TICKET_URL,
            "partnerGeoLocation": row.gateway,
        }
    return body


def _offboarding(tenant: Tenant, expires: datetime) -> dict[str, Any]:
    return {
        "orgIds": [tenant.org_id],
        "orgId": tenant.org_id,
        "expirationTimestamp": filetime(expires),
        "version": _OFFBOARDING_VERSION,
    }
