"""Where a Linux device names its proxy, and what it says there now. The choice between them is `mdelab.model.route`."""

import re

from mdelab.endpoint.machine import Machine, parse_environment
from mdelab.endpoint.settings import AgentSettings
from mdelab.model.errors import LabError
from mdelab.model.route import Candidate, Proxy, Route, choose, parse_proxy

UNIT_FILE = "/lib/systemd/system/mdatp.service"

_ASSIGNMENT = re.compile(r"""^\s*Environment=(?P<quote>["']?)(?P<value>.*?)(?P=quote)\s*$""")
_ENVIRONMENT_FILE = re.compile(r"^\s*EnvironmentFile=-?(?P<path>/\S+)\s*$")
_VARIABLES = ("HTTPS_PROXY", "https_proxy")


def agent_route(machine: Machine, settings: AgentSettings) -> tuple[Route, list[str]]:
    """The route that holds for the next connection, and a complaint for each proxy that cannot be read.

    A proxy that cannot be read counts as not set: real agents pass over such a value too (assumed).
    """
    is_managed = "proxy" in settings.managed
    said = [
        ("managed", settings.proxy if is_managed else ""),
        ("mdatp", "" if is_managed else settings.proxy),
        ("service", _service_proxy(machine)),
        ("environment", _of(machine.environment)),
    ]
    candidates: list[Candidate] = []
    complaints: list[str] = []
    for source, text in said:
        proxy: Proxy | None = None
        if text:
            try:
                proxy = parse_proxy(text, where=f"the {source} proxy")
            except LabError as error:
                complaints.append(str(error))
        candidates.append(Candidate(source=source, proxy=proxy))
    return choose(candidates), complaints


def _service_proxy(machine: Machine) -> str:
    try:
        unit = machine.files.read(UNIT_FILE).decode(errors="replace")
    except FileNotFoundError:
        return ""
    found: dict[str, str] = {}
    for line in unit.splitlines():
        if match := _ASSIGNMENT.match(line):
            found |= parse_environment(match["value"])
        elif (match := _ENVIRONMENT_FILE.match(line)) and machine.files.exists(match["path"]):
            found |= parse_environment(machine.files.read(match["path"]).decode(errors="replace"))
    return _of(found)


def _of(environment: dict[str, str]) -> str:
    return next((environment[name] for name in _VARIABLES if environment.get(name)), "")
