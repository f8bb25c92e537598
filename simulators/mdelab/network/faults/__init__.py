"""What hops do wrong on purpose. An action reads the fault's settings and says what its place is to do; the place does it.

One file an action, one table a place: a new action is a file and a line here. Which fault of the catalogue uses which
action with which settings is data (`mdelab.catalogue.faults`).
"""

from collections.abc import Callable, Mapping

from mdelab.model.fault import Faults, InForce, Place
from mdelab.model.pac_file import PacFile
from mdelab.network.faults import abort, answer, demand, drop, hold, inspect, portal, refuse, reject, reset, serve
from mdelab.network.faults.verdicts import DnsVerdict, GatewayVerdict, ProxyVerdict

DNS: Mapping[str, Callable[[InForce], DnsVerdict]] = {"answer": answer.verdict}
GATEWAY: Mapping[str, Callable[[InForce], GatewayVerdict]] = {
    "drop": drop.verdict,
    "hold": hold.verdict,
    "portal": portal.verdict,
    "reject": reject.verdict,
    "reset": reset.verdict,
}
PAC: Mapping[str, Callable[[InForce], PacFile]] = {"serve": serve.verdict}
TUNNEL: Mapping[str, Callable[[InForce, str, str], ProxyVerdict]] = {
    "abort": abort.verdict,
    "demand": demand.verdict,
    "hold": hold.verdict,
    "refuse": refuse.verdict,
}
"""Told the fault, the hop's name and the host that is asked for."""
INSPECTING: Mapping[str, Callable[[InForce, str, str], ProxyVerdict]] = {**TUNNEL, "inspect": inspect.verdict}


def proxy_verdict(
    faults: Faults, place: Place, *, endpoint: str, hop: str, name: str
) -> tuple[str, ProxyVerdict | None]:
    """What a proxy does wrong with a connection that asks it for `name`, and the id of the fault; ("", None) for nothing."""
    fault = next(iter(faults.acting(place, endpoint=endpoint, name=name, hop=hop)), None)
    if fault is None:
        return "", None
    return fault.id, (INSPECTING if place == "inspecting" else TUNNEL)[fault.action](fault, hop, name)
