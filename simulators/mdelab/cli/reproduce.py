"""`mdelab reproduce FAULT`: a fault in a fresh tenant, the agent and curl tried against it, and the diagnosis."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click
import msgspec

from mdelab.catalogue.faults import FaultRow, fault_row
from mdelab.cli import known
from mdelab.cli.diagnose import rows
from mdelab.cli.output import json_option, note, print_json, print_rows
from mdelab.model.errors import LabError
from mdelab.model.fault import Fault, Setting
from mdelab.model.platform import Platform

if TYPE_CHECKING:
    from mdelab.lab.client import LabClient, TenantClient
    from mdelab.lab.recipe import Reproduction

_MOST_LINES = 12


@click.command()
@click.argument("fault", shell_complete=known.faults)
@click.option("--platform", type=click.Choice([one.value for one in Platform]), required=True, help="Of the device.")
@click.option(
    "--set", "given", multiple=True, metavar="NAME=VALUE", help="A parameter of the fault; `mdelab faults FAULT`."
)
@click.option("--seed", type=int, default=None, help="What every random choice is drawn from.")
@click.option("--keep", is_flag=True, help="Leave the lab running, and print how to look into it.")
@json_option
def command(fault: str, platform: str, given: tuple[str, ...], seed: int | None, keep: bool, as_json: bool) -> int:
    """Put FAULT into a fresh tenant with the device and network that it needs, let the agent and curl try, and diagnose.

    Exit code 1 when the diagnosis is not the one that the catalogue says.

    \b
    mdelab reproduce proxy-407-ntlm --platform windows --keep
    """
    from mdelab.lab.event_log import event_log
    from mdelab.lab.recipe import reproduce
    from mdelab.lab.wire import TenantSpec

    row, system = fault_row(fault), Platform(platform)
    expected = row.on(system).cause
    wanted = Fault(kind=row.id, parameters=_parameters(given))
    row.place(wanted, 0)  # a wrong parameter is told before a lab is started
    with _lab(row, system, seed, keep=keep) as lab:
        name = f"{row.id}-{system}"
        tenant = lab.create_tenant(TenantSpec(name=name, scenario=name))
        done = reproduce(tenant, row, system, wanted)
        if as_json:
            log = event_log(tenant.evidence())
            print_json({**_facts(done, system), "seed": lab.info().seed, "events": log})
        else:
            _show(done, system)
        if keep:
            _advise(lab, tenant, done)
    if done.diagnosis.cause != expected:
        note(f"the catalogue says that the diagnosis is {expected}, not {done.diagnosis.cause}")
        return 1
    return 0


@contextlib.contextmanager
def _lab(row: FaultRow, platform: Platform, seed: int | None, *, keep: bool) -> "Iterator[LabClient]":
    from mdelab.lab.client import connect
    from mdelab.lab.launch import launch, up

    if not keep:
        with launch(seed=seed) as client:
            yield client
        return
    client = connect(up(seed=seed, name=f"{row.id}-{platform}"[:40].rstrip("-")).name)
    yield client
    client.close()


def _parameters(given: tuple[str, ...]) -> dict[str, Setting]:
    found: dict[str, Setting] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not name or not sign:
            raise LabError(f"--set {text!r} is no parameter. Write it as NAME=VALUE, such as --set category=games.")
        found[name] = value
    return found


def _facts(done: "Reproduction", platform: Platform) -> dict[str, object]:
    return {
        "fault": msgspec.to_builtins(done.fault),
        "platform": platform.value,
        "curl": msgspec.to_builtins(done.curl),
        "diagnosis": msgspec.to_builtins(done.diagnosis),
    }


def _show(done: "Reproduction", platform: Platform) -> None:
    lines = [["fault", f"{done.fault.kind} on {platform}"]]
    if done.curl is not None:
        said = (done.curl.stderr or done.curl.stdout).strip().splitlines()
        lines.append(["curl", f"exit {done.curl.exit_code}: {said[0] if said else 'no output'}"])
    print_rows([*lines, *rows(done.diagnosis, _MOST_LINES - len(lines))])


def _advise(lab: "LabClient", tenant: "TenantClient", done: "Reproduction") -> None:
    name, where = lab.info().name, f"--lab {lab.info().name} --tenant {tenant.info().name}"
    note(f"the lab {name} goes on. Look into it, and end it:")
    for text in (
        f"mdelab diagnose {done.endpoint} {where}",
        f"mdelab exec {done.endpoint} {where} -- curl -v https://x.cp.wd.microsoft.com/api/report",
        f"mdelab clock {where} +1h",
        f"mdelab down --lab {name}",
    ):
        note(f"  {text}")
