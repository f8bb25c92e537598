"""`mdelab exec ENDPOINT -- CMD`: a program on an endpoint."""

import sys

import click

from mdelab.cli import known
from mdelab.cli.output import json_option, note, print_json, printable
from mdelab.cli.target import lab_option, reach_tenant, tenant_option


@click.command(name="exec", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@lab_option
@tenant_option
@json_option
@click.option("--stdin", "use_stdin", is_flag=True, help="Hand this command's standard input to the program.")
@click.argument("endpoint", shell_complete=known.endpoints)
@click.argument("cmd", nargs=-1, required=True, type=click.UNPROCESSED)
def command(lab: str, tenant: str, as_json: bool, use_stdin: bool, endpoint: str, cmd: tuple[str, ...]) -> int:
    """Run CMD on ENDPOINT, one of the programs that its platform has. The exit code is the program's.

    A program or an option that is not simulated ends with 3 and says so.

    \b
    mdelab exec lin-1 -- mdatp health --field org_id
    """
    given = sys.stdin.read() if use_stdin else ""
    # `exec lin-1 -- CMD`: what follows the endpoint still carries the dashes.
    argv = list(cmd[1:] if cmd[0] == "--" else cmd)
    if not argv:
        raise click.UsageError("no program was given. Write it after the dashes: mdelab exec lin-1 -- mdatp health")
    result = reach_tenant(lab, tenant).exec(endpoint, argv, stdin=given)
    if as_json:
        print_json(result)
    else:
        click.echo(printable(result.stdout), nl=False)
        click.echo(printable(result.stderr), nl=False, err=True)
    for what in result.not_simulated:
        note(f"mdelab: {what} is not simulated, so nothing can be concluded from this result.")
    return 3 if result.not_simulated else result.exit_code
