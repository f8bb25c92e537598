"""`mdelab steps`: what features can say."""

from itertools import groupby

import click

from mdelab.cli.output import json_option, note, print_json, printable


@click.command()
@click.argument("word", required=False)
@json_option
def command(word: str | None, as_json: bool) -> int:
    """List the steps that features can use, by noun; only those with WORD in them when it is given."""
    from mdelab.bdd.registry import all_steps
    from mdelab.bdd.words import legend

    found = [
        step
        for step in all_steps()
        if not step.now and (not word or word.lower() in f"{step.sentence} {step.noun} {step.docstring}".lower())
    ]
    if as_json:
        print_json(
            [
                {
                    "keyword": step.keyword,
                    "text": step.text,
                    "sentence": step.sentence,
                    "example": step.sample,
                    "doc": step.docstring,
                    "noun": step.noun,
                }
                for step in found
            ]
        )
    for noun, steps in groupby([] if as_json else found, key=lambda step: step.noun):
        click.echo(f"{noun}")
        for step in steps:
            click.echo(printable(f"  {step.sentence}"))
            if step.docstring:
                click.echo(printable(f"      {' '.join(step.docstring.split())}"))
    words = {} if as_json else legend(step.text for step in found)
    if words:
        click.echo("what stands in the angle brackets")
    for name, says in words.items():
        click.echo(printable(f"  <{name}>  {says}"))
    if not found:
        note(f"no step has {word!r} in it. `mdelab steps` lists all of them.")
    return 0 if found else 2
