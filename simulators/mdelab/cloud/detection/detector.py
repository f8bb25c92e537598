"""Raises alerts: one a rule and device while it is open, some minutes after the events that fit were committed."""

from mdelab.catalogue import timing
from mdelab.catalogue.licences import right_of
from mdelab.catalogue.rules import Rule, product_of
from mdelab.cloud.alert import MOST_EVIDENCE, Alert
from mdelab.cloud.detection.matcher import Matcher
from mdelab.cloud.estate import Estate, Estates, new_alert_id
from mdelab.cloud.machine import Device
from mdelab.model.channel import Event
from mdelab.model.licence import Feature


class Detector:
    def __init__(self, matcher: Matcher, estates: Estates) -> None:
        self._matcher = matcher
        self._estates = estates
        self._pending: dict[tuple[str, str, str], list[Event]] = {}
        """(tenant, machine, rule) -> events of an alert that is about to be raised."""

    def may_care(self, body: bytes) -> bool:
        """Whether the report `body` may hold an event that a rule is about; False is certain."""
        return self._matcher.may_match(body)

    def judge(self, estate: Estate, device: Device, events: tuple[Event, ...]) -> None:
        """Match events that have just been committed."""
        for event in events:
            for rule in self._matcher.matches(event):
                if _is_about(rule, device) and _is_covered(estate, device, rule):
                    self._note(estate, device, rule, event)

    def forget(self, tenant_id: str) -> None:
        for key in [key for key in self._pending if key[0] == tenant_id]:
            del self._pending[key]

    def _note(self, estate: Estate, device: Device, rule: Rule, event: Event) -> None:
        clock = estate.tenant.clock
        for alert in estate.alerts_of(device.id):
            if alert.rule == rule.id and alert.is_open:
                alert.extend([event], clock.now())
                self._estates.save_later(estate, alert)
                return
        key = (estate.tenant.id, device.id, rule.id)
        waiting = self._pending.get(key)
        if waiting is not None:
            if len(waiting) < MOST_EVIDENCE:
                waiting.append(event)
            return
        self._pending[key] = [event]

        async def raise_alert() -> None:
            with estate.tenant.work.item(f"cloud: alert {rule.title!r} for {device.endpoint}"):
                collected = self._pending.pop(key, None)
                if collected:
                    alert = _alert(estate, device, rule, collected)
                    estate.alerts[alert.id] = alert
                    self._estates.save_later(estate, alert)

        clock.call_after(timing().after("alert"), f"alert: {rule.title} ({device.endpoint})", raise_alert)


def _is_about(rule: Rule, device: Device) -> bool:
    """Whether the rule's log source is of the device's operating system."""
    return rule.logsource.product in ("", product_of(device.profile.os_platform))


def _is_covered(estate: Estate, device: Device, rule: Rule) -> bool:
    """Whether the tenant's products raise such alerts for such devices: Plan 1, for one, has the antivirus alone."""
    feature = Feature.ANTIVIRUS if rule.logsource.category == "antivirus" else Feature.EDR
    return estate.licences.has(feature, right_of(device.profile.os_platform), estate.tenant.clock.now())


def _alert(estate: Estate, device: Device, rule: Rule, events: list[Event]) -> Alert:
    now = estate.tenant.clock.now()
    return Alert(
        id=new_alert_id(estate, device.id, rule.id),
        rule=rule.id,
        machine_id=device.id,
        title=rule.title,
        description=rule.description,
        severity=rule.level.capitalize(),
        category=rule.mdelab.category,
        detection_source=rule.mdelab.detection_source,
        threat_name=rule.mdelab.threat_name,
        threat_family=rule.mdelab.threat_family,
        techniques=tuple(
            tag.removeprefix("attack.").upper()
            for tag in rule.tags
            if tag.startswith("attack.t") and tag[8:9].isdigit()
        ),
        created=now,
        updated=now,
        first_event=min(event.at for event in events),
        last_event=max(event.at for event in events),
        events=events,
    )
