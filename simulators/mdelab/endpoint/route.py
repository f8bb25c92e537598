"""Which way the agent of a device goes to a URL: reads the places where a route can be set, and finds out what they ask for.

The choice between them is `mdelab.model.route`; the places are `mdelab.endpoint.proxy_places`; PAC files and discovery are
`mdelab.endpoint.pac`.
"""

from collections.abc import Callable, Hashable
from typing import Protocol
from urllib.parse import urlsplit

from mdelab.catalogue.pac_problems import pac_code
from mdelab.catalogue.platforms import ProxyRow, platform_row
from mdelab.endpoint.machine import Machine
from mdelab.endpoint.outcome import Failure, Reply
from mdelab.endpoint.pac.discovery import discover
from mdelab.endpoint.pac.evaluate import Runner, View
from mdelab.endpoint.pac.source import PacFiles
from mdelab.endpoint.proxy_places import FIXED, PAC, SWITCHES
from mdelab.endpoint.settings import AgentSettings
from mdelab.model.bypass import Bypass, read_bypass
from mdelab.model.errors import LabError
from mdelab.model.pac import PacFailure, Problem
from mdelab.model.platform import Platform
from mdelab.model.proxy import Proxy, parse_proxy
from mdelab.model.route import (
    Candidate,
    Discovery,
    Fixed,
    Found,
    NotFound,
    Pac,
    PassedOver,
    Question,
    Route,
    Setting,
    Unusable,
    Way,
    choose,
)
from mdelab.model.site import Site
from mdelab.model.tenant import Tenant


class Reach(Protocol):
    """What a device can do before it knows its route: nothing goes through a proxy."""

    async def get(self, url: str) -> Reply | Failure:
        """Fetch a PAC file."""
        ...

    async def resolve(self, name: str) -> str | None: ...


class Router(Protocol):
    """Where a transport learns its route."""

    def settings(self) -> Hashable:
        """What is set now; while it stays equal, a kept connection may be used again."""
        ...

    async def route(self, url: str, reach: Reach) -> Route: ...


class Always:
    """One way to everything, which nobody has decided: for fleets, and for tests of what lies below."""

    __slots__ = ("_route",)

    def __init__(self, proxy: Proxy | None = None) -> None:
        self._route = Route(source="", ways=(Way(proxy=proxy, source=""),))

    def settings(self) -> Hashable:
        return self._route

    async def route(self, url: str, reach: Reach) -> Route:
        return self._route


class DeviceRouter:
    """The routes of one device."""

    def __init__(
        self,
        machine: Machine,
        tenant: Tenant,
        settings: Callable[[], AgentSettings],
        runner: Runner,
        say: Callable[[str], None],
    ) -> None:
        """settings: what is in force. say: is told what is wrong with a setting, or that one was passed over, once."""
        self._machine = machine
        self._tenant = tenant
        self._agent_settings = settings
        self._rules = platform_row(machine.spec.platform).pac
        self._files = PacFiles(runner, self._rules)
        self._say = say
        self._complaints: tuple[str, ...] = ()
        self._notes: dict[str, tuple[PassedOver, ...]] = {}
        """Host -> what was said of it last."""
        self._site: Site | None = None
        self._announced: str | PacFailure | None = None
        """What discovery has found in this network; None when it has not looked."""

    def settings(self) -> tuple[Candidate, ...]:
        """The candidates, strongest first; what is wrong with them is told."""
        candidates, complaints = read_candidates(self._machine, self._agent_settings())
        if complaints != self._complaints:
            self._complaints = complaints
            for complaint in complaints:
                self._say(complaint)
        return candidates

    def forget(self) -> None:
        """The device was started anew or has joined another network: what it found out there does not count any more."""
        self._announced = None
        self._files.forget()

    async def route(self, url: str, reach: Reach) -> Route:
        """Decide for one URL. Raises LabError for what is none."""
        if self._site is not self._tenant.site:
            self._site = self._tenant.site
            self.forget()
        host = urlsplit(url).hostname or ""
        choice = choose(self.settings(), host, walk=self._rules.walk.value, on_failure=self._rules.on_failure.value)
        try:
            question = next(choice)
            while True:
                question = choice.send(await self._answer(question, url, reach))
        except StopIteration as done:
            route: Route = done.value
        self._tell(host, route)
        return route

    async def _answer(self, question: Question, url: str, reach: Reach) -> Found | NotFound:
        setting, source = question.setting, question.source
        pac_url = setting.url if isinstance(setting, Pac) else await self._discovered(reach)
        if isinstance(pac_url, PacFailure):
            return self._not_found(pac_url, is_asked_for=isinstance(setting, Discovery) and setting.is_asked_for)
        view = View(
            resolve=reach.resolve,
            my_address=self._machine.attachment.address,
            now=self._tenant.clock.now(),
            seed=self._tenant.derive("pac", self._machine.spec.name) & 0xFFFFFFFF,
            is_whole_url=self._rules.is_whole_url.value,
        )
        try:
            said = await self._files.ask(pac_url, url, view, reach.get)
        except LabError as error:
            return NotFound(reason="bad-url", text=str(error))
        if isinstance(said, PacFailure):
            return self._not_found(said)
        notes = [PassedOver(source=source, reason="unspoken", text=entry) for entry in said.passed_over]
        if said.note is not None:
            notes.append(PassedOver(source=source, reason=said.note.problem.value, text=said.note.text))
        return Found(ways=said.ways, pac_url=pac_url, notes=tuple(notes))

    async def _discovered(self, reach: Reach) -> str | PacFailure:
        if self._announced is None:
            self._announced = await discover(self._tenant.site, self._machine.attachment, reach.resolve)
        return self._announced

    def _not_found(self, failure: PacFailure, *, is_asked_for: bool = True) -> NotFound:
        if failure.problem is Problem.NOT_FOUND and not is_asked_for:
            return NotFound(reason="nothing-announced", text=failure.text)
        code = pac_code(failure.problem, self._machine.spec.platform)
        return NotFound(reason=failure.problem.value, text=failure.text, code=code)

    def _tell(self, host: str, route: Route) -> None:
        """Say once what was passed over because something is wrong with it, and where the agent goes instead."""
        wrong = tuple(one for one in route.passed_over if one.reason not in ("weaker", "nothing-announced"))
        if wrong == self._notes.get(host, ()):
            return
        self._notes[host] = wrong
        ways = ", ".join(str(way) for way in route.ways) or "nowhere"
        for one in wrong:
            code = f" ({one.code})" if one.code else ""
            self._say(f"route to {host}: {one.source} passed over: {one.text}{code}; it goes {ways}")


def read_candidates(machine: Machine, settings: AgentSettings) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
    """What each place says, strongest first, and a complaint for each value that cannot be used.

    A value that cannot be used counts as not set: real agents pass over such a value too (assumed).
    """
    candidates: list[Candidate] = []
    complaints: list[str] = []
    for row in platform_row(machine.spec.platform).proxy:
        try:
            setting, wrong = _read(row, machine, settings)
            complaints += wrong
        except LabError as error:
            complaints.append(f"{error} It counts as not set.")
            setting = Unusable(reason="bad-value", text=str(error))
        if row.unused and setting is not None:
            setting = Unusable(reason=row.unused, text=row.because)
        candidates.append(Candidate(source=row.name, setting=setting, falls_back=row.falls_back))
    return tuple(candidates), tuple(complaints)


def _read(row: ProxyRow, machine: Machine, settings: AgentSettings) -> tuple[Setting | None, list[str]]:
    match row.kind:
        case "pac":
            url = PAC[row.place].read(machine)
            return Pac(url=url) if url else None, []
        case "wpad":
            return _switched(SWITCHES[row.place].read(machine), row, machine.spec.platform), []
        case "fixed":
            held = FIXED[row.place].read(machine, settings)
            if held is None:
                return None, []
            proxy = parse_proxy(held.proxy, where=f"the {row.name} proxy", form=row.form)
            said = [held.remark] if held.remark else []
            if row.bypass is None:
                return Fixed(proxy=proxy, bypass=Bypass(kind="no-proxy")), said
            bypass, wrong = read_bypass(row.bypass, held.bypass, where=f"the bypass list of the {row.name} proxy")
            return Fixed(proxy=proxy, bypass=bypass), said + wrong


def _switched(is_on: bool | None, row: ProxyRow, platform: Platform) -> Setting | None:
    if is_on is None:
        return Discovery(is_asked_for=False)
    if is_on:
        return Discovery()
    if not row.is_service:
        return None
    code = pac_code(Problem.SERVICE_OFF, platform)
    return Unusable(
        reason=Problem.SERVICE_OFF.value, text="the service that looks for a PAC file is disabled", code=code
    )
