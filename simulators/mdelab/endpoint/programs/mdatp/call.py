"""One call of the `mdatp` command as its handlers see it, and how a command line becomes one.

The command line is a path of words (`edr tag set`), options with a value (`--name GROUP`) and flags. `--output json` may
stand anywhere.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mdelab.endpoint.program import Device, Io

OK = 0
FAILED = 1
"""Also for a wrong command line: the real client's code is not documented."""

_MOST_WORDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    device: Device
    io: Io
    options: Mapping[str, str] = field(default_factory=dict)
    """Given options by name without dashes; a flag has the value ""."""
    words: tuple[str, ...] = ()
    """What stands behind the command's own words."""
    as_json: bool = False

    def say(self, text: str) -> None:
        """Print `text` and a newline: a parser of real installers breaks when the last line is not ended."""
        self.io.out.write(text + "\n")

    def fail(self, text: str) -> int:
        """Print an error; returns the exit code."""
        self.io.out.write(text + "\n")
        return FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command: what it takes and what it does."""

    run: Callable[[Call], Awaitable[int]]
    needs: tuple[str, ...] = ()
    """Options that must be given."""
    takes: tuple[str, ...] = ()
    """Options that may be given."""
    flags: tuple[str, ...] = ()
    words: int = 0
    """How many further words it takes at most."""

    def usage(self, name: str) -> str:
        parts = [
            f"mdatp {name}",
            *(f"--{one} <{one}>" for one in self.needs),
            *(f"[--{one} <{one}>]" for one in self.takes),
        ]
        return " ".join([*parts, *(f"[--{one}]" for one in self.flags)])


class WrongUsage(Exception):
    """A command line that means nothing; the message is for the user."""


class UnknownWord(WrongUsage):
    """A command or an option that the lab does not have; whether the real client has it, nobody here knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A command line that was understood."""

    name: str
    command: Command
    options: dict[str, str]
    words: tuple[str, ...]
    as_json: bool


def find_command(commands: Mapping[str, Command], words: Sequence[str]) -> str | None:
    """The longest command that `words` begins with."""
    for length in range(min(_MOST_WORDS, len(words)), 0, -1):
        if " ".join(words[:length]) in commands:
            return " ".join(words[:length])
    return None


def read_line(commands: Mapping[str, Command], arguments: Sequence[str]) -> Line:
    """Read the arguments behind `mdatp`. Raises WrongUsage, which is an UnknownWord for what the lab does not have."""
    rest, as_json = _take_output(arguments)
    name = find_command(commands, rest)
    if name is None:
        asked = " ".join(word for word in rest if not word.startswith("-")) or " ".join(rest)
        known = "\n".join(f"  {command.usage(name)}" for name, command in sorted(commands.items()))
        usage = f"Usage: mdatp <command> [options]\n{known}"
        raise UnknownWord(f"Unknown command: {asked}\n{usage}") if asked else WrongUsage(usage)
    command = commands[name]
    options, words = _read_options(name, command, rest[len(name.split()) :])
    missing = [one for one in command.needs if one not in options]
    if missing:
        raise WrongUsage(f"Missing option: --{missing[0]}\nUsage: {command.usage(name)}")
    return Line(name=name, command=command, options=options, words=words, as_json=as_json)


def _take_output(arguments: Sequence[str]) -> tuple[list[str], bool]:
    rest: list[str] = []
    as_json = False
    given = iter(arguments)
    for argument in given:
        if argument.split("=", 1)[0] not in ("--output", "-output"):
            rest.append(argument)
            continue
        shape = argument.split("=", 1)[1] if "=" in argument else next(given, "")
        if shape not in ("json", "table"):
            raise WrongUsage(f"Invalid value for --output: {shape!r}. Use json or table.")
        as_json = shape == "json"
    return rest, as_json


def _read_options(name: str, command: Command, rest: Sequence[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    options: dict[str, str] = {}
    words: list[str] = []
    given = iter(rest)
    for argument in given:
        if not argument.startswith("--"):
            words.append(argument)
            continue
        option, has_value, value = argument[2:].partition("=")
        if option in command.flags and not has_value:
            options[option] = ""
        elif option in (*command.needs, *command.takes):
            found = value if has_value else next(given, None)
            if found is None:
                raise WrongUsage(f"Option --{option} needs a value\nUsage: {command.usage(name)}")
            options[option] = found
        else:
            raise UnknownWord(f"Unknown option: {argument}\nUsage: {command.usage(name)}")
    if len(words) > command.words:
        raise UnknownWord(f"Unknown command: {name} {' '.join(words)}\nUsage: {command.usage(name)}")
    return options, tuple(words)
