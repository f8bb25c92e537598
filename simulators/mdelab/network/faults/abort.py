"""The proxy closes the connection instead of answering."""

from mdelab.model.fault import InForce
from mdelab.network.faults.verdicts import Aborted


def verdict(fault: InForce, hop: str, name: str) -> Aborted:
    return Aborted()
