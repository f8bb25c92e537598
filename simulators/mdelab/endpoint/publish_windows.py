r"""What the Defender client of a Windows device shows of its state to others: values in the registry, and its service.

Tools and scripts read these instead of asking the client, as `mdatp health` is asked elsewhere. Names and types: defender-docs
troubleshoot-onboarding.md, and what MDEClientAnalyzer.ps1 reads. The agent itself never reads them.
"""

from datetime import UTC, datetime, timedelta

from mdelab.endpoint.agent import Agent, AgentState
from mdelab.endpoint.machine import Machine
from mdelab.endpoint.registry import Registry, Value

CLIENT_KEY = r"HKLM\SOFTWARE\Microsoft\Windows Advanced Threat Protection"
STATUS_KEY = CLIENT_KEY + r"\Status"
SERVICE_KEY = r"HKLM\SYSTEM\CurrentControlSet\Services\sense"

SERVICE = "sense"

_AUTOMATIC, _BY_HAND = 2, 3

_RUNS = (AgentState.ENROLLING, AgentState.ONBOARDED, AgentState.OFFBOARDING)


def publish(machine: Machine, agent: Agent) -> None:
    """Bring the registry and the service's state up to the agent's. Raises LabError for a registry that cannot be read."""
    registry = machine.registry
    if registry is None:
        return
    runs = agent.state in _RUNS
    machine.set_service(SERVICE, runs)
    if agent.state is AgentState.FRESH and not registry.has_key(STATUS_KEY):
        # A device that was never onboarded has no status at all, which the onboarding script waits for.
        return
    registry.set(STATUS_KEY, "OnboardingState", Value("REG_DWORD", int(agent.licensed)))
    registry.set(SERVICE_KEY, "Start", Value("REG_DWORD", _AUTOMATIC if runs else _BY_HAND))
    registry.set(CLIENT_KEY, "SenseId", Value("REG_SZ", agent.machine_id))
    package = agent.onboarding if agent.licensed else None
    _put(registry, STATUS_KEY, "OrgID", package.org_id if package else "")
    _put(registry, CLIENT_KEY, "OnboardedInfo", package.text if package else "")
    if agent.last_contact is not None:
        registry.set(STATUS_KEY, "LastConnected", Value("REG_QWORD", filetime(agent.last_contact)))


def filetime(moment: datetime) -> int:
    """Windows' count of 100 ns since 1601. moment: aware."""
    return (moment - datetime(1601, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 10


def _put(registry: Registry, key: str, name: str, text: str) -> None:
    if text:
        registry.set(key, name, Value("REG_SZ", text))
    else:
        registry.delete(key, name)
