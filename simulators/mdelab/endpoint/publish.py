"""What a client shows of its state to other programs, after each change of it: nothing on Linux and macOS, which ask it."""

from collections.abc import Callable

from mdelab.endpoint import publish_windows
from mdelab.endpoint.agent import Agent
from mdelab.endpoint.machine import Machine
from mdelab.model.platform import Platform

_PUBLISHERS: dict[Platform, Callable[[Machine, Agent], None]] = {Platform.WINDOWS: publish_windows.publish}


def publish(machine: Machine, agent: Agent) -> None:
    """Raises LabError where it cannot be shown."""
    show = _PUBLISHERS.get(machine.spec.platform)
    if show is not None:
        show(machine, agent)
