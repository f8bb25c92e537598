"""Splits the arguments of the simpler programs into flags and the rest."""

from collections.abc import Collection, Sequence


class UnknownFlag(Exception):
    """A flag that the lab does not simulate; the message is the flag."""


def split_flags(arguments: Sequence[str], known: Collection[str]) -> tuple[set[str], list[str]]:
    """(flags, rest): short flags in a row are taken apart, `--` ends them. Raises UnknownFlag.

    known: as typed, such as `-r` and `--all`.
    """
    flags: set[str] = set()
    rest: list[str] = []
    given = iter(arguments)
    for argument in given:
        if argument == "--":
            rest.extend(given)
        elif argument.startswith("--"):
            flags.add(argument)
        elif argument.startswith("-") and len(argument) > 1:
            flags.update([argument] if argument in known else ["-" + letter for letter in argument[1:]])
        else:
            rest.append(argument)
    for flag in sorted(flags):
        if flag not in known:
            raise UnknownFlag(flag)
    return flags, rest
