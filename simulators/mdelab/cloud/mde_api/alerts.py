"""An alert as the API shows it, and what a PATCH may change. Source: defender-docs api/alerts.md, update-alert.md."""

from datetime import datetime
from typing import Any

from mdelab.cloud.alert import Alert, Comment
from mdelab.cloud.estate import Estate
from mdelab.cloud.mde_api.failure import ApiFailure
from mdelab.cloud.mde_api.parameters import AlertChange
from mdelab.cloud.ticks import stamp
from mdelab.model.channel import Event

FILTERABLE = frozenset(
    ("alertCreationTime", "lastUpdateTime", "incidentId", "investigationId", "id", "assignedTo", "detectionSource",
     "lastEventTime", "status", "severity", "category")
)  # fmt: skip
"""Source: defender-docs api/get-alerts.md."""

STATUSES = ("New", "InProgress", "Resolved")
DETERMINATIONS = {
    "TruePositive": ("MultiStagedAttack", "MaliciousUserActivity", "CompromisedUser", "Malware", "Phishing",
                     "UnwantedSoftware", "Other"),
    "InformationalExpectedActivity": ("SecurityTesting", "LineOfBusinessApplication", "ConfirmedUserActivity",
                                      "ConfirmedActivity", "Other"),
    "FalsePositive": ("Clean", "NotMalicious", "InsufficientData", "Other"),
}  # fmt: skip
"""Classification -> the determinations that go with it."""

_EVIDENCE = (
    "sha1", "sha256", "fileName", "filePath", "processId", "processCommandLine", "processCreationTime", "parentProcessId",
    "parentProcessCreationTime", "parentProcessFileName", "parentProcessFilePath", "ipAddress", "url", "registryKey",
    "registryHive", "registryValueType", "registryValue", "registryValueName", "accountName", "domainName", "userSid",
    "aadUserId", "userPrincipalName", "detectionStatus",
)  # fmt: skip


def as_alert(estate: Estate, alert: Alert, *, with_evidence: bool) -> dict[str, Any]:
    """The API's JSON object."""
    device = estate.devices.get(alert.machine_id)
    return {
        "id": alert.id,
        "incidentId": None,
        "investigationId": None,
        "assignedTo": alert.assigned_to,
        "severity": alert.severity,
        "status": alert.status,
        "classification": alert.classification,
        "determination": alert.determination,
        "investigationState": "UnsupportedAlertType",
        "detectionSource": alert.detection_source,
        "detectorId": alert.rule,
        "category": alert.category,
        "threatFamilyName": alert.threat_family,
        "title": alert.title,
        "description": alert.description,
        "alertCreationTime": stamp(alert.created),
        "firstEventTime": stamp(alert.first_event),
        "lastEventTime": stamp(alert.last_event),
        "lastUpdateTime": stamp(alert.updated),
        "resolvedTime": stamp(alert.resolved),
        "machineId": alert.machine_id,
        "computerDnsName": device.profile.name if device else None,
        "rbacGroupName": None,
        "aadTenantId": estate.tenant.id,
        "threatName": alert.threat_name,
        "mitreTechniques": list(alert.techniques),
        "relatedUser": _user(alert),
        "comments": [
            {"comment": one.text, "createdBy": one.by, "createdTime": stamp(one.at)} for one in alert.comments
        ],
        "evidence": [_evidence(event) for event in alert.events] if with_evidence else [],
    }


def change(alert: Alert, wanted: AlertChange, by: str, now: datetime) -> None:
    """Carry out a PATCH. Raises ApiFailure InvalidInput, and then nothing is changed."""
    if wanted.status is not None and wanted.status not in STATUSES:
        raise ApiFailure("InvalidInput", f"status {wanted.status!r} is not one of {', '.join(STATUSES)}.")
    classification = wanted.classification or alert.classification
    if classification is not None and classification not in DETERMINATIONS:
        raise ApiFailure(
            "InvalidInput", f"classification {classification!r} is not one of {', '.join(DETERMINATIONS)}."
        )
    if wanted.determination is not None:
        fitting = DETERMINATIONS.get(classification or "", ())
        if wanted.determination not in fitting:
            raise ApiFailure(
                "InvalidInput",
                f"determination {wanted.determination!r} does not go with classification {classification!r}; "
                f"that takes {', '.join(fitting) or 'none: set a classification too'}.",
            )
    if wanted.status is not None:
        # Opening it again takes the time away.
        alert.resolved = now if wanted.status == "Resolved" else None
        alert.status = wanted.status
    alert.classification = classification
    alert.determination = wanted.determination or alert.determination
    alert.assigned_to = alert.assigned_to if wanted.assigned_to is None else wanted.assigned_to
    if wanted.comment is not None:
        alert.comments.append(Comment(text=wanted.comment, by=by, at=now))
    alert.updated = now


def _user(alert: Alert) -> dict[str, Any] | None:
    name = next((event.fields["User"] for event in alert.events if event.fields.get("User")), None)
    return {"userName": name, "domainName": None} if name else None


def _evidence(event: Event) -> dict[str, Any]:
    fields = event.fields
    is_process = event.type == "ProcessCreated"
    folder, _, name = fields.get("Image" if is_process else "TargetFilename", "").rpartition("/")
    parent_folder, _, parent = fields.get("ParentImage", "").rpartition("/")
    known = {
        "fileName": name or None,
        "filePath": folder or None,
        "processCommandLine": fields.get("CommandLine"),
        "processCreationTime": stamp(event.at) if is_process else None,
        "parentProcessFileName": parent or None,
        "parentProcessFilePath": parent_folder or None,
        "accountName": fields.get("User"),
        "detectionStatus": "Prevented" if fields.get("Action") in ("quarantined", "removed") else "Detected",
    }
    head = {"entityType": "Process" if is_process else "File", "evidenceCreationTime": stamp(event.at)}
    return head | {key: known.get(key) for key in _EVIDENCE}
