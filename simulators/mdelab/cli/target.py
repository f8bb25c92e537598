"""Which lab and which tenant a command is about: the options `--lab` and `--tenant`, and their defaults."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from mdelab.cli import known

if TYPE_CHECKING:
    from mdelab.lab.client import LabClient, TenantClient

F = TypeVar("F", bound=Callable[..., object])

DEFAULT_LAB = "default"


def lab_option(function: F) -> F:
    """`--lab NAME`, also as MDELAB_LAB; handed over as `lab`."""
    return click.option(
        "--lab",
        default=DEFAULT_LAB,
        envvar="MDELAB_LAB",
        show_default=True,
        metavar="NAME",
        help="The lab to talk to.",
        shell_complete=known.labs,
    )(function)


def tenant_option(function: F) -> F:
    """`--tenant NAME`, also as MDELAB_TENANT; handed over as `tenant`."""
    return click.option(
        "--tenant", default="", envvar="MDELAB_TENANT", metavar="NAME", help="A tenant; the lab's first when left out."
    )(function)


def reach(lab: str) -> "LabClient":
    """The client of the running lab `lab`. Raises LabError with advice when there is none."""
    from mdelab.lab.client import connect

    return connect(lab)


def reach_tenant(lab: str, tenant: str) -> "TenantClient":
    """The client of a tenant; `tenant` "" is the lab's default one."""
    client = reach(lab)
    return client.tenant(tenant or client.info().default_tenant)
