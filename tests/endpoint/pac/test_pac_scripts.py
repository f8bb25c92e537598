"""PAC scripts in their own process: what they may call, what they answer, and what stops them."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from mdelab.endpoint.pac.evaluate import MOST_NAMES, View, check, evaluate
from mdelab.endpoint.pac.messages import Broken, Done, Task
from mdelab.endpoint.pac.worker import MEMORY_BYTES, ScriptWorker
from mdelab.model.pac import Answer, PacFailure, Problem, Script
from mdelab.model.proxy import Proxy

MONDAY_NINE = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
NAMES = {"ten.corp.example": "10.1.2.3", "other.corp.example": "192.168.7.9"}


class Scripts:
    """A worker on a loop of its own, for the tests of this file."""

    def __init__(self, guard_s: float = 60.0) -> None:
        self.loop = asyncio.new_event_loop()
        self.worker = ScriptWorker(guard_s)
        self.asked: list[str] = []

    def answer(self, body: str, url: str = "https://x.example/secret") -> Answer | PacFailure:
        return self.script(f"function FindProxyForURL(url, host) {{ {body} }}", url)

    def script(self, text: str, url: str = "https://x.example/secret") -> Answer | PacFailure:
        view = View(resolve=self._resolve, my_address="10.9.8.7", now=MONDAY_NINE, seed=7)
        script = Script(text=text, encoding="utf-8")
        return self.loop.run_until_complete(evaluate(self.worker, script, url, view))

    def value(self, expression: str) -> str:
        """What an expression is inside a script: it comes back as the host of a proxy."""
        said = self.answer(f'return "PROXY " + String({expression}).replace(/[^A-Za-z0-9.-]/g, "-") + ":1";')
        assert isinstance(said, Answer), said
        assert said.ways[0] is not None, said
        return said.ways[0].host

    def close(self) -> None:
        self.loop.run_until_complete(self.worker.stop())
        self.loop.close()

    async def _resolve(self, name: str) -> str | None:
        self.asked.append(name)
        return NAMES.get(name)


@pytest.fixture(scope="module")
def shared() -> Iterator[Scripts]:
    scripts = Scripts()
    yield scripts
    scripts.close()


@pytest.fixture
def scripts(shared: Scripts) -> Scripts:
    shared.asked.clear()
    return shared


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("isPlainHostName('www')", "true"),
        ("isPlainHostName('www.')", "false"),
        ("dnsDomainIs('notexample.com', 'example.com')", "true"),
        ("dnsDomainIs('notexample.com', '.example.com')", "false"),
        ("localHostOrDomainIs('www', 'www.x.y')", "true"),
        ("localHostOrDomainIs('ww', 'www.x.y')", "false"),
        ("localHostOrDomainIs('www.x', 'www.x.y')", "false"),
        ("isResolvable('ten.corp.example')", "true"),
        ("isResolvable('nobody.example')", "false"),
        ("dnsResolve('ten.corp.example')", "10.1.2.3"),
        ("dnsResolve('nobody.example')", "null"),
        ("isInNet('ten.corp.example', '10.0.0.0', '255.0.0.0')", "true"),
        ("isInNet('other.corp.example', '10.0.0.0', '255.0.0.0')", "false"),
        ("isInNet('nobody.example', '0.0.0.0', '0.0.0.0')", "false"),
        ("isInNet('10.0.0.1', '10.0.0.0', '255.255.255.255')", "false"),
        ("myIpAddress()", "10.9.8.7"),
        ("dnsDomainLevels('a.b.c')", "2"),
        ("shExpMatch('a.b', '*.b')", "true"),
        ("shExpMatch('aXb', 'a.b')", "false"),
        ("shExpMatch('A.b', 'a.b')", "false"),
        ("shExpMatch('[x]', '[?]')", "true"),
        ("shExpMatch('x', '[x]')", "false"),
        ("weekdayRange('MON')", "true"),
        ("weekdayRange('TUE', 'FRI')", "false"),
        ("weekdayRange('SAT', 'MON')", "true"),
        ("weekdayRange('SUN', 'GMT')", "false"),
        ("timeRange(9)", "true"),
        ("timeRange(8, 9)", "true"),
        ("timeRange(22, 8)", "false"),
        ("timeRange(22, 9, 'GMT')", "true"),
        ("timeRange(9, 0, 9, 30)", "true"),
        ("timeRange(9, 31, 17, 0)", "false"),
        ("timeRange(9, 30, 1, 9, 31, 0)", "false"),
        ("dateRange(5)", "true"),
        ("dateRange('JAN')", "true"),
        ("dateRange(2025)", "false"),
        ("dateRange('NOV', 'FEB')", "true"),
        ("dateRange(1, 'DEC', 4, 'JAN')", "false"),
        ("dateRange(1, 'DEC', 2025, 31, 'JAN', 2026)", "true"),
        ("dateRange(1, 'JAN', 2027, 1, 'JAN', 2028)", "false"),
        ("convert_addr('1.2.3.4')", "16909060"),
        ("alert('x')", "undefined"),
        ("isInNetEx('10.1.2.3', '10.1.0.0/16')", "true"),
        ("isInNetEx('2001:db8::1', '2001:db8::/32')", "true"),
        ("isInNetEx('::ffff:10.0.0.1', '2001:db8::/32')", "false"),
        ("isInNetEx('10.1.2.3', '2001:db8::/32')", "false"),
        ("dnsResolveEx('nobody.example') === ''", "true"),
        ("sortIpAddressList('10.2.1.1;10.1.1.1')", "10.1.1.1-10.2.1.1"),
        ("sortIpAddressList('nonsense')", "false"),
        ("getClientVersion()", "1.0"),
        ("new Date().toISOString().slice(0, 10)", "2026-01-05"),
        ("typeof fetch + typeof require + typeof std + typeof os", "undefinedundefinedundefinedundefined"),
    ],
)
def test_the_helpers_do_what_is_written_of_them(scripts: Scripts, expression: str, value: str) -> None:
    assert scripts.value(expression) == value


def test_a_script_is_asked_again_with_each_name_and_no_name_twice(scripts: Scripts) -> None:
    said = scripts.answer(
        "if (isResolvable('nobody.example')) return 'DIRECT';"
        "return isInNet('ten.corp.example', '10.0.0.0', '255.0.0.0') && dnsResolve('ten.corp.example') ? 'PROXY a:1' : 'DIRECT';"
    )
    assert said == Answer(ways=(Proxy(host="a", port=1),))
    assert scripts.asked == ["nobody.example", "ten.corp.example"]


def test_a_script_that_catches_everything_still_gets_its_names(scripts: Scripts) -> None:
    said = scripts.answer(
        "try { return 'PROXY ' + dnsResolve('ten.corp.example') + ':1'; } catch (e) { return 'DIRECT'; }"
    )
    assert said == Answer(ways=(Proxy(host="10.1.2.3", port=1),))


def test_a_script_cannot_reach_what_it_was_given(scripts: Scripts) -> None:
    said = scripts.answer("JSON.stringify = () => '{\"value\": \"PROXY evil:1\"}'; Date = 1; return 'PROXY a:1';")
    assert said == Answer(ways=(Proxy(host="a", port=1),))


def test_chance_is_the_seed_s(scripts: Scripts) -> None:
    assert scripts.value("Math.random()") == scripts.value("Math.random()")


def test_a_file_with_only_microsofts_function_is_taken(scripts: Scripts) -> None:
    assert scripts.script("function FindProxyForURLEx(url, host) { return 'PROXY ' + host + ':1' }") == Answer(
        ways=(Proxy(host="x.example", port=1),)
    )


@pytest.mark.parametrize(
    ("text", "problem", "line"),
    [
        ("function FindProxyForURL(url, host) {\n  return 'DIRECT'\n", Problem.SYNTAX, 3),
        ("function FindProxyForURL(url, host) {\n  return isInNetEX('a')\n}", Problem.RUNTIME, 2),
        ("throw 'up'", Problem.RUNTIME, 0),
        ("function FindProxyForURL(url, host) { return eval('(') }", Problem.RUNTIME, 1),
        ("var FindProxyForURL = 7", Problem.NO_FUNCTION, 0),
        ("", Problem.NO_FUNCTION, 0),
        ("function FindProxyForURL(url, host) { return 1 + FindProxyForURL(url, host) }", Problem.TOO_DEEP, 0),
        ("function FindProxyForURL() { var a = []; while (1) a.push('x'.repeat(99999) + a.length) }", Problem.OUT_OF_MEMORY, 0),
    ],
)  # fmt: skip
def test_a_script_that_fails_says_how_and_where(scripts: Scripts, text: str, problem: Problem, line: int) -> None:
    said = scripts.script(text)

    assert isinstance(said, PacFailure), said
    assert said.problem is problem
    assert said.line == line or not line
    assert scripts.value("1") == "1", "the next script runs as if nothing had been"


def test_a_script_that_asks_for_names_without_end_is_stopped(scripts: Scripts) -> None:
    said = scripts.answer("for (let i = 0; ; i++) isResolvable('n' + i + '.example');")

    assert isinstance(said, PacFailure)
    assert said.problem is Problem.NAMES
    assert len(scripts.asked) == MOST_NAMES


def test_reading_a_script_runs_none_of_its_answers(scripts: Scripts) -> None:
    script = Script(text="function FindProxyForURL() { while (1); }", encoding="utf-8")
    assert scripts.loop.run_until_complete(check(scripts.worker, script)) is None


def test_an_endless_loop_is_ended_and_costs_little_the_second_time() -> None:
    """By the limit of the engine, which a test may set lower; the worker remembers the script."""
    scripts = Scripts()
    task = Task(script="while (1);", url="https://a.b/", host="a.b", limit_s=0.2, memory_bytes=MEMORY_BYTES)
    try:
        for _ in range(2):
            said = scripts.loop.run_until_complete(scripts.worker.run(task))
            assert isinstance(said, Broken)
            assert said.problem is Problem.OUT_OF_TIME
    finally:
        scripts.close()


def test_a_process_that_does_not_end_a_script_is_killed_and_replaced() -> None:
    scripts = Scripts(guard_s=1.5)
    loop = Task(script="while (1);", limit_s=1e6, memory_bytes=MEMORY_BYTES)
    script = "function FindProxyForURL() { return 'DIRECT' }"
    fine = Task(script=script, url="https://a.b/", host="a.b", limit_s=5, memory_bytes=MEMORY_BYTES)
    try:
        said = scripts.loop.run_until_complete(scripts.worker.run(loop))
        assert isinstance(said, Broken)
        assert said.problem is Problem.OUT_OF_TIME
        assert scripts.worker.pid is None
        scripts.worker._guard_s = 60.0
        assert scripts.loop.run_until_complete(scripts.worker.run(fine)) == Done(value="DIRECT")
        assert scripts.worker.pid is not None
    finally:
        scripts.close()
