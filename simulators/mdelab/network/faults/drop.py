"""A firewall lets connection requests vanish."""

from mdelab.model.fault import InForce
from mdelab.network.faults.verdicts import Dropped


def verdict(fault: InForce) -> Dropped:
    return Dropped()
