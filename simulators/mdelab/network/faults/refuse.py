"""The proxy refuses to go to a name, and says why."""

from mdelab.model.fault import InForce
from mdelab.network.faults.verdicts import Answered


def verdict(fault: InForce, hop: str, name: str) -> Answered:
    said = fault.text("says").format_map({**fault.settings, "name": name})
    return Answered(fault.number("status"), f"{hop}: {said}")
