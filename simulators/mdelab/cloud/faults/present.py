"""The cloud shows another certificate than its own."""

from mdelab.cloud.faults.verdicts import Presenting
from mdelab.model.fault import InForce


def verdict(fault: InForce) -> Presenting:
    return Presenting(fault.text("flaw"))
