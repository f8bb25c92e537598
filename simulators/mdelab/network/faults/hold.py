"""A hop takes what it is sent and never answers."""

from mdelab.model.fault import InForce
from mdelab.network.faults.verdicts import Held


def verdict(fault: InForce, hop: str = "", name: str = "") -> Held:
    return Held()
