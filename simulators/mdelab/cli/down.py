"""`mdelab down`: end a lab."""

import click

from mdelab.cli.output import note
from mdelab.cli.target import lab_option


@click.command()
@lab_option
@click.option("--all", "is_all", is_flag=True, help="End every lab of this user.")
def command(lab: str, is_all: bool) -> None:
    """End a lab, with everything that it started."""
    from mdelab.lab.launch import down, labs, leftovers

    names = [state.name for state in labs()] if is_all else [lab]
    for name in names:
        down(name)
        note(f"lab {name} has ended")
    swept = leftovers() if is_all else []
    for name in swept:
        note(f"what lab {name} had left in the container engine is removed")
    if not names and not swept:
        note("no lab was running")
