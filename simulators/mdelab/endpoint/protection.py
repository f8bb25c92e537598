"""The antivirus of a device: scans files, quarantines what it finds or only reports it, as the settings say."""

import hashlib
import posixpath
from collections.abc import Callable

from mdelab.endpoint.antivirus import Threat, ThreatStatus, judge
from mdelab.endpoint.files import FileTree
from mdelab.endpoint.settings import AgentSettings
from mdelab.model.seeds import guid
from mdelab.model.tenant import Tenant

ORDERED = "EUS:Win32/CustomEnterpriseBlock"
"""What a file is called that was quarantined because an administrator ordered it."""


class Protection:
    """Reads the settings anew for each file, so that a change counts at once."""

    __slots__ = ("_device", "_files", "_known", "_quarantine", "_settings", "_tenant")

    def __init__(
        self,
        *,
        files: FileTree,
        tenant: Tenant,
        device: str,
        quarantine: str,
        settings: Callable[[], AgentSettings],
        known: Callable[[], list[Threat]],
    ) -> None:
        """quarantine: the folder for files that were found. known: the threats that were found before."""
        self._files = files
        self._tenant = tenant
        self._device = device
        self._settings = settings
        self._known = known
        self._quarantine = quarantine

    def scan(self, path: str, *, ignore_exclusions: bool = False) -> Threat | None:
        """Scan one file. A finding is quarantined, or only reported when the antivirus is passive.

        None when the file is clean, gone, excluded, restored from the quarantine, or its threat is allowed. A file that
        was reported before, and is still there, gives the same threat again.
        """
        settings = self._settings()
        if not ignore_exclusions and is_excluded(path, settings):
            return None
        try:
            content = self._files.read(path)
        except FileNotFoundError:
            return None
        signature = judge(content)
        if signature is None or any(name in settings.allowed_threats for name in signature.allowed_as):
            return None
        if any(one.path == path and one.name == signature.name and one.status == "restored" for one in self._known()):
            return None
        status: ThreatStatus = "detected" if settings.passive_mode else "quarantined"
        before = next((one for one in self._known() if one.path == path and one.status == "detected"), None)
        if before is not None and status == "detected":
            return before
        threat = Threat(
            id=before.id if before else self._new_id(),
            name=signature.name,
            type=signature.type,
            path=path,
            status=status,
            at=self._tenant.clock.now(),
        )
        if status == "quarantined":
            self._lock_away(threat, content)
        return threat

    def quarantine(self, path: str, sha1: str) -> Threat | None:
        """Quarantine a file that has this SHA-1 (lower-case hex), whatever it is, because the cloud has ordered it."""
        content = self._files.read(path)
        if hashlib.sha1(content, usedforsecurity=False).hexdigest() != sha1:
            return None
        threat = Threat(
            id=self._new_id(),
            name=ORDERED,
            type="enterprise block",
            path=path,
            status="quarantined",
            at=self._tenant.clock.now(),
        )
        self._lock_away(threat, content)
        return threat

    def _lock_away(self, threat: Threat, content: bytes) -> None:
        self._files.write(f"{self._quarantine}/{threat.id}", content, 0o600)
        self._files.remove(threat.path)

    def _new_id(self) -> str:
        # A stream for each threat, because one that is kept costs every device of a fleet 2.5 KiB.
        return guid(self._tenant.stream("endpoint", self._device, "threat", str(len(self._known()))))


def is_excluded(path: str, settings: AgentSettings) -> bool:
    """Whether an exclusion for files covers `path`; those for processes say nothing about files."""
    for kind, value in settings.exclusions:
        if kind == "file" and path == value:
            return True
        if kind == "folder" and path.startswith(value.rstrip("/") + "/"):
            return True
        if kind == "extension" and posixpath.splitext(path)[1].lstrip(".") == value.lstrip("."):
            return True
    return False
