"""An inspecting proxy reads a name although its bypass list has it."""

from mdelab.model.fault import InForce
from mdelab.network.faults.verdicts import Inspected


def verdict(fault: InForce, hop: str, name: str) -> Inspected:
    return Inspected()
