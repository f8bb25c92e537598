"""What the antivirus found, and how it tells a malicious file: by its SHA-256, against a list that is data.

Pure: the sensor reads files, calls `judge`, and quarantines.
"""

import hashlib
from datetime import datetime
from typing import Literal

import msgspec

from mdelab.catalogue.threats import Signature, signatures

ThreatStatus = Literal["quarantined", "detected", "restored", "removed", "allowed"]
"""`detected` is what a passive antivirus says: it reports and leaves the file alone."""

MOST_SCANNED_BYTES = 16_777_216
"""Larger files are passed over; the lab's only signatures are small files."""


class Threat(msgspec.Struct, frozen=True, kw_only=True):
    """One finding, as `mdatp threat list` shows it."""

    id: str
    """A GUID: the quarantined file is named after it."""
    name: str
    """Such as `Virus:DOS/EICAR_Test_File`."""
    type: str
    """Such as `virus`."""
    path: str
    """Where the file was found."""
    status: ThreatStatus
    at: datetime


def judge(content: bytes) -> Signature | None:
    """The signature that `content` (a whole file) fits, or None."""
    if len(content) > MOST_SCANNED_BYTES:
        return None
    sizes = {row.size_bytes for row in signatures()}
    if len(content) not in sizes:
        return None
    digest = hashlib.sha256(content).hexdigest()
    return next((row for row in signatures() if row.sha256 == digest), None)
