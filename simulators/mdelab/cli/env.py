"""`mdelab env`: the lab's settings for a shell."""

import shlex

import click

from mdelab.cli.child import NAMES, settings
from mdelab.cli.output import json_option, note, print_json
from mdelab.cli.stale import stale_settings
from mdelab.cli.target import lab_option, reach
from mdelab.model.errors import LabError


@click.command()
@lab_option
@click.option("--unset", is_flag=True, help="Print what takes the settings away again.")
@json_option
def command(lab: str, unset: bool, as_json: bool) -> int:
    """Print the settings that lead a shell's programs into the lab: eval "$(mdelab env)".

    Prints `false` and ends with 3 when no lab runs, so that `eval "$(mdelab env)" && curl ...` goes nowhere.
    """
    if unset:
        if as_json:
            print_json(dict.fromkeys(NAMES))
        else:
            click.echo(f"unset {' '.join(NAMES)}")
        return 0
    try:
        info = reach(lab).info()
    except LabError as error:
        click.echo("false")
        note(f"mdelab: {stale_settings() or error}")
        return 3
    if as_json:
        print_json(settings(info))
    else:
        for name, value in settings(info).items():
            click.echo(f"export {name}={shlex.quote(value)}")
    return 0
