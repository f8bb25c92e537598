"""The option `--subject KIND=FILE`, which several commands have."""

from collections.abc import Callable
from typing import TypeVar

import click

F = TypeVar("F", bound=Callable[..., object])


def subject_option(function: F) -> F:
    """`--subject`, handed over as `subject`: the texts as they were given."""
    return click.option(
        "--subject",
        multiple=True,
        metavar="KIND=FILE",
        help="An artefact of yours to test: pac=FILE, bypass=FILE, prefs=FILE or script=FILE; may be repeated.",
    )(function)
