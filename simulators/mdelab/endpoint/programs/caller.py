"""Who runs a program: the environment's USER, root when there is none."""

from mdelab.endpoint.program import Io

ROOT = "root"


def user_of(io: Io) -> str:
    return io.env.get("USER") or ROOT


def is_root(io: Io) -> bool:
    return user_of(io) == ROOT
