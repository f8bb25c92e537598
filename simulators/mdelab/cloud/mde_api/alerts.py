"""An alert as the API shows it, and what a PATCH may change. Source: defender-docs api/alerts.md, update-alert.md."""

from datetime import datetime
from typing import Any

import msgspec

from mdelab.cloud.alert import Alert, Comment
from mdelab.cloud.estate import Estate, new_alert_id
from mdelab.cloud.machine import Device
from mdelab.cloud.mde_api import odata
from mdelab.cloud.mde_api.failure import ApiFailure
from mdelab.cloud.mde_api.parameters import AlertChange, AlertReference
from mdelab.cloud.ticks import stamp
from mdelab.model.channel import Event, Report

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

CREATED_SEVERITIES = ("Low", "Medium", "High")
CREATED_CATEGORIES = (
    "General", "CommandAndControl", "Collection", "CredentialAccess", "DefenseEvasion", "Discovery", "Exfiltration", "Exploit",
    "Execution", "InitialAccess", "LateralMovement", "Malware", "Persistence", "PrivilegeEscalation", "Ransomware",
    "SuspiciousActivity",
)  # fmt: skip
"""What an alert may be that is created by the API. Source: defender-docs api/create-alert-by-reference.md."""

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
        "detectorId": alert.rule or None,
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


def check_change(alert: Alert, wanted: AlertChange) -> None:
    """Raises ApiFailure InvalidInput for what the alert cannot become."""
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


def change(alert: Alert, wanted: AlertChange, by: str, now: datetime) -> None:
    """Carry out a change that was checked."""
    if wanted.status is not None:
        # Opening it again takes the time away.
        alert.resolved = now if wanted.status == "Resolved" else None
        alert.status = wanted.status
    alert.classification = wanted.classification or alert.classification
    alert.determination = wanted.determination or alert.determination
    alert.assigned_to = alert.assigned_to if wanted.assigned_to is None else wanted.assigned_to
    if wanted.comment is not None:
        alert.comments.append(Comment(text=wanted.comment, by=by, at=now))
    alert.updated = now


def event_in(report: bytes | None, wanted: AlertReference) -> Event:
    """The event that a new alert names by id and time. report: the one that holds the id. Raises ApiFailure."""
    try:
        at = odata.moment(wanted.event_time)
    except ValueError as error:
        raise ApiFailure("InvalidInput", f"eventTime {wanted.event_time!r} is no time: {error}.") from error
    events = msgspec.json.decode(report, type=Report).events if report else ()
    for event in events:
        if event.id == wanted.report_id and event.at == at:
            return event
    raise ApiFailure(
        "ResourceNotFound",
        f"machine {wanted.machine_id} has reported no event {wanted.report_id!r} of {wanted.event_time}. Take id and time as "
        "they were reported.",
    )


def create(estate: Estate, device: Device, wanted: AlertReference, event: Event) -> Alert:
    """A new alert, or the open one of the same title on the same device, which takes the event up. Raises ApiFailure."""
    if wanted.severity not in CREATED_SEVERITIES:
        raise ApiFailure("InvalidInput", f"severity {wanted.severity!r} is not {', '.join(CREATED_SEVERITIES)}.")
    if wanted.category not in CREATED_CATEGORIES:
        raise ApiFailure("InvalidInput", f"category {wanted.category!r} is not one of {', '.join(CREATED_CATEGORIES)}.")
    now = estate.tenant.clock.now()
    for alert in estate.alerts_of(device.id):
        if alert.title == wanted.title and alert.is_open:
            alert.extend([event], now)
            return alert
    alert = Alert(
        id=new_alert_id(estate, "created", device.id, wanted.title),
        rule="",
        machine_id=device.id,
        title=wanted.title,
        description=wanted.description,
        severity=wanted.severity,
        category=wanted.category,
        detection_source="WindowsDefenderAtp",
        threat_name=None,
        threat_family=None,
        techniques=(),
        created=now,
        updated=now,
        first_event=event.at,
        last_event=event.at,
        events=[event],
    )
    estate.alerts[alert.id] = alert
    return alert


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
