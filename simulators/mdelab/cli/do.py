"""`mdelab do STEP`: one Gherkin step by itself."""

import click

from mdelab.cli.output import json_option, note, print_json, printable
from mdelab.cli.subjects import subject_option
from mdelab.cli.target import lab_option, reach_tenant, tenant_option
from mdelab.model.errors import LabError


@click.command()
@click.argument("step")
@lab_option
@tenant_option
@subject_option
@json_option
def command(step: str, lab: str, tenant: str, subject: tuple[str, ...], as_json: bool) -> int:
    """Carry out STEP, with or without its keyword, in a running lab; print what a command in it said.

    Exit code 1 when STEP says something that does not hold. A table or a text follows STEP on lines of its own.

    \b
    mdelab do 'Given a Linux endpoint lin-1'
    """
    from mdelab.bdd.registry import run_step
    from mdelab.bdd.subjects import read_subjects
    from mdelab.bdd.verdict import Inconclusive, UndefinedStep

    subjects = read_subjects(subject)
    target = reach_tenant(lab, tenant)
    try:
        result = run_step(step, lab=target.lab, tenant=target, subjects=subjects)
    except AssertionError as error:
        note(f"does not hold: {error}")
        return 1
    except Inconclusive as error:
        note(str(error))
        return 3
    except UndefinedStep as error:
        raise LabError(str(error)) from error
    if as_json:
        print_json({"result": result})
    elif result is not None:
        click.echo(printable(result.stdout), nl=False)
        click.echo(printable(result.stderr), nl=False, err=True)
    if result is not None and result.exit_code:
        note(f"the command ended with {result.exit_code}")
    return 0
