"""A device for the programs' tests: a real Machine with real files, and an agent whose state a test sets by hand.

The sensor that owns a device in the lab is tested beside this folder; here nothing runs but the program under test.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from mdelab.endpoint.agent import AgentState, Definitions
from mdelab.endpoint.antivirus import Threat, judge
from mdelab.endpoint.files import FolderTree
from mdelab.endpoint.machine import Machine
from mdelab.endpoint.outcome import Failure, Reply
from mdelab.endpoint.program import Io
from mdelab.endpoint.programs import find
from mdelab.endpoint.protection import is_excluded
from mdelab.endpoint.settings import AgentSettings, changed
from mdelab.model.attachment import Attachment
from mdelab.model.clock import EPOCH, Clock
from mdelab.model.device import DeviceSpec
from mdelab.model.evidence import Evidence, Purpose
from mdelab.model.package import Package
from mdelab.model.tenant import Tenant, new_tenant
from mdelab.model.trust import Trust


@dataclass
class HandAgent:
    """The agent's readable state, as the seam in endpoint/program.py names it."""

    state: AgentState = AgentState.FRESH
    settings: AgentSettings = field(default_factory=AgentSettings)
    onboarding: Package | None = None
    licensed: bool = False
    waiting: int = 0
    definitions: Definitions = field(default_factory=Definitions)
    threats: list[Threat] = field(default_factory=list)
    machine_id: str = "0123456789abcdef0123456789abcdef01234567"
    tags: dict[str, str] = field(default_factory=dict)
    first_definitions_done: bool = False
    last_contact: None = None
    conflicting: tuple[str, ...] = ()
    configuration_version: str = ""
    isolation: str = ""


@dataclass
class HandDevice:
    """A device that keeps what programs asked of it."""

    machine: Machine
    tenant: Tenant
    agent: HandAgent = field(default_factory=HandAgent)
    records: list[Evidence] = field(default_factory=list)
    observed: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    fetched: list[tuple[str, Purpose, Trust, str]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    answer: Callable[[str, str], Reply | Failure] = lambda url, method: Reply(200, {}, b"OK")
    new_definitions: Definitions | None = None

    def sink(self, record: Evidence) -> None:
        self.records.append(record)

    async def fetch(self, url: str, *, purpose: Purpose, trust: Trust, method: str = "GET") -> Reply | Failure:
        self.fetched.append((url, purpose, trust, method))
        return self.answer(url, method)

    async def resolve(self, name: str) -> str | None:
        return self.names.get(name)

    def observe(self, type: str, **fields: str) -> None:  # noqa: A002
        self.observed.append((type, fields))

    def configure(self, **changes: object) -> None:
        self.agent.settings = changed(self.agent.settings, changes)

    def set_tag(self, key: str, value: str) -> None:
        self.agent.tags.pop(key, None)
        if value:
            self.agent.tags[key] = value

    def update_threat(self, threat: Threat) -> None:
        self.agent.threats = [threat if one.id == threat.id else one for one in self.agent.threats]

    async def run(self, argv: list[str], *, io: Io) -> int:
        program = find(self, argv[0], io.cwd)
        if program is None:
            io.not_simulated.append(argv[0])
            io.err.write(f"{argv[0]}: not simulated by this lab\n")
            return 127
        return await program(self, argv, io)

    async def refresh_definitions(self) -> bool:
        if self.new_definitions is None:
            return False
        self.agent.definitions = self.new_definitions
        return True

    def restore_definitions(self) -> None:
        self.agent.definitions = Definitions()
        self.agent.first_definitions_done = False

    def scan_file(self, path: str, *, ignore_exclusions: bool = False) -> Threat | None:
        if not ignore_exclusions and is_excluded(path, self.agent.settings):
            return None
        signature = judge(self.machine.files.read(path))
        if signature is None:
            return None
        threat = Threat(
            id=f"threat-{len(self.agent.threats)}",
            name=signature.name,
            type=signature.type,
            path=path,
            status="quarantined",
            at=self.tenant.clock.now(),
        )
        self.machine.files.write(f"{self.machine.paths.quarantine}/{threat.id}", self.machine.files.read(path))
        self.machine.files.remove(path)
        self.agent.threats.append(threat)
        return threat

    async def control_service(self, name: str, running: bool) -> None:
        self.machine.set_service(name, running)

    def call(self, *argv: str, cwd: str = "/", stdin: bytes = b"", env: dict[str, str] | None = None) -> "Ended":
        """Run a program to its end."""
        io = Io(stdin=stdin, env=env or {}, cwd=cwd)
        code = asyncio.run(self.run(list(argv), io=io))
        return Ended(code, io.out.getvalue(), io.err.getvalue(), io.not_simulated)

    def onboard(self) -> None:
        """State O of the health table."""
        self.agent.state = AgentState.ONBOARDED
        self.agent.licensed = True
        self.agent.first_definitions_done = True
        self.agent.definitions = Definitions(version="1.395.227.0", updated=EPOCH, status="up_to_date")
        self.agent.configuration_version = "30.199999.1-" + "ab" * 32
        self.tenant.clock.move_to(EPOCH + timedelta(minutes=30))

    def set(self, **changes: object) -> None:
        """Change the device's spec."""
        self.machine.spec = msgspec.structs.replace(self.machine.spec, **changes)


@dataclass
class Ended:
    code: int
    out: str
    err: str
    not_simulated: list[str]


@pytest.fixture
def device(tmp_path: Path) -> HandDevice:
    root = tmp_path / "root"
    files = FolderTree(root)
    nothing = tmp_path / "nothing.pem"
    attachment = Attachment(
        address="127.9.8.7", resolver=("127.0.0.1", 9), root_set=nothing, public_roots=nothing, package_roots=nothing
    )
    tenant = new_tenant(name="contoso", scenario="programs", seed=7, clock=Clock())
    spec = DeviceSpec(name="lin-1", distribution="ubuntu", release="22.04", kernel="5.15.0-122-generic")
    machine = Machine(spec=spec, files=files, attachment=attachment)
    for folder in ("/tmp", "/root", "/etc"):
        files.make_folder(folder)
    files.write("/var/log/microsoft/mdatp/install.log", b"[2026-01-05 09:00:00] Release ring: Production\n")
    files.write("/etc/os-release", b'ID=ubuntu\nVERSION_ID="22.04"\n')
    return HandDevice(machine=machine, tenant=tenant)
