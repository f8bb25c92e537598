"""The sensor: a device while it is switched on. It owns the Machine, runs its programs, and sees what happens to its files.

The Defender client on the device is `mdelab.endpoint.client`, whose agent decides (`mdelab.endpoint.agent`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

from mdelab.catalogue.platforms import complete, platform_row
from mdelab.endpoint import administration, layout, programs
from mdelab.endpoint import events as happened
from mdelab.endpoint.agent import Agent
from mdelab.endpoint.antivirus import Threat
from mdelab.endpoint.client import Client
from mdelab.endpoint.files import FileTree
from mdelab.endpoint.machine import Machine
from mdelab.endpoint.outcome import Failure, Reply
from mdelab.endpoint.pac.evaluate import Runner
from mdelab.endpoint.pac.worker import ScriptWorker
from mdelab.endpoint.program import Io
from mdelab.endpoint.sleep import sleep
from mdelab.endpoint.visibility import sees
from mdelab.model.attachment import Attachment
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError
from mdelab.model.evidence import Evidence, EvidenceSink, Purpose
from mdelab.model.route import Route
from mdelab.model.tenant import Tenant
from mdelab.model.trust import Trust
from mdelab.model.work import Item

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
        scripts: Runner | None = None,
        lean: bool = False,
    ) -> None:
        """files: the device's disk; what an earlier sensor left there is taken up again.

        scripts: runs PAC files; None for a process of its own, which starts when it is needed.
        lean: for fleets: one idle connection, a short log, a short queue, no state on disk.
        Raises LabError for an impossible spec.
        """
        spec.check()
        spec = complete(spec)
        self._row = platform_row(spec.platform)
        self.tenant = tenant
        self.sink = sink
        self.machine = Machine(spec=spec, files=files, attachment=attachment)
        self._own_scripts = ScriptWorker()
        """Never started where somebody else's is used."""
        self._client = Client(
            machine=self.machine, tenant=tenant, sink=sink, scripts=scripts or self._own_scripts, lean=lean
        )
        self._is_on = False

    @property
    def agent(self) -> Agent:
        """As it is now: a new one comes with each start of the service."""
        return self._client.agent

    @property
    def machine_id(self) -> str:
        """40 hex digits."""
        return self._client.identity.machine_id

    @property
    def sent(self) -> int:
        """Events that the agent made, ever."""
        return self.agent.sent

    @property
    def waiting(self) -> int:
        """Events that are not acknowledged."""
        return self.agent.waiting

    @property
    def is_on(self) -> bool:
        """Whether the device is switched on."""
        return self._is_on

    @property
    def state(self) -> str:
        return self.agent.state.value

    async def start(self) -> None:
        """Lay out the device's files, as far as they are not there, and start its services. Raises LabError."""
        layout.lay_out(self.machine, self._client.now())
        self.machine.lock_registry()
        self._client.load()
        self.machine.files.watch(self._changed)
        self._is_on = True
        runs = self.machine.services().get(self._row.service)
        # A service that only shows the client's state says nothing of a client that has just been switched on.
        if runs or (runs is not None and self._row.service_shows_state):
            self._client.start()

    async def stop(self) -> None:
        """Switch the device off: everything ends, its files stay."""
        self._is_on = False
        await self._client.stop()
        await self._client.transport.close()
        await self._own_scripts.stop()

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
        login = self._login_environment()
        io = Io(stdin=stdin, env={**login, **(env or {})}, cwd=cwd or login.get("HOME", "/"))
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
        administration.change(self.machine, fields)
        self._client.device_changed()

    def reconnect(self) -> None:
        """Close the connections that wait for a next request: it takes a new one, and meets what stands there now."""
        self._client.transport.drop_idle()

    # What programs ask for (see `mdelab.endpoint.program.Device`)

    async def run(self, argv: list[str], *, io: Io) -> int:
        """Run another program inside one that runs. An unknown one says so, answers 127 and is noted in `io`."""
        program = programs.find(self, argv[0], io.cwd)
        if image := programs.image(self, argv[0], io):
            self.observe(
                "ProcessCreated", Image=image, CommandLine=programs.command_line(self, argv), User=self._row.user
            )
        if program is None:
            io.err.write(
                f"{argv[0]}: not simulated by this lab, so nothing was run. `mdelab steps` and the documents list the "
                "programs of an endpoint.\n"
            )
            io.not_simulated.append(argv[0])
            return 127
        return await program(self, argv, io)

    async def sleep(self, delay: timedelta) -> None:
        """Wait, in the tenant's time: it comes back when the clock was moved that far."""
        with self._counted(f"a wait of {delay}") as item:
            await sleep(self.tenant.work, item, self.tenant.clock, delay)

    async def fetch(self, url: str, *, purpose: Purpose, trust: Trust, method: str = "GET") -> Reply | Failure:
        """One request the way the agent would send it, redirects not followed."""
        with self._counted(f"{method} {url}") as item:
            return await self._client.transport.request(method, url, purpose=purpose, trust=trust, item=item)

    async def resolve(self, name: str) -> str | None:
        with self._counted(f"name {name}"):
            return await self._client.transport.resolve(name)

    async def route(self, url: str) -> Route:
        """The route that the client would take to `url` now. Raises LabError for what is no URL."""
        with self._counted(f"route to {url}") as item:
            return await self._client.transport.route(url, item)

    def observe(self, type: str, **fields: str) -> None:  # noqa: A002 (the field's name in an Event)
        """Something happened; it becomes an event when the client can see it and the device is onboarded."""
        if sees(self.machine.spec):
            self._client.feed(happened.Observed(type=type, fields=fields))

    def configure(self, **changes: object) -> None:
        """Change local settings of the agent and persist them. Raises LabError."""
        self._client.configure(changes)

    def set_tag(self, key: str, value: str) -> None:
        self._client.feed(happened.TagSet(key=key, value=value))

    def update_threat(self, threat: Threat) -> None:
        self._client.feed(happened.ThreatSeen(threat=threat))

    async def refresh_definitions(self) -> bool:
        """Download definitions now. False when that failed or the daemon does not run."""
        if not self._client.is_running:
            return False
        with self._counted("definitions") as item:
            return await self._client.refresh_definitions(item)

    def restore_definitions(self) -> None:
        """Go back to the definitions that the client was shipped with."""
        self._client.feed(happened.DefinitionsRestored())

    def scan_file(self, path: str, *, ignore_exclusions: bool = False) -> Threat | None:
        """Scan one file now, whether real-time protection runs or not."""
        return self._client.scan_file(path, ignore_exclusions=ignore_exclusions)

    async def control_service(self, name: str, running: bool) -> None:
        """Start or stop a service. Raises LabError for one that the device does not have."""
        known = self.machine.services()
        if name not in known:
            raise LabError(f"{self.machine.spec.name!r} has no service {name!r}. It has: {', '.join(known) or 'none'}.")
        if known[name] == running:
            return
        self.machine.set_service(name, running)
        if name == self._row.service and self._client.is_running and running:
            # It showed itself as stopped, because it had nothing to do.
            self._client.look_for_packages()
        elif name == self._row.service and running:
            self._client.load()
            self._client.start()
        elif name == self._row.service:
            await self._client.stop()
        self._client.look_for_conflicts()

    async def kill_client(self, number: int) -> None:
        """End the client's service by a signal; nothing is told to anybody. Harmless when it does not run."""
        if self.machine.services().get(self._row.service):
            self.machine.set_service(self._row.service, False)
            await self._client.stop()
            self._tell(f"the process of the service {self._row.service} was ended by signal {number}")

    async def start_client(self) -> None:
        """Start the client's service again. Harmless when it runs."""
        await self.control_service(self._row.service, True)
        self._tell("")

    async def client_killed(self) -> None:
        """Somebody killed the client's process: its service manager starts it again at once, as every platform's does."""
        with self.tenant.work.item(f"{self.machine.spec.name}: its service starts again"):
            if self.machine.services().get(self._row.service):
                self.machine.set_service(self._row.service, False)
                await self._client.stop()
                await self.control_service(self._row.service, True)

    # Inside

    def _tell(self, error: str) -> None:
        """What the device's own service manager knows of the client. error: "" when it runs."""
        self.sink(Evidence(observer="device", step="device", error=error, address=self.machine.attachment.address))

    @contextmanager
    def _counted(self, what: str) -> Iterator[Item]:
        """The item that the tenant's ledger counts `what` as: the running program's, or one of its own."""
        running = _running.get()
        if running is not None:
            yield running
            return
        with self.tenant.work.item(f"{self.machine.spec.name}: {what}") as own:
            yield own

    def _changed(self, path: str) -> None:
        """A file of the device appeared, changed or went."""
        if self._is_on and not path.startswith(self._row.own_folders):
            self._client.file_changed(path)

    def _login_environment(self) -> dict[str, str]:
        return {
            **{name: value.format(name=self.machine.spec.name) for name, value in self._row.login.items()},
            **self.machine.environment,
        }
