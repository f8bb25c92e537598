"""A firewall refuses connections at once."""

from mdelab.model.fault import InForce
from mdelab.network.faults.verdicts import Rejected


def verdict(fault: InForce) -> Rejected:
    return Rejected()
