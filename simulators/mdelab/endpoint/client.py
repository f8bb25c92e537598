"""The Defender client that is installed on a device: its agent and daemon, its antivirus, and its way to the network.

The daemon lives from one start of the service to the next; the client is there as long as the device is. The device
itself, and the programs on it, are `mdelab.endpoint.sensor`.
"""

from datetime import datetime, timedelta

import msgspec

from mdelab.catalogue.platforms import platform_row
from mdelab.catalogue.support import unsupported
from mdelab.endpoint import artifacts, client_version
from mdelab.endpoint import events as happened
from mdelab.endpoint.agent import Agent
from mdelab.endpoint.antivirus import Threat
from mdelab.endpoint.commands import LogLine
from mdelab.endpoint.daemon import Daemon, load_state
from mdelab.endpoint.identity import Identity
from mdelab.endpoint.journal import Journal
from mdelab.endpoint.log import MOST_BYTES
from mdelab.endpoint.machine import Machine
from mdelab.endpoint.pac.evaluate import Runner
from mdelab.endpoint.preferences import Preferences
from mdelab.endpoint.protection import Protection
from mdelab.endpoint.publish import publish
from mdelab.endpoint.queue import CAPACITY, Queue, QueueStore
from mdelab.endpoint.roots import package_roots, roots_of
from mdelab.endpoint.route import DeviceRouter
from mdelab.endpoint.transport import Transport
from mdelab.endpoint.visibility import sees
from mdelab.model.channel import Command as CloudCommand
from mdelab.model.channel import Profile
from mdelab.model.errors import LabError
from mdelab.model.evidence import EvidenceSink
from mdelab.model.package import Kind
from mdelab.model.tenant import Tenant
from mdelab.model.work import Item

_LEAN_LOG_BYTES = 8_192
_LEAN_QUEUE = 1_000


class Client:
    """One device's."""

    def __init__(self, *, machine: Machine, tenant: Tenant, sink: EvidenceSink, scripts: Runner, lean: bool) -> None:
        """scripts: runs PAC files. lean: for fleets: one idle connection, a short log, a short queue, no state on disk."""
        name = machine.spec.name
        self._machine = machine
        self._row = platform_row(machine.spec.platform)
        self._tenant = tenant
        self._lean = lean
        self._preferences = Preferences(machine.files, self._row.paths)
        self._unpublished = ""
        """Why the state could not be shown last time; "" when it could."""
        self._is_out_of_support = False
        """Whether the client was not for this device when it last looked at a package."""
        self._packages: dict[Kind, artifacts.Artifact | None] = {}
        """As they were when the agent last heard of them."""
        self._jitter = tenant.stream("endpoint", name, "jitter")
        self._daemon: Daemon | None = None
        self._protection = Protection(
            files=machine.files,
            tenant=tenant,
            device=name,
            quarantine=self._row.paths.quarantine,
            settings=lambda: self.agent.settings,
            known=lambda: self.agent.threats,
        )
        self.identity = Identity(tenant, name)
        self._router = DeviceRouter(machine, tenant, lambda: self.agent.settings, scripts, self._warn)
        self.transport = Transport(
            name=name,
            tenant=tenant,
            attachment=machine.attachment,
            sink=sink,
            router=self._router,
            roots=lambda trust: roots_of(machine, trust),
            skew=self._skew,
            most_idle=1 if lean else 4,
        )
        self.agent = self._new_agent()

    @property
    def is_running(self) -> bool:
        """Whether the service runs."""
        return self._daemon is not None

    def load(self) -> None:
        """Take up what the disk holds: settings, and the agent's memory. The service must not run."""
        self._router.forget()
        self._read_preferences()
        self.agent = self._new_agent()

    def start(self) -> None:
        """Start the service, after `load`."""
        self._daemon = Daemon(
            name=self._machine.spec.name,
            tenant=self._tenant,
            files=self._machine.files,
            paths=self._row.paths,
            agent=self.agent,
            transport=self.transport,
            store=self._store,
            journal=Journal(
                self._machine, lambda: self.identity.machine_id, _LEAN_LOG_BYTES if self._lean else MOST_BYTES
            ),
            execute=self._execute,
            remove_package=self._remove_package,
            publish=self._publish,
            now=self.now,
            persists=not self._lean,
        )
        self.look_for_conflicts()
        self.feed(happened.Started())
        self._set_managed_tags()
        self.look_for_packages()

    def look_for_packages(self) -> None:
        """Tell the agent of the packages that lie on the device, as new ones."""
        self._packages.clear()
        for kind in artifacts.KINDS:
            if artifacts.find(self._machine, kind):
                self._package_changed(kind)

    async def stop(self) -> None:
        """Stop the service, if it runs."""
        daemon, self._daemon = self._daemon, None
        if daemon is not None:
            await daemon.stop()

    def now(self) -> datetime:
        """The device's own time, which may be wrong."""
        return self._tenant.clock.now() + self._skew()

    def feed(self, event: happened.Event) -> None:
        """Tell the agent, if the service runs."""
        if self._daemon is not None:
            self._daemon.feed(event)

    def configure(self, changes: dict[str, object]) -> None:
        """Change local settings of the agent and persist them. Raises LabError."""
        self._preferences.change(changes)

    def file_changed(self, path: str) -> None:
        """A file of the device, none of the client's own, appeared, changed or went."""
        kinds = artifacts.kinds_in(self._machine, path)
        for kind in kinds:
            if not artifacts.is_shared(path) or artifacts.find(self._machine, kind) != self._packages.get(kind):
                self._package_changed(kind)
        if kinds:
            return
        if path in self._preferences.files:
            self._read_preferences()
        elif self._machine.files.exists(path) and sees(self._machine.spec):
            self.feed(happened.Observed(type="FileCreated", fields={"TargetFilename": path}))
            if self._daemon is not None and self.agent.scans_on_access:
                self.scan_file(path)

    def device_changed(self) -> None:
        """The device is another one by its administrator's hand: what it is, and what the client may do on it."""
        self.agent.describe(self._profile())
        self.look_for_conflicts()
        if self._is_out_of_support != bool(unsupported(self._machine.spec)):
            self.look_for_packages()

    def look_for_conflicts(self) -> None:
        """Tell the agent which programs hold fanotify in blocking mode: not those whose service is stopped."""
        services = self._machine.services()
        names = tuple(name for name in self._machine.spec.fanotify_users if services.get(name, True))
        self.feed(happened.ConflictsChanged(names=names))

    def scan_file(self, path: str, *, ignore_exclusions: bool = False) -> Threat | None:
        """Scan one file now, whether real-time protection runs or not."""
        threat = self._protection.scan(path, ignore_exclusions=ignore_exclusions)
        if threat is not None:
            self.feed(happened.ThreatSeen(threat=threat))
        return threat

    async def refresh_definitions(self, item: Item) -> bool:
        """Download definitions now. False when that failed or the service does not run."""
        return self._daemon is not None and await self._daemon.refresh_definitions(item)

    # Inside

    def _new_agent(self) -> Agent:
        """The agent as the disk has it."""
        machine = self._machine
        self._store = QueueStore(machine.files, self._row.paths.queue)
        events = self._store.load()
        saved = load_state(machine.files, self._row.paths)
        # The queue knows of events that were made after the state was written.
        saved.sent = max([saved.sent, *(int(event.id.rsplit("-", 1)[-1]) for event in events[-1:])])
        return Agent(
            profile=self._profile(),
            roots=package_roots(machine),
            source=self._jitter,
            settings=self._preferences.in_force,
            saved=saved,
            queue=Queue(events, _LEAN_QUEUE if self._lean else CAPACITY),
        )

    def _profile(self) -> Profile:
        return self.identity.profile(self._machine.spec, self._machine.attachment, client_version.told(self._machine))

    def _skew(self) -> timedelta:
        return timedelta(seconds=self._machine.spec.clock_skew_s)

    def _package_changed(self, kind: Kind) -> None:
        # The client may have been updated while its service lay idle.
        self.agent.describe(self._profile())
        found = artifacts.find(self._machine, kind)
        self._packages[kind] = found
        why = unsupported(self._machine.spec)
        self._is_out_of_support = bool(why)
        if found is None:
            self.feed(happened.PackageRemoved(kind=kind))
        elif why:
            self._complain(f"{kind} refused: {', '.join(why)}")
        else:
            self.feed(happened.PackageDropped(kind=kind, text=found.text, place=found.place, problem=found.problem))

    def _publish(self) -> None:
        try:
            publish(self._machine, self.agent)
        except LabError as error:
            problem = str(error)
            if problem != self._unpublished:
                self._complain(f"the state cannot be shown: {problem}")
        else:
            problem = ""
        self._unpublished = problem

    def _remove_package(self) -> None:
        try:
            artifacts.remove(self._machine, "onboarding")
        except LabError as error:
            self._complain(f"the onboarding package stays where it is: {error}")

    def _read_preferences(self) -> None:
        """Take up both settings files; one that cannot be read leaves what is in force, and the log says so."""
        try:
            self._preferences.read()
        except (msgspec.DecodeError, LabError) as error:
            self._complain(f"a settings file cannot be read and is passed over: {error}")
            return
        self.feed(happened.SettingsChanged(settings=self._preferences.in_force))
        self._set_managed_tags()

    def _set_managed_tags(self) -> None:
        for key, value in self._preferences.tags.items():
            if self.agent.tags.get(key) != value:
                self.feed(happened.TagSet(key=key, value=value))

    def _complain(self, text: str) -> None:
        self._write(LogLine(level="error", text=text))

    def _warn(self, text: str) -> None:
        """About a route: a setting that cannot be used, or one that was passed over."""
        self._write(LogLine(level="warning", text=text, symbol="route"))

    def _write(self, line: LogLine) -> None:
        if self._machine.spec.installed:
            Journal(self._machine, lambda: self.identity.machine_id).write(line, self.now())

    def _execute(self, ordered: CloudCommand) -> happened.CommandExecuted:
        """Carry out an order of the cloud. What the lab does not simulate fails, and says so."""
        match ordered.type:
            case "RunAntiVirusScan":
                paths = self._foreign_paths()
                found = [threat for path in paths if (threat := self.scan_file(path)) is not None]
                return _done(ordered, f"{len(paths)} files scanned, {len(found)} threats detected")
            case "StopAndQuarantineFile":
                sha1 = ordered.parameters.get("sha1", "")
                count = sum(self._quarantine(path, sha1) for path in self._foreign_paths())
                if not count:
                    return _failed(ordered, f"no file on the device has the SHA-1 {sha1}")
                return _done(ordered, f"{count} files quarantined")
            case "Isolate" | "Unisolate" | "Offboard":
                # The agent remembers it, and everything that asks the agent follows.
                return _done(ordered, "")
            case _:
                return _failed(ordered, f"{ordered.type} is not simulated by this lab")

    def _quarantine(self, path: str, sha1: str) -> bool:
        """Whether the file was the one."""
        threat = self._protection.quarantine(path, sha1)
        if threat is not None:
            self.feed(happened.ThreatSeen(threat=threat))
        return threat is not None

    def _foreign_paths(self) -> list[str]:
        """Every file of the device that is not the client's own."""
        return [path for path in self._machine.files.paths() if not path.startswith(self._row.own_folders)]


def _done(ordered: CloudCommand, message: str) -> happened.CommandExecuted:
    return happened.CommandExecuted(id=ordered.id, status="Succeeded", message=message)


def _failed(ordered: CloudCommand, message: str) -> happened.CommandExecuted:
    return happened.CommandExecuted(id=ordered.id, status="Failed", message=message)
