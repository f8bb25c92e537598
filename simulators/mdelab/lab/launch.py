"""Starts and finds labs: one that belongs to this process, or one that stays (`mdelab up`)."""

import contextlib
import os
import secrets
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from mdelab.lab.client import LabClient
from mdelab.lab.spec import LabSpec, read_spec
from mdelab.lab.state import DEFAULT_NAME, LabState, Ready, claim, find, running
from mdelab.model.errors import LabError, NotReady

BackendName = Literal["embedded", "docker"]

_PROGRAMS: dict[BackendName, str] = {"embedded": "mdelab.lab.main", "docker": "mdelab.lab.docker.main"}

READY_WITHIN_S = 120.0
"""A lab needs about a second, in containers five; a loaded machine may take much longer, and a hung start must still end."""

ENDED_WITHIN_S = 60.0


@contextlib.contextmanager
def launch(
    spec: Path | None = None, *, seed: int | None = None, name: str | None = None, backend: BackendName | None = None
) -> Iterator[LabClient]:
    """Start a lab that belongs to this process, and end it with the block, or when this process dies.

    spec: a lab.toml; None for a lab with one empty tenant. seed, backend: instead of the spec's. name: made up when None.
    Raises LabError when the spec is wrong, NotReady when the lab cannot start.
    """
    wanted = _spec(spec, seed, name or f"own-{os.getpid()}-{secrets.token_hex(3)}", backend)
    process, state = _start(wanted, is_detached=False)
    try:
        yield LabClient(state.address, state.token)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(ENDED_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        finally:
            if process.stdout is not None:
                process.stdout.close()


@contextlib.contextmanager
def launch_to_keep(*, seed: int | None = None, backend: BackendName | None = None) -> Iterator[LabClient]:
    """Start a lab that stays, for people to look into, when the block leaves tenants of its own in it; else it ends with it.

    Raises LabError when the lab cannot start.
    """
    state = up(seed=seed, backend=backend, name=f"kept-{secrets.token_hex(3)}")
    client = LabClient(state.address, state.token)
    is_kept = False
    try:
        yield client
        own = client.info().default_tenant
        is_kept = any(own not in (tenant.id, tenant.name) for tenant in client.tenants())
    finally:
        client.close()
        if not is_kept:
            down(state.name)


def up(
    spec: Path | None = None, *, seed: int | None = None, name: str | None = None, backend: BackendName | None = None
) -> LabState:
    """Start a lab that stays until `down`. Raises LabError when one of that name runs already."""
    process, state = _start(_spec(spec, seed, name, backend), is_detached=True)
    assert process.stdout is not None
    process.stdout.close()
    # The lab is nobody's child from now on; without this the interpreter would warn that it still runs.
    process.returncode = 0
    return state


def down(name: str = DEFAULT_NAME) -> None:
    """End the lab called `name`. Raises LabError when none runs, NotReady when it does not end."""
    state = find(name)
    LabClient(state.address, state.token).stop()
    deadline = time.monotonic() + ENDED_WITHIN_S
    while state.is_alive():
        if time.monotonic() > deadline:
            raise NotReady(
                f"the lab {name!r} (process {state.pid}) was asked to end and still runs after {ENDED_WITHIN_S:g} s. "
                f"End it with `kill {state.pid}`; the next start sweeps what it leaves."
            )
        time.sleep(0.02)


def labs() -> list[LabState]:
    """The labs of this user that were started with `up` and run now."""
    return [state for state in running() if not state.is_owned]


def leftovers() -> list[str]:
    """Remove what killed labs of this user left in the container engine; their names."""
    # Here, because most labs have no use for the engine's library.
    from mdelab.lab.docker.leftovers import remove_leftovers

    return remove_leftovers()


def _spec(path: Path | None, seed: int | None, name: str | None, backend: BackendName | None) -> LabSpec:
    spec = read_spec(path) if path is not None else LabSpec()
    section = spec.lab
    if seed is not None:
        section = msgspec.structs.replace(section, seed=seed)
    if backend is not None:
        section = msgspec.structs.replace(section, backend=backend)
    if name is not None:
        section = msgspec.structs.replace(section, name=name)
    spec = msgspec.structs.replace(spec, lab=section)
    try:
        # `replace` does not check; a round trip does.
        return msgspec.convert(msgspec.to_builtins(spec), LabSpec)
    except msgspec.ValidationError as error:
        raise LabError(
            f"the lab cannot be called {section.name!r}: {error}. Use lower case letters, digits and dashes."
        ) from error


def _start(spec: LabSpec, *, is_detached: bool) -> tuple[subprocess.Popen[bytes], LabState]:
    folder = claim(spec.lab.name)
    (folder / "spec.json").write_bytes(msgspec.json.encode(spec))
    command = [sys.executable, "-m", _PROGRAMS[spec.lab.backend], str(folder)]
    with (folder / "lab.err").open("wb") as errors:
        process = subprocess.Popen(
            [*command, "--detached"] if is_detached else command,
            stdin=subprocess.DEVNULL if is_detached else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=_clean_environment(),
            start_new_session=True,
        )
    try:
        return process, _await_ready(process, folder)
    except BaseException:
        # By itself, so that what it has made goes with it: somebody may have stopped the wait.
        process.terminate()
        try:
            process.wait(ENDED_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _await_ready(process: subprocess.Popen[bytes], folder: Path) -> LabState:
    assert process.stdout is not None
    readable, _, _ = select.select([process.stdout], [], [], READY_WITHIN_S)
    line = process.stdout.readline() if readable else b""
    if not line:
        process.kill()
        last = (folder / "lab.err").read_text(errors="replace").strip().splitlines()[-5:]
        said = "\n  ".join(last) or "nothing"
        raise NotReady(
            f"the lab did not start. It said:\n  {said}\nRun `mdelab doctor` to see what this machine lacks."
        )
    ready = msgspec.json.decode(line, type=Ready)
    if ready.state is not None:
        return ready.state
    if ready.is_expected:
        raise NotReady(ready.error) if ready.is_of_machine else LabError(ready.error)
    raise NotReady(f"the lab did not start: {ready.error}. Run `mdelab doctor` to see what this machine lacks.")


def _clean_environment() -> dict[str, str]:
    """This process's environment without proxies and trust settings: a host's must never reach the lab's clients."""
    unwanted = {
        *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
        *("ssl_cert_file", "ssl_cert_dir", "curl_ca_bundle", "requests_ca_bundle", "curl_home", "sslkeylogfile"),
    }
    return {key: value for key, value in os.environ.items() if key.lower() not in unwanted}
