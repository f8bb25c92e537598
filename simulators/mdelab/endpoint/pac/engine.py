"""The process that runs PAC scripts: tasks come in on standard input, outcomes go out on standard output, one at a time.

A script gets the helper functions and nothing of this machine; time and memory are bounded here, and `worker` kills the
process when that was not enough. It ends when its input does.
"""

import json
import re
import resource
import sys
from importlib.resources import files

import msgspec
import quickjs

from mdelab.endpoint.pac.messages import Broken, Done, Outcome, Task, Wants
from mdelab.model.pac import Problem

_STACK_BYTES = 512 * 1024
_PROCESS_BYTES = 1024 * 1024 * 1024
"""The whole process, for what the engine's own limit does not count."""

_LINE = re.compile(r"<input>:(\d+)")
_HELPERS_BEGIN = 100_000
"""The helpers' lines are numbered from here, since the engine gives both texts one name: the script's own come before."""

_HELPERS = "\n" * _HELPERS_BEGIN + files("mdelab.endpoint.pac").joinpath("helpers.js").read_text(encoding="utf-8")

_SIGNS = (
    ("InternalError: interrupted", Problem.OUT_OF_TIME),
    ("InternalError: out of memory", Problem.OUT_OF_MEMORY),
    ("SyntaxError", Problem.SYNTAX),
)


class _Answer(msgspec.Struct, frozen=True, rename="camel"):
    is_there: bool = False
    wanted: list[str] = []
    value: str | None = None


def run(task: Task) -> Outcome:
    """Run one script in an engine of its own. Never raises for what the script does."""
    context = quickjs.Context()
    context.set_memory_limit(task.memory_bytes)
    context.set_max_stack_size(_STACK_BYTES)
    given = {"names": task.names, "myAddress": task.my_address, "now": task.now_ms, "seed": task.seed}
    ask = context.eval(_HELPERS)(context.parse_json(json.dumps(given)))
    context.set_time_limit(task.limit_s)
    is_read = False
    try:
        context.eval(task.script)
        is_read = True
        if not msgspec.json.decode(ask("", ""), type=_Answer).is_there:
            return Broken(problem=Problem.NO_FUNCTION, text="the script has no function FindProxyForURL")
        answer = msgspec.json.decode(ask(task.url, task.host), type=_Answer) if task.url else _Answer()
    except quickjs.StackOverflow as error:
        return Broken(problem=Problem.TOO_DEEP, text="stack overflow", line=_line(str(error)))
    except quickjs.JSException as error:
        text = str(error)
        sign = next((problem for start, problem in _SIGNS if text.startswith(start)), Problem.RUNTIME)
        if sign is Problem.SYNTAX and is_read:
            sign = Problem.RUNTIME  # of an eval() inside the script
        first = text.partition("\n")[0].removeprefix("InternalError: ")
        return Broken(problem=sign, text=first or "the script threw nothing", line=_line(text))
    except (TypeError, MemoryError) as error:  # what quickjs raises when it cannot even make its exception
        return Broken(problem=Problem.OUT_OF_MEMORY, text=str(error) or "out of memory")
    return Wants(names=answer.wanted) if answer.wanted else Done(value=answer.value)


def _line(text: str) -> int:
    """The first line of the script itself that the engine names; 0 when it names none."""
    return next((int(line) for line in _LINE.findall(text) if int(line) < _HELPERS_BEGIN), 0)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_PROCESS_BYTES, _PROCESS_BYTES))
    decoder, encode = msgspec.json.Decoder(Task), msgspec.json.Encoder().encode
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(encode(run(decoder.decode(line))) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
