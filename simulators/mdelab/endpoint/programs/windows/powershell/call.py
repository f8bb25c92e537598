"""One call of a PowerShell command: what it is given, and how a command is described."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.windows.powershell.parse import Unsupported, Word
from mdelab.endpoint.programs.windows.powershell.records import Item

COMMON = {"erroraction": True, "verbose": False, "force": False, "confirm": False}
"""Parameters that every command takes, and that change nothing here."""


class Failed(Exception):
    """The command failed; the message is what PowerShell prints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    device: Device
    io: Io
    options: Mapping[str, tuple[str, ...]]
    """Parameter in lower case -> its values; empty for a switch."""
    items: Sequence[Item] = ()
    """From the left side of the pipeline."""

    def one(self, name: str, default: str = "") -> str:
        values = self.options.get(name.lower(), ())
        return values[0] if values else default


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    run: Callable[[Call], Awaitable[list[Item]]]
    """Raises Failed."""
    takes: Mapping[str, bool]
    """Parameter in lower case -> whether a value follows."""
    positions: tuple[str, ...] = ()
    """Parameters that are given by place."""
    needs: tuple[str, ...] = ()


def read_options(name: str, command: Command, given: Sequence[Word]) -> dict[str, tuple[str, ...]]:
    """The parameters of a call; names may be cut short as far as they stay clear. Raises Unsupported and Failed."""
    known = {**COMMON, **command.takes}
    options: dict[str, tuple[str, ...]] = {}
    places = list(command.positions)
    words = list(given)
    while words:
        word = words.pop(0)
        if not word.is_parameter:
            free = [one for one in places if one not in options]
            if not free:
                raise Unsupported(f"{name} with the argument {word.text!r}")
            options[free[0]] = word.values
            continue
        asked, colon, following = word.text[1:].partition(":")
        fitting = [one for one in known if one == asked.lower()] or [
            one for one in known if one.startswith(asked.lower())
        ]
        if len(fitting) != 1:
            raise Unsupported(f"{name} {word.text}")
        if not known[fitting[0]]:
            options[fitting[0]] = (following,) if colon else ()
        elif colon and following:
            options[fitting[0]] = (following,)
        elif words:
            options[fitting[0]] = words.pop(0).values
        else:
            raise Failed(f"{name} : Missing an argument for parameter '{asked}'. Specify a parameter and try again.")
    for needed in command.needs:
        if needed not in options:
            raise Failed(
                f"{name} : Cannot process command because of a missing mandatory parameter: {needed.capitalize()}."
            )
    return options
