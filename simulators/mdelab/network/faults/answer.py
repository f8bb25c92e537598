"""The name server gives another answer than it should."""

from mdelab.model.fault import InForce
from mdelab.network.faults.verdicts import DnsVerdict


def verdict(fault: InForce) -> DnsVerdict:
    return DnsVerdict(fault.text("rcode"))
