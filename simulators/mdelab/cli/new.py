"""`mdelab new FOLDER`: an example to start from. Its files are in the folder `example` beside this module."""

import json
from importlib.resources import files
from pathlib import Path

import click

from mdelab.model.errors import LabError

README = """# Scenarios for mdelab

    mdelab verify .              run the scenarios here, and write out/report.html
    pytest .                     the same with pytest alone
    mdelab steps                 what a scenario can say
    mdelab up lab.toml           a lab to try things in, then: mdelab status, mdelab down

`first.feature` is a scenario to change. `lab.toml` is the state in which a lab begins; `lab.schema.json` lets an editor check it.
"""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def command(folder: Path) -> None:
    """Write an example feature, a commented lab.toml with its schema and a README into FOLDER. Overwrites nothing."""
    texts = _texts()
    taken = [name for name in texts if (folder / name).exists()]
    if taken:
        raise LabError(
            f"{str(folder)!r} already has {', '.join(taken)}, and nothing is overwritten. "
            "Choose another folder, or move these files away."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise LabError(
            f"{str(folder)!r} cannot be written: {error.strerror}. Choose a folder in which you may write."
        ) from error
    for name in texts:
        click.echo(folder / name)
    click.echo(f"Run it with `mdelab verify {folder}`.", err=True)


def _texts() -> dict[str, str]:
    """File name -> text of each file of the example."""
    from mdelab.lab.spec import json_schema

    example = files("mdelab.cli").joinpath("example")
    shipped = {name: example.joinpath(name).read_text(encoding="utf-8") for name in ("first.feature", "lab.toml")}
    return {**shipped, "lab.schema.json": json.dumps(json_schema(), indent=2) + "\n", "README.md": README}
