"""The cloud answers requests with an error instead of serving them."""

from mdelab.cloud.faults.verdicts import Answering
from mdelab.model.fault import InForce


def verdict(fault: InForce) -> Answering:
    return Answering(fault.number("status"), fault.number("retry_after_s"))
