"""PAC files in the lab's engine and in PyPAC, which is neither ours nor built on the same engine: the answers agree.

The files are generated. Left out is what PyPAC is known to do otherwise (carsonyl/pypac): `shExpMatch` there ignores case
and knows classes, `localHostOrDomainIs` takes any prefix, and time and date ranges do not run over midnight or New Year.
"""

import asyncio
import random
import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from mdelab.endpoint.pac.evaluate import View, evaluate
from mdelab.endpoint.pac.worker import ScriptWorker
from mdelab.model.pac import Answer, Script

pypac_functions = pytest.importorskip(
    "pypac.parser_functions", reason="PyPAC is not installed: `make conformance` does it"
)
pypac_parser = pytest.importorskip("pypac.parser", reason="PyPAC is not installed: `make conformance` does it")

FILES = 200
NOW = datetime(2026, 1, 7, 14, 25, 36, tzinfo=UTC)
NAMES = {
    "x.cp.wd.microsoft.com": "10.1.2.3",
    "winatp-gw-eus.microsoft.com": "192.168.1.9",
    "intranet": "10.200.0.7",
    "www.corp.example": "172.16.5.5",
    "us-v20.events.data.microsoft.com": "10.1.255.1",
}
HOSTS = (*NAMES, "nobody.example", "10.1.2.3", "a.b.c.deep.corp.example")
PATTERNS = ("*.microsoft.com", "*corp*", "intranet", "?.cp.wd.*", "*", "10.*", "*.example", "www.corp.exampl?")
DOMAINS = (".microsoft.com", "corp.example", ".example", "intranet", ".data.microsoft.com")
NETS = (
    ("10.0.0.0", "255.0.0.0"),
    ("10.1.0.0", "255.255.0.0"),
    ("192.168.1.0", "255.255.255.0"),
    ("0.0.0.0", "0.0.0.0"),
)
DAYS = ("MON", "TUE", "WED", "THU", "FRI")
MONTHS = ("JAN", "FEB", "MAR", "JUL", "DEC")
WAYS = (
    "DIRECT",
    "PROXY a.corp.example:8080",
    "PROXY b.corp.example:3128",
    "PROXY 10.0.0.6:80",
    "SOCKS5 s.corp.example:1080",
)


class Generator:
    """Scripts from a seed: conditions over the helpers, in the shapes in which people write PAC files."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def script(self) -> str:
        shape = self._random.choice((self._ladder, self._ternary, self._table, self._functions, self._switch))
        return shape()

    def _ladder(self) -> str:
        rows = [f"  if ({self._condition(2)}) return {self._ways()};" for _ in range(self._random.randint(1, 6))]
        return self._function("\n".join([*rows, f"  return {self._ways()};"]))

    def _ternary(self) -> str:
        first, second = self._condition(2), self._condition(1)
        return self._function(f"  return {first} ? {self._ways()} : {second} ? {self._ways()} : {self._ways()};")

    def _table(self) -> str:
        rows = ", ".join(f"[{self._quoted(self._random.choice(DOMAINS))}, {self._ways()}]" for _ in range(3))
        loop = "  for (var i = 0; i < table.length; i++)\n    if (dnsDomainIs(host, table[i][0])) return table[i][1];"
        return f"var table = [{rows}];\n" + self._function(f"{loop}\n  return {self._ways()};")

    def _functions(self) -> str:
        helper = f"function isOurs(name, url) {{ var host = name; return {self._condition(1)}; }}\n"
        return helper + self._function(
            f"  host = host.toLowerCase();\n  if (!isOurs(host, url)) return {self._ways()};\n  return {self._ways()};"
        )

    def _switch(self) -> str:
        return self._function(
            f"  switch (dnsDomainLevels(host)) {{ case 0: return {self._ways()}; case 2: case 3: return {self._ways()}; "
            f"default: if ({self._condition(1)}) return {self._ways()}; }}\n  return {self._ways()};"
        )

    def _function(self, body: str) -> str:
        return f"function FindProxyForURL(url, host) {{\n{body}\n}}\n"

    def _ways(self) -> str:
        some = self._random.sample(WAYS, self._random.randint(1, 3))
        parting = self._random.choice(("; ", ";", " ; "))
        if all(way.startswith("SOCKS") for way in some):
            some.append("DIRECT")
        return self._quoted(parting.join(some))

    def _condition(self, depth: int) -> str:
        if depth == 0 or self._random.random() < 0.4:
            return self._plain()
        left, right = self._condition(depth - 1), self._condition(depth - 1)
        return self._random.choice((f"({left} && {right})", f"({left} || {right})", f"!({left})"))

    def _plain(self) -> str:
        pick = self._random.choice
        net, mask = pick(NETS)
        first, last = sorted(self._random.sample(range(5), 2))
        early, late = sorted(self._random.sample(range(24), 2))
        return pick(
            (
                "isPlainHostName(host)",
                f"dnsDomainIs(host, {self._quoted(pick(DOMAINS))})",
                f"shExpMatch(host, {self._quoted(pick(PATTERNS))})",
                f"shExpMatch(url, {self._quoted('https://' + pick(PATTERNS) + '*')})",
                f"isInNet(host, '{net}', '{mask}')",
                f"isInNet(dnsResolve('x.cp.wd.microsoft.com'), '{net}', '{mask}')",
                "isResolvable(host)",
                f"dnsDomainLevels(host) > {pick((0, 1, 2, 3))}",
                "localHostOrDomainIs(host, 'www.corp.example')",
                f"weekdayRange('{DAYS[first]}', '{DAYS[last]}', 'GMT')",
                f"timeRange({early}, 'GMT')",
                f"timeRange({early}, 10, 20, {late}, 20, 30, 'GMT')",
                f"dateRange({self._random.randint(1, 31)}, 'GMT')",
                f"dateRange('{pick(MONTHS)}', 'GMT')",
                f"dateRange(2020, {pick((2025, 2026, 2030))}, 'GMT')",
                f"url.substring(0, 6) == {self._quoted(pick(('https:', 'http:/')))}",
                f"/{pick(('microsoft', 'corp', '^int'))}/.test(host)",
            )
        )

    def _quoted(self, text: str) -> str:
        return self._random.choice((f'"{text}"', f"'{text}'"))


@pytest.fixture(scope="module")
def ours() -> Iterator[tuple[asyncio.AbstractEventLoop, ScriptWorker]]:
    loop, worker = asyncio.new_event_loop(), ScriptWorker()
    yield loop, worker
    loop.run_until_complete(worker.stop())
    loop.close()


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyPAC asks this machine for names and the time; it is given the lab's."""

    def look_up(name: str) -> str:
        if name in NAMES or name[:1].isdigit():
            return NAMES.get(name, name)
        raise socket.gaierror(f"{name} is not known")

    monkeypatch.setattr(socket, "gethostbyname", look_up)
    monkeypatch.setattr(pypac_functions, "_now", lambda utc=False: NOW.replace(tzinfo=None))


async def _known(name: str) -> str | None:
    return NAMES.get(name)


@pytest.mark.usefixtures("surroundings")
@pytest.mark.parametrize("batch", range(FILES // 20))
def test_generated_files_get_the_same_answer_from_both_engines(
    ours: tuple[asyncio.AbstractEventLoop, ScriptWorker], batch: int
) -> None:
    loop, worker = ours
    view = View(resolve=_known, my_address="10.9.9.9", now=NOW, is_whole_url=True)
    for number in range(batch * 20, batch * 20 + 20):
        script = Generator(2026 + number).script()
        theirs = pypac_parser.PACFile(script)
        for host in HOSTS:
            url = f"https://{host}/path?query=1"
            said = loop.run_until_complete(evaluate(worker, Script(text=script, encoding="utf-8"), url, view))
            assert isinstance(said, Answer), (said, script)
            value = pypac_parser.parse_pac_value(theirs.find_proxy_for_url(url, host))
            expected = [way for way in value if not way.startswith("socks")]
            found = ["DIRECT" if way is None else str(way) for way in said.ways]
            assert found == expected, f"file {number} for {host}:\n{script}"
