"""`mdelab faults [WORD]`: the faults that can be put into a tenant."""

import click

from mdelab.catalogue.faults import FaultRow, Parameter, fault_row, fault_rows, found
from mdelab.cli import known
from mdelab.cli.output import json_option, print_json, print_rows


@click.command()
@click.argument("word", required=False, default="", shell_complete=known.faults)
@json_option
def command(word: str, as_json: bool) -> None:
    """List the faults that can be put into a tenant; those whose id or summary holds WORD; or one of them in full.

    \b
    mdelab faults proxy
    mdelab faults dns-nxdomain
    """
    exact = any(row.id == word for row in fault_rows())
    rows = [fault_row(word)] if exact else found(word) or [fault_row(word)]
    if as_json:
        print_json(rows)
    elif exact:
        _show(rows[0])
    else:
        print_rows([[row.id, ", ".join(row.platforms), row.summary] for row in rows])


def _show(row: FaultRow) -> None:
    lines = [
        [row.id, row.summary],
        ["places", ", ".join(row.places)],
        ["backends", ", ".join(row.backends)],
        ["names", ", ".join(row.names)],
        ["route", row.route],
        *[["parameter", _parameter(parameter)] for parameter in row.parameter],
    ]
    for look in row.look:
        curl = "no program runs" if look.curl_code is None else f"curl exits with {look.curl_code}"
        lines.append([", ".join(look.platforms), f"diagnosis {look.cause}; {curl}"])
        lines.append(["", look.measured])
    lines.append(["never", ", ".join(row.never)])
    lines.append(["basis", f"{row.basis} ({row.source})"])
    lines.append(["try", f"mdelab reproduce {row.id} --platform {row.platforms[0]}"])
    print_rows(lines)


def _parameter(parameter: Parameter) -> str:
    limits = f", {parameter.least:g} to {parameter.most:g}" if None not in (parameter.least, parameter.most) else ""
    choices = f", one of {', '.join(str(one) for one in parameter.choices)}" if parameter.choices else ""
    return f"{parameter.name} = {parameter.default}{limits}{choices}: {parameter.doc}"
