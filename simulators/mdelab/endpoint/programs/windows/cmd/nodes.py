"""A command of a batch file, taken apart. Made by `parse`, carried out by `interpreter`.

Texts are as they stand after the percent signs were expanded; variables of `for` and `!delayed!` ones are still in them.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    stream: Literal[0, 1, 2]
    """Standard input, output or error."""
    how: Literal["read", "write", "append", "join"]
    """`join`: both go where the other stream goes, as in 2>&1; `target` is that stream's digit then."""
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Simple:
    """A command word with all that follows it, without the redirections."""

    text: str
    line: int
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    nodes: tuple["Node", ...]
    line: int
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    how: Literal["&", "&&", "||", "|"]
    left: "Node"
    right: "Node"
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class If:
    kind: Literal["errorlevel", "exist", "defined", "compare"]
    left: str
    """What is looked at; for `compare` the left side."""
    operator: str = ""
    """`==` or EQU, NEQ, LSS, LEQ, GTR, GEQ."""
    right: str = ""
    is_negated: bool
    ignores_case: bool
    then: "Node"
    otherwise: "Node | None"
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class For:
    kind: Literal["words", "count", "parse"]
    """Over words and file names, `/l` from a number to another, `/f` over the lines of a text."""
    options: str
    """What stands in quotes behind `/f`."""
    variable: str
    """One letter."""
    items: str
    body: "Node"
    line: int


Node = Simple | Group | Joined | If | For
