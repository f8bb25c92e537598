"""`mdelab doctor`: whether this machine can run a lab. The checks themselves are in `mdelab.cli.checks`."""

import click

from mdelab.cli.output import json_option, print_json, print_rows


@click.command()
@json_option
def command(as_json: bool) -> int:
    """Check whether this machine can run a lab; say what is missing and what it is needed for.

    Exit code 3 when something that every lab needs is missing.
    """
    from mdelab.cli.checks import check_all

    checks = check_all()
    if as_json:
        print_json(checks)
    else:
        print_rows([[check.verdict, check.name, check.found, check.advice] for check in checks])
    return 3 if any(check.verdict == "missing" for check in checks) else 0
