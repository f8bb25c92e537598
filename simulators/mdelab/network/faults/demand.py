"""The proxy demands credentials (407), which the Defender client does not have."""

from mdelab.model.fault import InForce
from mdelab.network.faults.verdicts import Answered


def verdict(fault: InForce, hop: str, name: str) -> Answered:
    scheme = fault.text("scheme")
    return Answered(407, f"{hop}: this proxy demands {scheme} authentication", scheme)
