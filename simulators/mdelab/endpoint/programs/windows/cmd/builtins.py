"""The commands that cmd carries out by itself: echo, set, goto, call, exit and the like; the others are programs.

Commands on files (type, dir, copy and so on) are cmd's own as well; they are `mdelab.endpoint.programs.windows.files`.
"""

import re

from mdelab.endpoint.programs.windows.cmd.arithmetic import BadExpression, evaluate
from mdelab.endpoint.programs.windows.cmd.interpreter import (
    Builtin,
    Interpreter,
    Jump,
    Leave,
    Script,
)
from mdelab.endpoint.programs.windows.cmd.streams import Streams
from mdelab.endpoint.programs.windows.cmd.words import command_word, is_batch
from mdelab.endpoint.programs.windows.environment import Variables
from mdelab.endpoint.programs.windows.files import NO_PATH
from mdelab.endpoint.programs.windows.place import is_there, place, shown_folder
from mdelab.model.errors import LabError
from mdelab.model.windows_command_line import split

_CALLED_LABEL = re.compile(r"\s*:\s*(\S+)\s*(.*)", re.DOTALL)


async def _echo(shell: Interpreter, rest: str, script: Script, streams: Streams) -> int | None:
    if rest.strip().lower() in ("on", "off"):
        shell.echo = rest.strip().lower() == "on"
    elif not rest.strip():
        streams.out.write(f"ECHO is {'on' if shell.echo else 'off'}.\n")
    else:
        # The letter behind the word parts it from the text, whatever it is; `echo.` is an empty line.
        streams.out.write(f"{rest[1:]}\n")
    return None


async def _set(shell: Interpreter, rest: str, script: Script, streams: Streams) -> int | None:
    text = rest.strip(" \t") if rest.lstrip().startswith('"') else rest.lstrip()
    switch = text[:2].lower()
    if switch == "/a":
        try:
            number = evaluate(text[2:].strip(), shell.variables)
        except BadExpression as bad:
            streams.err.write(f"{bad}\n")
            return 1073750988 if "Divide" not in str(bad) else 1073750993
        if not script.name:
            streams.out.write(str(number))
        return 0
    if switch == "/p":
        return _ask(shell, text[2:].strip(), streams)
    if text.startswith('"'):
        # The last quote ends it; what stands behind it does not count.
        text = text[1:].rpartition('"')[0] if '"' in text[1:] else text[1:]
    name, mark, value = text.partition("=")
    if not mark:
        found = [one for one in sorted(shell.variables, key=str.lower) if one.lower().startswith(name.strip().lower())]
        streams.out.write("".join(f"{one}={shell.variables[one]}\n" for one in found))
        if not found:
            streams.err.write(f"Environment variable {name.strip()} not defined\n")
        return 0 if found else 1
    if value:
        shell.variables[name] = value
    else:
        shell.variables.pop(name, None)
    return 0 if script.name.lower().endswith(".cmd") else None


def _ask(shell: Interpreter, text: str, streams: Streams) -> int | None:
    """`set /p NAME=question`: the answer is a line of standard input; without one the variable stays as it is."""
    if text.startswith('"') and text.endswith('"'):
        text = text[1:-1]
    name, _, question = text.partition("=")
    streams.out.write(question.strip().strip('"') + (" " if question.strip() else ""))
    answer = streams.input.line()
    if not answer:
        return 1
    shell.variables[name.strip()] = answer
    return None


async def _goto(shell: Interpreter, rest: str, script: Script, streams: Streams) -> int | None:
    label = re.split(r"[\s:+=,;]", rest.strip().removeprefix(":"))[0].lower()
    raise Jump(label)


async def _call(shell: Interpreter, rest: str, script: Script, streams: Streams) -> int | None:
    text = shell.expanded_again(rest, script).strip()
    match = _CALLED_LABEL.fullmatch(text)
    if match is None:
        name, following = command_word(text)
        if is_batch(name):
            return await shell.batch([name.strip('"'), *split(following)], streams)
        await shell.command(text, script, streams)
        return None
    label = match[1].lower()
    if label == "eof":
        return None
    if label not in script.labels:
        streams.err.write(f"The system cannot find the batch label specified - {match[1]}\n")
        return 1
    part = Script(name=script.name, lines=script.lines, arguments=[f":{match[1]}", *split(match[2])])
    return await shell.run(part, streams, start=script.labels[label])


async def _exit(shell: Interpreter, rest: str, script: Script, streams: Streams) -> int | None:
    words = rest.split()
    is_file = bool(words) and words[0].lower() == "/b"
    code = words[is_file] if len(words) > is_file else ""
    if code and not re.fullmatch(r"-?\d+", code):
        # What cmd makes of a word that is no number.
        code = "0"
    raise Leave(int(code) if code else shell.level, is_whole=not is_file)


async def _cd(shell: Interpreter, rest: str, script: Script, streams: Streams) -> int | None:
    name = re.sub(r"^/d\s+", "", rest.strip(), flags=re.IGNORECASE).strip('"')
    if not name:
        streams.out.write(f"{shown_folder(shell.io)}\n")
        return None
    return _move_to(shell, name, streams)


def _move_to(shell: Interpreter, name: str, streams: Streams) -> int:
    try:
        path = place(shell.device, shell.io, name)
    except LabError as error:
        streams.err.write(f"{error}\n")
        return 1
    if not is_there(shell.device, path):
        streams.err.write(f"{NO_PATH}\n")
        return 1
    shell.io.cwd = path
    return 0


async def _pushd(shell: Interpreter, rest: str, script: Script, streams: Streams) -> int | None:
    before = shell.io.cwd
    level = _move_to(shell, rest.strip().strip('"'), streams)
    if level == 0:
        shell.folders.append(before)
    return level


async def _popd(shell: Interpreter, rest: str, script: Script, streams: Streams) -> int | None:
    if shell.folders:
        shell.io.cwd = shell.folders.pop()
    return None


async def _setlocal(shell: Interpreter, rest: str, script: Script, streams: Streams) -> int | None:
    shell.saved.append((Variables(dict(shell.variables)), shell.is_delayed, shell.io.cwd))
    words = rest.lower().split()
    if "enabledelayedexpansion" in words:
        shell.is_delayed = True
    elif "disabledelayedexpansion" in words:
        shell.is_delayed = False
    return None


async def _endlocal(shell: Interpreter, rest: str, script: Script, streams: Streams) -> int | None:
    if shell.saved:
        shell.restore()
    return None


async def _pause(shell: Interpreter, rest: str, script: Script, streams: Streams) -> int | None:
    streams.out.write("Press any key to continue . . . \n")
    streams.input.line()
    return None


async def _shift(shell: Interpreter, rest: str, script: Script, streams: Streams) -> int | None:
    script.arguments = [*script.arguments[:1], *script.arguments[2:]]
    return None


async def _chcp(shell: Interpreter, rest: str, script: Script, streams: Streams) -> int | None:
    streams.out.write(f"Active code page: {rest.strip() or '437'}\n")
    return 0


async def _nothing(shell: Interpreter, rest: str, script: Script, streams: Streams) -> int | None:
    """What changes a window only, or is a remark."""
    return None


BUILTINS: dict[str, Builtin] = {
    "call": _call,
    "cd": _cd,
    "chcp": _chcp,
    "chdir": _cd,
    "cls": _nothing,
    "color": _nothing,
    "echo": _echo,
    "endlocal": _endlocal,
    "exit": _exit,
    "goto": _goto,
    "pause": _pause,
    "popd": _popd,
    "prompt": _nothing,
    "pushd": _pushd,
    "rem": _nothing,
    "set": _set,
    "setlocal": _setlocal,
    "shift": _shift,
    "title": _nothing,
}
