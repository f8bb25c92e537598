"""What the cloud does wrong on purpose. An action reads the fault's settings and says what is to be done; the acceptor does
it in a handshake, the protocol in an exchange.

One file an action, one line in the table. Which fault of the catalogue uses which action is data
(`mdelab.catalogue.faults`).
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from mdelab.cloud.faults import answer, present
from mdelab.cloud.faults.verdicts import Answering, CloudVerdict, Presenting
from mdelab.model.fault import InForce
from mdelab.model.tenant import Caller

__all__ = ["CLOUD", "Answering", "Presenting", "acting"]

V = TypeVar("V", Answering, Presenting)

CLOUD: Mapping[str, Callable[[InForce], CloudVerdict]] = {"answer": answer.verdict, "present": present.verdict}


def acting(caller: Caller, name: str, kind: type[V]) -> tuple[str, V | None]:
    """What of that kind a fault does to a caller that wants `name`, and the fault's id; ("", None) for nothing."""
    faults = caller.tenant.faults
    for fault in faults.at("cloud", endpoint=caller.endpoint, name=name):
        verdict = CLOUD[fault.action](fault)
        if isinstance(verdict, kind) and faults.takes(fault, caller.endpoint, name):
            return fault.id, verdict
    return "", None
