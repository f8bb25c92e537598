"""`mdelab up`: start a lab."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mdelab.cli.output import json_option, note, print_json, print_rows
from mdelab.cli.target import DEFAULT_LAB

if TYPE_CHECKING:
    from mdelab.lab.client import LabClient
    from mdelab.lab.launch import BackendName


@click.command()
@click.argument("spec", required=False, type=click.Path(path_type=Path))
@click.option("--name", default=None, metavar="NAME", help=f"The lab's name; else SPEC's, else {DEFAULT_LAB}.")
@click.option("--seed", type=int, default=None, help="What every random choice is drawn from; else SPEC's.")
@click.option("--backend", type=click.Choice(["embedded", "docker"]), default=None, help="Where it runs; else SPEC's.")
@click.option("--foreground", is_flag=True, help="Stay, and end the lab on Ctrl-C.")
@json_option
def command(
    spec: Path | None,
    name: str | None,
    seed: int | None,
    backend: "BackendName | None",
    foreground: bool,
    as_json: bool,
) -> None:
    """Start a lab, as SPEC (a lab.toml) says, and print its addresses once it is ready.

    It runs in the background until `mdelab down`, unless --foreground is given.
    """
    from mdelab.lab.launch import launch, up
    from mdelab.lab.spec import read_spec

    if not foreground:
        _show(_connect(up(spec, seed=seed, name=name, backend=backend).name), as_json)
        return
    name = name or (read_spec(spec).lab.name if spec else DEFAULT_LAB)
    wanted = {signal.SIGINT, signal.SIGTERM}
    # Blocked before the lab starts, so that a signal meanwhile is not lost; the lab itself has a session of its own.
    signal.pthread_sigmask(signal.SIG_BLOCK, wanted)
    with launch(spec, seed=seed, name=name, backend=backend) as client:
        _show(client, as_json)
        signal.sigwait(wanted)
        note(f"lab {name} ends")


def _connect(name: str) -> "LabClient":
    from mdelab.lab.client import connect

    return connect(name)


def _show(client: "LabClient", as_json: bool) -> None:
    info = client.info()
    if as_json:
        print_json(info)
        return
    option = "" if info.name == DEFAULT_LAB else f" --lab {info.name}"
    print_rows(
        [
            ["lab", f"{info.name} ({info.id}), {info.backend}, profile {info.profile}, seed {info.seed}"],
            ["entrance", f"{info.entrance}  ca={info.ca_file}"],
            ["control", client.address],
            ["try", f"mdelab run{option} -- curl https://x.cp.wd.microsoft.com/api/report"],
            ["end", f"mdelab down{option}"],
        ]
    )
