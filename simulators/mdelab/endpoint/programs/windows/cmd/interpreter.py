"""Carries out batch files and command lines, node by node: what cmd itself does; programs are run by the device.

Outside of what it simulates it stops at once and says where, because a script that goes on without a step proves nothing.
"""

import io
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.speech import NOT_SIMULATED
from mdelab.endpoint.programs.windows.cmd import conditions, loops
from mdelab.endpoint.programs.windows.cmd.expand import delayed, for_variables, percent, percent_typed
from mdelab.endpoint.programs.windows.cmd.nodes import For, Group, If, Joined, Node, Redirect, Simple
from mdelab.endpoint.programs.windows.cmd.parse import BadSyntax, Reader, Unread, labels
from mdelab.endpoint.programs.windows.cmd.streams import CannotRedirect, Input, Redirected, Streams
from mdelab.endpoint.programs.windows.cmd.words import command_word, is_batch, read_lines
from mdelab.endpoint.programs.windows.environment import Variables
from mdelab.endpoint.programs.windows.place import place, shown_folder
from mdelab.endpoint.windows_path import children, to_windows
from mdelab.model.errors import LabError
from mdelab.model.windows_command_line import split

_MOST_COMMANDS = 20_000
"""A script that runs on after so many commands goes round in a circle."""

_MOST_CALLS = 50
"""Calls inside calls; Windows allows some hundreds."""

SYNTAX_ERROR = 255
"""What cmd ends with after a line that it does not understand."""


_NOT_RECOGNIZED = 9009
"""%ERRORLEVEL% after a command that is not there."""


class Jump(Exception):
    """`goto LABEL`; "eof" ends the file or the called part."""

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self.label = label


class Leave(Exception):
    """`exit`. is_whole: the whole process ends, not only the file or the called part."""

    def __init__(self, code: int, *, is_whole: bool) -> None:
        super().__init__(code)
        self.code = code
        self.is_whole = is_whole


class Stopped(Exception):
    """The script asked for something that is not simulated, or runs in a circle; all was said."""


@dataclass(slots=True)
class Script:
    """A batch file, or one line that was typed."""

    name: str
    """As it was called, for messages; "" for a typed line."""
    lines: list[str]
    arguments: Sequence[str] = ()
    """From %0 on."""
    labels: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.labels = labels(self.lines)


Builtin = Callable[["Interpreter", str, Script, Streams], Awaitable[int | None]]
"""What follows the command word -> its error level; None leaves %ERRORLEVEL% as it is."""

_Work = Callable[[Streams], Awaitable[None]]


class Interpreter:
    """One process of cmd. Its built-in commands are `mdelab.endpoint.programs.windows.cmd.builtins`."""

    def __init__(self, device: Device, io_: Io, variables: Variables, builtins: Mapping[str, Builtin]) -> None:
        """io_: the process's own; its `cwd` moves with `cd`."""
        self.device = device
        self.io = io_
        self.variables = variables
        self._builtins = builtins
        self.level = 0
        """%ERRORLEVEL%"""
        self.echo = True
        self.is_delayed = False
        self.saved: list[tuple[Variables, bool, str]] = []
        """What `setlocal` keeps: variables, delayed expansion, working folder."""
        self.folders: list[str] = []
        """Of `pushd`."""
        self.line = 0
        """That is carried out, for messages."""
        self._for: dict[str, str] = {}
        self._left = _MOST_COMMANDS
        self._depth = 0

    async def run(self, script: Script, streams: Streams, *, start: int = 0) -> int:
        """Run a script from a line on (counted from 0); its exit code. Raises Leave for `exit` without /b, and Stopped."""
        reader = Reader(script.lines, lambda line: self._expanded(script, line))
        reader.at = start
        depth = len(self.saved)
        self._depth += 1
        if self._depth > _MOST_CALLS:
            self._too_deep(streams)
        try:
            while (read := reader.next()) is not None:
                node, text = read
                if self.echo and script.name and not text.lstrip().startswith("@"):
                    streams.out.write(f"\n{shown_folder(self.io)}>{text.strip()} \n")
                try:
                    await self.execute(node, script, streams)
                except Jump as jump:
                    if jump.label == "eof":
                        break
                    if jump.label not in script.labels:
                        streams.err.write(f"The system cannot find the batch label specified - {jump.label}\n")
                        self.level = 1
                        break
                    reader.at = script.labels[jump.label]
        except Unread as unread:
            self.line = unread.line
            self.refuse(script, "this line", str(unread))
        except BadSyntax as bad:
            streams.err.write(f"{bad}\n" + (f"That is line {bad.line} of {script.name}.\n" if script.name else ""))
            self.level = SYNTAX_ERROR
        except RecursionError:
            self._too_deep(streams)
        except Leave as leave:
            self.level = leave.code
            if leave.is_whole:
                raise
        finally:
            self._depth -= 1
            while len(self.saved) > depth:
                self.restore()
        return self.level

    async def execute(self, node: Node, script: Script, streams: Streams) -> None:
        """Carry out one node. Raises Jump, Leave and Stopped."""
        self.line = node.line
        match node:
            case Simple(text=text, redirects=redirects):
                self._count(script)
                await self._redirected(redirects, streams, lambda inner: self.command(self._now(text), script, inner))
            case Group(nodes=nodes, redirects=redirects):

                async def all_of_them(inner: Streams) -> None:
                    for one in nodes:
                        await self.execute(one, script, inner)

                await self._redirected(redirects, streams, all_of_them)
            case Joined():
                await self._joined(node, script, streams)
            case If():
                branch = node.then if self._holds(node) != node.is_negated else node.otherwise
                if branch is not None:
                    await self.execute(branch, script, streams)
            case For():
                await self._loop(node, script, streams)

    async def command(self, text: str, script: Script, streams: Streams) -> None:
        """Run one command with its arguments, as it stands behind all expansions."""
        name, rest = command_word(text)
        if not name:
            return
        builtin = self._builtins.get(name.lower())
        if builtin is not None:
            level = await builtin(self, rest, script, streams)
            if level is not None:
                self.level = level
            return
        argv = [name.strip('"'), *split(rest)]
        if is_batch(name) and script.name:
            # Without `call` the other script takes over and does not come back.
            self.level = await self.batch(argv, streams)
            raise Leave(self.level, is_whole=False)
        self.level = await self.program(argv, script, streams)

    async def batch(self, argv: list[str], streams: Streams) -> int:
        """Another batch file in this process: it shares the variables."""
        path, files = place(self.device, self.io, argv[0]), self.device.machine.files
        if not files.exists(path) or files.is_folder(path):
            streams.err.write(
                f"'{argv[0]}' is not recognized as an internal or external command,\noperable program or batch file.\n"
            )
            return _NOT_RECOGNIZED
        return await self.run(Script(name=argv[0], lines=read_lines(files.read(path)), arguments=argv), streams)

    def expanded_again(self, text: str, script: Script) -> str:
        """As `call` does: percent signs that were doubled are expanded now."""
        return self._expanded(script, text)

    def restore(self) -> None:
        """`endlocal`."""
        self.variables, self.is_delayed, self.io.cwd = self.saved.pop()

    async def program(self, argv: list[str], script: Script, streams: Streams) -> int:
        """Run a program of the device. Raises Stopped when it, or something in it, is not simulated."""
        inner = Io(
            stdin=streams.input.rest,
            env=dict(self.variables),
            cwd=self.io.cwd,
            out=streams.out,
            err=streams.err,
            not_simulated=[],
        )
        code = await self.device.run(argv, io=inner)
        self.io.not_simulated.extend(inner.not_simulated)
        if inner.not_simulated:
            self.refuse(script, ", ".join(inner.not_simulated), "Leave it out, or do it in another way.")
        return code

    def refuse(self, script: Script, what: str, advice: str) -> None:
        """Say on the process's own error stream, which no redirection hides, where the script stops. Raises Stopped."""
        if what not in self.io.not_simulated:
            self.io.not_simulated.append(what)
        where = f"{script.name}, line {self.line}: " if script.name else ""
        self.io.err.write(f"{where}{what}: not simulated by this lab, so the script stops here. {advice}\n")
        self.level = NOT_SIMULATED
        raise Stopped

    # Inside

    async def _redirected(self, redirects: tuple[Redirect, ...], streams: Streams, work: _Work) -> None:
        if not redirects:
            await work(streams)
            return
        redirects = tuple(
            Redirect(stream=one.stream, how=one.how, target=self._now(one.target).strip('"')) for one in redirects
        )
        try:
            redirected = Redirected(self.device, self.io, streams, redirects)
        except (CannotRedirect, LabError) as error:
            streams.err.write(f"{error}\n")
            self.level = 1
            return
        try:
            await work(redirected.streams)
        finally:
            redirected.close()

    async def _joined(self, node: Joined, script: Script, streams: Streams) -> None:
        if node.how == "|":
            pipe = Streams(streams.input, io.StringIO(), streams.err)
            await self.execute(node.left, script, pipe)
            read = Input(pipe.out.getvalue().encode())
            await self.execute(node.right, script, Streams(read, streams.out, streams.err))
            return
        await self.execute(node.left, script, streams)
        if node.how == "&" or (self.level == 0) == (node.how == "&&"):
            await self.execute(node.right, script, streams)

    def _holds(self, node: If) -> bool:
        left, right = self._now(node.left), self._now(node.right)
        match node.kind:
            case "errorlevel":
                found = conditions.at_least(self.level, left)
                if found is None:
                    raise BadSyntax(f"{left!r} is no number: write if errorlevel N.", node.line)
                return found
            case "exist":
                return conditions.exists(self.device, self.io, left)
            case "defined":
                return conditions.is_defined(self.variables, left)
            case "compare":
                return conditions.compares(left, node.operator, right, ignores_case=node.ignores_case)

    async def _loop(self, node: For, script: Script, streams: Streams) -> None:
        try:
            rounds = await self._rounds(node, script, streams)
        except loops.BadLoop as bad:
            raise BadSyntax(str(bad), node.line) from bad
        before = self._for
        try:
            for values in rounds:
                self._for = {**before, **values}
                await self.execute(node.body, script, streams)
        finally:
            self._for = before

    async def _rounds(self, node: For, script: Script, streams: Streams) -> list[dict[str, str]]:
        items = self._now(node.items)
        if node.kind == "count":
            return [{node.variable: value} for value in loops.counts(items)]
        if node.kind == "words":
            return [{node.variable: value} for word in loops.words(items) for value in self._matching(word)]
        how = loops.parsing(node.options)
        kind, text = loops.source(items, how)
        if kind == "file":
            try:
                content = self.device.machine.files.read(place(self.device, self.io, text)).decode(errors="replace")
            except FileNotFoundError:
                streams.err.write(f"The system cannot find the file {text}.\n")
                self.level = 1
                return []
            return loops.rows(content.splitlines(), node.variable, how)
        if kind == "command":
            inner = Streams(streams.input, io.StringIO(), streams.err)
            line = Script(name="", lines=[text], arguments=script.arguments)
            await Interpreter(self.device, self.io, self.variables, self._builtins).run(line, inner)
            text = inner.out.getvalue()
        return loops.rows(text.splitlines(), node.variable, how)

    def _matching(self, word: str) -> list[str]:
        """The files that a word with `*` or `?` means; the word itself without them."""
        if "*" not in word and "?" not in word:
            return [word]
        head, slash, pattern = word.strip('"').rpartition("\\")
        folder = place(self.device, self.io, head or ".")
        found = [
            name
            for name in children(self.device.machine.files, folder)
            if PurePosixPath(name.lower()).match(pattern.lower())
        ]
        return [f"{head}{slash}{name}" for name in found if not self.device.machine.files.is_folder(f"{folder}/{name}")]

    def _too_deep(self, streams: Streams) -> None:
        """What cmd does with a script that calls itself for ever: it ends the whole process. Raises Stopped."""
        streams.err.write("******  B A T C H   R E C U R S I O N  exceeds STACK limits ******\n")
        self.level = SYNTAX_ERROR
        raise Stopped

    def _count(self, script: Script) -> None:
        self._left -= 1
        if self._left < 0:
            where = f"{script.name or 'the command line'}, line {self.line}"
            self.io.err.write(
                f"{where}: stopped after {_MOST_COMMANDS} commands, because a script that long goes round in a circle. "
                "Give its loop an end.\n"
            )
            self.level = 1
            raise Stopped

    def _expanded(self, script: Script, line: str) -> str:
        if script.name or script.arguments:
            return percent(line, script.arguments, self._all(), self._part)
        return percent_typed(line, self._all())

    def _now(self, text: str) -> str:
        """What is expanded only when a command runs."""
        text = for_variables(text, self._for, self._part)
        return delayed(text, self._all()) if self.is_delayed else text

    def _all(self) -> Variables:
        """The variables with those that cmd works out."""
        now = self.device.tenant.clock.now()
        worked_out = {
            "ERRORLEVEL": str(self.level),
            "CD": shown_folder(self.io),
            "DATE": f"{now:%a %m/%d/%Y}",
            "TIME": f"{now:%H:%M:%S}.{now.microsecond // 10_000:02}",
        }
        return Variables({**worked_out, **self.variables})

    def _part(self, letters: str, text: str) -> str:
        """%~dp0 and the like: parts of a path."""
        text = text.strip('"')
        if not letters:
            return text
        path = to_windows(place(self.device, self.io, text))
        folder, _, name = path.rpartition("\\")
        stem, dot, suffix = name.rpartition(".")
        if "f" in letters or "s" in letters:
            return path
        parts = {
            "d": path[:2],
            "p": folder[2:] + "\\",
            "n": stem if dot else name,
            "x": dot + suffix if dot else "",
            "z": self._size(path),
        }
        return "".join(parts.get(letter, "") for letter in "dpnxz" if letter in letters)

    def _size(self, path: str) -> str:
        where = place(self.device, self.io, path)
        files = self.device.machine.files
        return str(len(files.read(where))) if files.exists(where) and not files.is_folder(where) else ""
