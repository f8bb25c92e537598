"""What the agents of one worker share, and how each of them is made: its identity, its cable, its events."""

from pathlib import Path

from cryptography import x509

from mdelab.endpoint import events as happened
from mdelab.endpoint.agent import Agent
from mdelab.load.agents import FleetAgent, Note
from mdelab.load.network import CloudNetwork, LoopClock, Roots
from mdelab.load.protocol import FleetPlan
from mdelab.model.attachment import Attachment
from mdelab.model.channel import Profile
from mdelab.model.package import parse
from mdelab.model.tenant import Tenant

_EVENT = happened.Observed(
    type="ProcessCreated",
    fields={
        "Image": "/usr/sbin/sshd",
        "CommandLine": "/usr/sbin/sshd -D -R",
        "ParentImage": "/usr/lib/systemd/systemd",
        "User": "root",
    },
)
"""Ordinary telemetry: no detection rule takes it for an attack."""


class Ground:
    """Makes agents of one plan."""

    def __init__(self, plan: FleetPlan, note: Note) -> None:
        self._plan = plan
        self._note = note
        self._package = parse(plan.onboarding, "onboarding")
        self.onboarding_file = plan.onboarding
        self.offboarding_file = plan.offboarding
        self._package_roots = x509.load_pem_x509_certificates(Path(plan.range.package_roots).read_bytes())
        self._tenant = Tenant(
            id=plan.tenant,
            org_id=plan.org_id,
            name=plan.tenant_name,
            scenario=plan.scenario,
            seed=plan.seed,
            clock=LoopClock(),
            evidence="failures",
        )
        # One stream for all: jitter needs no stream a device, and a generator holds 2.5 KiB.
        self._jitter = self._tenant.stream(plan.prefix, "jitter")
        self._roots = Roots(plan.range)
        self._ports = dict(plan.range.ports)

    def agent(self, number: int, share: int) -> FleetAgent:
        """Agent `number` of the plan, from 0. share: for its operations."""
        plan = self._plan
        name = f"{plan.prefix}-{number + 1}"
        attachment = Attachment(
            address=plan.range.addresses[number],
            resolver=plan.range.resolver,
            ports=self._ports,
            root_set=Path(plan.range.root_set),
            public_roots=Path(plan.range.public_roots),
            package_roots=Path(plan.range.package_roots),
        )
        profile = Profile(
            machine_id="".join(f"{self._tenant.derive(name, 'machine id', part):016x}" for part in "123")[:40],
            name=name,
            os_platform="Ubuntu",
            os_version="22.04",
            address=attachment.address,
            client_version="101.0.0",
        )
        agent = Agent(profile=profile, roots=self._package_roots, source=self._jitter)
        network = CloudNetwork(name=name, tenant=self._tenant, attachment=attachment, roots=self._roots)
        return FleetAgent(agent, network, share=share, note=self._note, template=_EVENT, package=self._package)
