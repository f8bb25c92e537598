"""`mdelab run -- CMD`: a program of the user's against the mock cloud."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from mdelab.cli.child import environment
from mdelab.cli.output import note
from mdelab.cli.target import DEFAULT_LAB
from mdelab.model.errors import LabError

if TYPE_CHECKING:
    from mdelab.lab.client import LabClient


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--lab", default=None, envvar="MDELAB_LAB", metavar="NAME", help="The lab to use; it must run.")
@click.argument("cmd", nargs=-1, required=True, type=click.UNPROCESSED)
def command(lab: str | None, cmd: tuple[str, ...]) -> int:
    """Run CMD with the lab's proxy and CA: it reaches the lab's names, by their real host names, and nothing else.

    Uses the running lab, or starts one that ends with CMD. The exit code is CMD's. The settings are given to CMD alone.

    \b
    mdelab run -- curl https://x.cp.wd.microsoft.com/api/report
    """
    program = shutil.which(cmd[0])
    if program is None:
        note(f"mdelab: the program {cmd[0]!r} was not found in PATH. Check its name, or give its whole path.")
        return 127
    with _lab(lab) as client:
        return _wait(subprocess.Popen([program, *cmd[1:]], env=environment(client.info(), os.environ)))


@contextmanager
def _lab(name: str | None) -> Iterator["LabClient"]:
    from mdelab.lab.client import connect
    from mdelab.lab.launch import labs, launch

    running = [state.name for state in labs()]
    if name is not None:
        yield connect(name)
    elif DEFAULT_LAB in running:
        yield connect(DEFAULT_LAB)
    elif len(running) == 1:
        yield connect(running[0])
    elif running:
        raise LabError(
            f"{len(running)} labs run ({', '.join(running)}) and none is called {DEFAULT_LAB!r}. Say which with --lab NAME."
        )
    else:
        with launch(None, seed=None, name=f"run-{os.getpid()}") as client:
            yield client


def _wait(child: subprocess.Popen[bytes]) -> int:
    """Wait for `child`; SIGTERM is passed on, and Ctrl-C reaches it from the terminal by itself."""
    before = signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    ignored = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        code = child.wait()
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.signal(signal.SIGINT, ignored)
    return code if code >= 0 else 128 - code
