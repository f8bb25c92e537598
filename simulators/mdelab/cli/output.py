"""How commands print: JSON for programs, aligned text for people, and nothing that could steer a terminal."""

import json
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

import click

F = TypeVar("F", bound=Callable[..., object])


def json_option(function: F) -> F:
    """`--json`, handed over as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(function)


def print_json(value: object) -> None:
    """Print `value` (anything that msgspec can turn into JSON) with two spaces of indent."""
    import msgspec

    click.echo(json.dumps(msgspec.to_builtins(value), indent=2, ensure_ascii=False))


def printable(text: str) -> str:
    """`text` with its control characters written out; line ends and tabs stay. For texts that came from a peer."""
    return "".join(c if c in "\n\t" or c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def print_rows(rows: Sequence[Sequence[str]]) -> None:
    """Print `rows` as columns, two spaces apart."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(printable(line.rstrip()))


def note(text: str) -> None:
    """Progress and remarks: to stderr, so that stdout holds data only."""
    print(printable(text), file=sys.stderr, flush=True)
