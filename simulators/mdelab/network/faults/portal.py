"""A captive portal answers until somebody has logged in."""

from mdelab.model.fault import InForce
from mdelab.network.faults.verdicts import Portal


def verdict(fault: InForce) -> Portal:
    return Portal(fault.text("page"))
