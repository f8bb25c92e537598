"""Looks a user's batch file through before any of it runs: an unknown command is refused by file, line and what is nearest."""

import difflib
from collections.abc import Collection, Iterator

from mdelab.endpoint.programs.windows.cmd.builtins import BUILTINS
from mdelab.endpoint.programs.windows.cmd.nodes import For, Group, If, Joined, Node, Simple
from mdelab.endpoint.programs.windows.cmd.parse import BadSyntax, Reader, Unread
from mdelab.endpoint.programs.windows.cmd.words import command_word, is_batch
from mdelab.endpoint.programs.windows.names import program_name


def refusal(name: str, lines: list[str], programs: Collection[str]) -> tuple[str, str] | None:
    """(what is not simulated, what to do) for the first unknown command; None when all are known.

    programs: the names of the programs that are simulated.

    Commands that come out of a variable, and lines whose form depends on one, are judged when they run.
    """
    # An argument of `for` keeps its two signs here, which the reader takes as well.
    reader = Reader(lines, lambda line: line)
    while True:
        try:
            read = reader.next()
        except BadSyntax as bad:
            if "%" in lines[bad.line - 1] and not isinstance(bad, Unread):
                continue
            return f"{name}, line {bad.line}", f"{bad} Correct the line."
        if read is None:
            return None
        for one in _simple(read[0]):
            word, _ = command_word(one.text)
            if not word or "%" in word or "!" in word or is_batch(word) or word.lower() in BUILTINS:
                continue
            if program_name(word) not in programs:
                return f"{name}, line {one.line}: {word}", _nearest(program_name(word), programs)


def _nearest(word: str, programs: Collection[str]) -> str:
    known = sorted({*programs, *BUILTINS, "if", "for"})
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if near:
        return f"The nearest that is simulated is {near[0]!r}."
    return f"Simulated are: {', '.join(known)}."


def _simple(node: Node) -> Iterator[Simple]:
    """In their order. Without recursion: a line may chain thousands of commands."""
    waiting = [node]
    while waiting:
        match waiting.pop():
            case Simple() as simple:
                yield simple
            case Group(nodes=nodes):
                waiting += reversed(nodes)
            case Joined(left=left, right=right):
                waiting += (right, left)
            case If(then=then, otherwise=otherwise):
                waiting += (otherwise, then) if otherwise is not None else (then,)
            case For(body=body):
                waiting.append(body)
