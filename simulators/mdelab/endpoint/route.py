"""Which way the agent of a device goes now: what each place says where a proxy can be set, strongest first.

The choice between them is `mdelab.model.route`; the places are `mdelab.endpoint.proxy_places`.
"""

from mdelab.catalogue.platforms import platform_row
from mdelab.endpoint.machine import Machine
from mdelab.endpoint.proxy_places import PLACES
from mdelab.endpoint.settings import AgentSettings
from mdelab.model.errors import LabError
from mdelab.model.proxy import Proxy, parse_proxy
from mdelab.model.route import Candidate, Route, choose


def agent_route(machine: Machine, settings: AgentSettings) -> tuple[Route, list[str]]:
    """The route that holds for the next connection, and a complaint for each proxy that cannot be read.

    A proxy that cannot be read counts as not set: real agents pass over such a value too (assumed).
    """
    candidates: list[Candidate] = []
    complaints: list[str] = []
    for row in platform_row(machine.spec.platform).proxy:
        proxy: Proxy | None = None
        try:
            text = PLACES[row.place].read(machine, settings)
            proxy = parse_proxy(text, where=f"the {row.name} proxy") if text else None
        except LabError as error:
            complaints.append(str(error))
        candidates.append(Candidate(source=row.name, proxy=proxy))
    return choose(candidates), complaints
