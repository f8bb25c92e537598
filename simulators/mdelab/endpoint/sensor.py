"""The sensor: owns a device's Machine, runs its daemon and its programs, and sees what happens to its files.

The agent's decisions are `mdelab.endpoint.agent`; how they are carried out is `mdelab.endpoint.daemon`.
"""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from functools import lru_cache

import msgspec
from cryptography import x509

from mdelab.endpoint import events as happened
from mdelab.endpoint import layout, programs, settings
from mdelab.endpoint.agent import Agent
from mdelab.endpoint.antivirus import Threat
from mdelab.endpoint.daemon import Daemon, load_state
from mdelab.endpoint.files import FileTree
from mdelab.endpoint.log import MOST_BYTES, CoreLog
from mdelab.endpoint.machine import DEFENDER, Machine
from mdelab.endpoint.outcome import Failure, Reply
from mdelab.endpoint.package_file import PATHS
from mdelab.endpoint.program import Io
from mdelab.endpoint.protection import Protection
from mdelab.endpoint.queue import Queue, QueueStore
from mdelab.endpoint.route import agent_route
from mdelab.endpoint.transport import Transport
from mdelab.model.attachment import Attachment
from mdelab.model.channel import Command as CloudCommand
from mdelab.model.channel import Profile
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError
from mdelab.model.evidence import EvidenceSink, Purpose
from mdelab.model.package import Kind
from mdelab.model.route import Proxy
from mdelab.model.tenant import Tenant
from mdelab.model.trust import Trust
from mdelab.model.work import Item

_OWN_FOLDERS = ("/var/opt/microsoft/mdatp/", "/var/log/microsoft/mdatp/")
"""Written by the client itself: neither scanned nor observed."""

_LEAN_LOG_BYTES = 8_192
_LEAN_QUEUE = 1_000

_running: ContextVar[Item | None] = ContextVar("running", default=None)
"""The work item of the program that runs now: what it waits for is then counted once, not twice."""


class Sensor:
    """One device while it is switched on."""

    def __init__(
        self,
        *,
        spec: DeviceSpec,
        tenant: Tenant,
        attachment: Attachment,
        files: FileTree,
        sink: EvidenceSink,
        lean: bool = False,
    ) -> None:
        """files: the device's disk; what an earlier sensor left there is taken up again.

        lean: for fleets: one idle connection, a short log, a short queue, no state on disk.
        Raises LabError for an impossible spec.
        """
        spec.check()
        self.tenant = tenant
        self.sink = sink
        self.machine = Machine(spec=spec, files=files, attachment=attachment)
        self._lean = lean
        self._local = settings.AgentSettings()
        self._managed = settings.Managed()
        self._complained: list[str] = []
        self._transport = Transport(
            name=spec.name,
            tenant=tenant,
            attachment=attachment,
            sink=sink,
            proxy=self._proxy,
            roots=self._roots,
            skew=self._skew,
            most_idle=1 if lean else 4,
        )
        self._jitter = tenant.stream("endpoint", spec.name, "jitter")
        ids = tenant.stream("endpoint", spec.name, "machine id")
        self._machine_id = f"{ids.getrandbits(160):040x}"
        self._mac = "02:" + ":".join(f"{ids.getrandbits(8):02x}" for _ in range(5))
        self._daemon: Daemon | None = None
        self._protection = Protection(
            files=files,
            tenant=tenant,
            device=spec.name,
            settings=lambda: self.agent.settings,
            known=lambda: self.agent.threats,
        )
        self.agent = self._new_agent()
        self._is_on = False

    @property
    def machine_id(self) -> str:
        """40 hex digits."""
        return self._machine_id

    @property
    def sent(self) -> int:
        """Events that the agent made, ever."""
        return self.agent.sent

    @property
    def waiting(self) -> int:
        """Events that are not acknowledged."""
        return self.agent.waiting

    @property
    def state(self) -> str:
        return self.agent.state.value

    async def start(self) -> None:
        """Lay out the device's files, as far as they are not there, and start its services. Raises LabError."""
        layout.lay_out(self.machine, self._now())
        self._read_settings()
        self.agent = self._new_agent()
        self.machine.files.watch(self._changed)
        self._is_on = True
        if self.machine.services().get(DEFENDER):
            self._start_daemon()

    async def stop(self) -> None:
        """Switch the device off: everything ends, its files stay."""
        self._is_on = False
        await self._stop_daemon()
        await self._transport.close()

    async def exec(
        self, argv: Sequence[str], stdin: bytes = b"", env: dict[str, str] | None = None, cwd: str = "/"
    ) -> tuple[int, str, str, list[str]]:
        """Run a program of the device: (exit code, stdout, stderr, what was asked for and is not simulated).

        Raises LabError for an empty argv or a device that is switched off.
        """
        if not argv or not self._is_on:
            why = "there is no command" if not argv else "the device is switched off"
            raise LabError(
                f"{self.machine.spec.name!r} cannot run a program: {why}. Give a command to a running device."
            )
        io = Io(stdin=stdin, env={**self._login_environment(), **(env or {})}, cwd=cwd or "/")
        with self.tenant.work.item(f"{self.machine.spec.name}: {argv[0]}") as item:
            token = _running.set(item)
            try:
                code = await self.run(list(argv), io=io)
            except LabError as error:
                io.err.write(f"{error}\n")
                code = 1
            finally:
                _running.reset(token)
        return code, io.out.getvalue(), io.err.getvalue(), io.not_simulated

    async def change(self, **fields: object) -> None:
        """Change the device as its administrator or network would: fields of EndpointChange; None leaves one as it is.

        Raises LabError for a hop or a field that is not known; nothing is changed then.
        """
        given = {name: value for name, value in fields.items() if value is not None}
        before = self.machine.spec
        try:
            spec = msgspec.convert({**msgspec.structs.asdict(before), **given}, DeviceSpec)
        except msgspec.ValidationError as error:
            raise LabError(f"{before.name!r} cannot be changed: {error}. See `EndpointChange` in the API.") from error
        spec.check()
        layout.check_proxy(self.machine, spec.proxy)
        self.machine.spec = spec
        try:
            if "trusts" in given:
                layout.write_store(self.machine)
        except LabError:
            self.machine.spec = before
            raise
        if "proxy" in given or "proxy_source" in given:
            if before.proxy and before.proxy_source != spec.proxy_source:
                layout.write_proxy(self.machine, "", before.proxy_source)
            layout.write_proxy(self.machine, spec.proxy, spec.proxy_source)
        self._feed(happened.ConflictsChanged(names=self._conflicts()))

    # What programs ask for (see `mdelab.endpoint.program.Device`)

    async def run(self, argv: list[str], *, io: Io) -> int:
        """Run another program inside one that runs. An unknown one says so, answers 127 and is noted in `io`."""
        program = programs.find(self, argv[0], io.cwd)
        image = argv[0] if argv[0].startswith("/") else f"/usr/bin/{argv[0].rsplit('/', 1)[-1]}"
        self.observe("ProcessCreated", Image=image, CommandLine=shlex.join(argv), User="root")
        if program is None:
            io.err.write(
                f"{argv[0]}: not simulated by this lab, so nothing was run. `mdelab steps` and the documents list the "
                "programs of an endpoint.\n"
            )
            io.not_simulated.append(argv[0])
            return 127
        return await program(self, argv, io)

    async def fetch(self, url: str, *, purpose: Purpose, trust: Trust, method: str = "GET") -> Reply | Failure:
        """One request the way the agent would send it, redirects not followed."""
        with self._counted(f"{method} {url}") as item:
            return await self._transport.request(method, url, purpose=purpose, trust=trust, item=item)

    async def resolve(self, name: str) -> str | None:
        with self._counted(f"name {name}"):
            return await self._transport.resolve(name)

    def observe(self, type: str, **fields: str) -> None:  # noqa: A002 (the field's name in an Event)
        """The sensor saw something; it becomes an event when the device is onboarded."""
        self._feed(happened.Observed(type=type, fields=fields))

    def configure(self, **changes: object) -> None:
        """Change local settings of the agent and persist them. Raises LabError."""
        self._local = settings.changed(self._local, changes)
        self.machine.files.write(settings.SETTINGS_FILE, settings.encode(self._local), 0o600)

    def set_tag(self, key: str, value: str) -> None:
        self._feed(happened.TagSet(key=key, value=value))

    def update_threat(self, threat: Threat) -> None:
        self._feed(happened.ThreatSeen(threat=threat))

    async def refresh_definitions(self) -> bool:
        """Download definitions now. False when that failed or the daemon does not run."""
        if self._daemon is None:
            return False
        with self._counted("definitions") as item:
            return await self._daemon.refresh_definitions(item)

    def scan_file(self, path: str) -> Threat | None:
        """Scan one file now, whether real-time protection runs or not."""
        threat = self._protection.scan(path)
        if threat is not None:
            self._feed(happened.ThreatSeen(threat=threat))
        return threat

    async def control_service(self, name: str, running: bool) -> None:
        """Start or stop a service. Raises LabError for one that the device does not have."""
        known = self.machine.services()
        if name not in known:
            raise LabError(f"{self.machine.spec.name!r} has no service {name!r}. It has: {', '.join(known) or 'none'}.")
        if known[name] == running:
            return
        self.machine.set_service(name, running)
        if name == DEFENDER and running:
            self._read_settings()
            self.agent = self._new_agent()
            self._start_daemon()
        elif name == DEFENDER:
            await self._stop_daemon()
        self._feed(happened.ConflictsChanged(names=self._conflicts()))

    # Inside

    @contextmanager
    def _counted(self, what: str) -> Iterator[Item]:
        """The item that the tenant's ledger counts `what` as: the running program's, or one of its own."""
        running = _running.get()
        if running is not None:
            yield running
            return
        with self.tenant.work.item(f"{self.machine.spec.name}: {what}") as own:
            yield own

    def _now(self) -> datetime:
        return self.tenant.clock.now() + self._skew()

    def _skew(self) -> timedelta:
        return timedelta(seconds=self.machine.spec.clock_skew_s)

    def _feed(self, event: happened.Event) -> None:
        if self._daemon is not None:
            self._daemon.feed(event)

    def _new_agent(self) -> Agent:
        """The agent as the disk has it."""
        spec, files = self.machine.spec, self.machine.files
        capacity = {"capacity": _LEAN_QUEUE} if self._lean else {}
        self._store = QueueStore(files)
        events = self._store.load()
        saved = load_state(files)
        # The queue knows of events that were made after the state was written.
        saved.sent = max([saved.sent, *(int(event.id.rsplit("-", 1)[-1]) for event in events[-1:])])
        return Agent(
            profile=Profile(
                machine_id=self._machine_id,
                name=spec.name,
                os_platform=layout.os_platform(spec),
                os_version=spec.release,
                client_version=layout.CLIENT_VERSION,
                address=self.machine.attachment.address,
                mac=self._mac,
            ),
            roots=_certificates(self.machine.attachment.package_roots.read_bytes()),
            source=self._jitter,
            settings=settings.under(self._managed, self._local),
            saved=saved,
            queue=Queue(events, **capacity),
        )

    def _start_daemon(self) -> None:
        self._daemon = Daemon(
            name=self.machine.spec.name,
            tenant=self.tenant,
            files=self.machine.files,
            agent=self.agent,
            transport=self._transport,
            store=self._store,
            log=CoreLog(self.machine.files, _LEAN_LOG_BYTES if self._lean else MOST_BYTES),
            execute=self._execute,
            now=self._now,
            persists=not self._lean,
        )
        self._feed(happened.ConflictsChanged(names=self._conflicts()))
        self._feed(happened.Started())
        self._set_managed_tags()
        for kind in PATHS:
            if self.machine.files.exists(PATHS[kind]):
                self._package_changed(kind)

    async def _stop_daemon(self) -> None:
        daemon, self._daemon = self._daemon, None
        if daemon is not None:
            await daemon.stop()

    def _conflicts(self) -> tuple[str, ...]:
        """Programs that hold fanotify in blocking mode, unless they are services that are stopped."""
        services = self.machine.services()
        return tuple(name for name in self.machine.spec.fanotify_users if services.get(name, True))

    def _changed(self, path: str) -> None:
        """A file of the device appeared, changed or went."""
        if not self._is_on or path.startswith(_OWN_FOLDERS):
            return
        kind = next((kind for kind, known in PATHS.items() if known == path), None)
        if kind is not None:
            self._package_changed(kind)
        elif path in (settings.SETTINGS_FILE, settings.MANAGED_FILE):
            self._read_settings()
        elif self.machine.files.exists(path):
            self.observe("FileCreated", TargetFilename=path)
            if self._daemon is not None and (self.agent.real_time_runs or self.agent.settings.passive_mode):
                self.scan_file(path)

    def _package_changed(self, kind: Kind) -> None:
        try:
            text = self.machine.files.read(PATHS[kind]).decode(errors="replace")
        except FileNotFoundError:
            self._feed(happened.PackageRemoved(kind=kind))
        else:
            self._feed(happened.PackageDropped(kind=kind, text=text))

    def _read_settings(self) -> None:
        """Take up both settings files; one that cannot be read leaves what is in force, and the log says so."""
        files = self.machine.files
        try:
            if files.exists(settings.SETTINGS_FILE):
                self._local = settings.decode(files.read(settings.SETTINGS_FILE))
            self._managed = (
                settings.decode_managed(files.read(settings.MANAGED_FILE))
                if files.exists(settings.MANAGED_FILE)
                else settings.Managed()
            )
        except msgspec.DecodeError as error:
            self._complain(f"a settings file cannot be read and is passed over: {error}")
            return
        self._feed(happened.SettingsChanged(settings=settings.under(self._managed, self._local)))
        self._set_managed_tags()

    def _set_managed_tags(self) -> None:
        for key, value in self._managed.tags.items():
            if self.agent.tags.get(key) != value:
                self._feed(happened.TagSet(key=key, value=value))

    def _complain(self, text: str) -> None:
        if self.machine.spec.installed:
            CoreLog(self.machine.files).write("error", text, self._now())

    def _proxy(self) -> Proxy | None:
        route, complaints = agent_route(self.machine, self.agent.settings)
        if complaints != self._complained:
            self._complained = complaints
            for complaint in complaints:
                self._complain(complaint)
        return route.proxy

    def _roots(self, trust: Trust) -> bytes:
        match trust:
            case Trust.ROOT_SET:
                return _shared(self.machine.attachment.root_set.read_bytes())
            case Trust.OS_STORE:
                files = self.machine.files
                return _shared(files.read(layout.OS_STORE)) if files.exists(layout.OS_STORE) else b""
            case Trust.PLAIN:
                return b""

    def _login_environment(self) -> dict[str, str]:
        return {
            "HOME": "/root",
            "USER": "root",
            "LANG": "C.UTF-8",
            "HOSTNAME": self.machine.spec.name,
            **self.machine.environment,
        }

    def _execute(self, ordered: CloudCommand) -> happened.CommandExecuted:
        """Carry out an order of the cloud. What the lab does not simulate fails, and says so."""
        if ordered.type != "RunAntiVirusScan":
            return happened.CommandExecuted(
                id=ordered.id, status="Failed", message=f"{ordered.type} is not simulated by this lab"
            )
        paths = [path for path in self.machine.files.paths() if not path.startswith(_OWN_FOLDERS)]
        found = [threat for path in paths if (threat := self.scan_file(path)) is not None]
        return happened.CommandExecuted(
            id=ordered.id, status="Succeeded", message=f"{len(paths)} files scanned, {len(found)} threats detected"
        )


@lru_cache(maxsize=64)
def _shared(pem: bytes) -> bytes:
    """One copy of the same bytes for all devices: every open connection holds on to what it trusts."""
    return pem


@lru_cache(maxsize=16)
def _certificates(pem: bytes) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_pem_x509_certificates(pem))
