"""A firewall resets a connection when it has read the name that it is for."""

from mdelab.model.fault import InForce
from mdelab.network.faults.verdicts import Reset


def verdict(fault: InForce) -> Reset:
    return Reset()
