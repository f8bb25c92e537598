"""The onboarding and offboarding packages as the portal's download gives them.

The structure is `model/package.py`; here is what the portal puts in, and the names of the files. Everything that is handed
out says that it is the lab's, and the scripts refuse to run on a real machine.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from mdelab.catalogue import timing
from mdelab.catalogue.geographies import geographies
from mdelab.catalogue.packages import download_of, package_body, streamlined_prefix
from mdelab.cloud.portal.contents import Contents
from mdelab.cloud.portal.forms import FORMS
from mdelab.model.errors import LabError
from mdelab.model.package import LAB_MARKER, Connectivity, Kind, filetime, seal
from mdelab.model.platform import Platform
from mdelab.model.seeds import guid
from mdelab.model.tenant import Tenant

_TICKET_URL = "https://events.data.microsoft.com"


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
    age: timedelta = timedelta(),
) -> PortalPackage:
    """A download that is so old already. Raises LabError for a platform, method or geography that the portal does not offer."""
    download = download_of(platform, kind, method)
    if geography not in geographies():
        raise LabError(f"geography {geography!r} is not one of {', '.join(geographies())}. Choose one of these.")
    prefix, until, expires = "", "", None
    if kind == "onboarding":
        body = _onboarding(tenant, platform, connectivity, geography)
        prefix = streamlined_prefix() if connectivity == "streamlined" else ""
    else:
        expires = tenant.clock.now() - age + timing().after("offboarding_package")
        until = f"valid_until_{expires:%Y-%m-%d}"
        body = _offboarding(tenant, platform, expires)
    ids = tenant.stream("profile", platform, kind)
    contents = Contents(
        kind=kind,
        outer=seal({**body, "lab": f"{LAB_MARKER} {lab_id}"}, signer.key, signer.certificate, signer.chain),
        lab_id=lab_id,
        profile_id=guid(ids).upper(),
        payload_id=guid(ids).upper(),
    )
    return PortalPackage(
        file_name=prefix + download.zip.format(until=until),
        members={name.format(until=until): FORMS[form](contents) for name, form in download.members.items()},
        blob=contents.outer,
        expires=expires,
    )


def _onboarding(tenant: Tenant, platform: Platform, connectivity: Connectivity, geography: str) -> dict[str, Any]:
    row, own = geographies()[geography], package_body(platform)
    body: dict[str, Any] = {
        "previousOrgIds": [],
        "orgId": tenant.org_id,
        "geoLocationUrl": row.command if connectivity == "standard" else row.streamlined_command,
        "datacenter": row.datacenter,
        "vortexGeoLocation": row.name,
        "version": own.onboarding_version,
    }
    if own.device_type:
        body["deviceType"] = own.device_type
    if own.has_package_id:
        body["packageGuid"] = guid(tenant.stream("package", connectivity, geography))
    if connectivity == "streamlined":
        # The presence of partnerGeoLocation is what makes a package a streamlined one.
        body |= {
            "vortexServerUrl": row.streamlined_cyber,
            "vortexTicketUrl": _TICKET_URL,
            "partnerGeoLocation": row.gateway,
        }
    return body


def _offboarding(tenant: Tenant, platform: Platform, expires: datetime) -> dict[str, Any]:
    return {
        "orgIds": [tenant.org_id],
        "orgId": tenant.org_id,
        "expirationTimestamp": filetime(expires),
        "version": package_body(platform).offboarding_version,
    }
