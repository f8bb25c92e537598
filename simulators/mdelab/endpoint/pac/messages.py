"""What the lab and the process that runs PAC scripts say to each other: one line of JSON each, a task and its outcome."""

import msgspec

from mdelab.model.pac import Problem


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """Run a script once."""

    script: str
    url: str = ""
    """As the script is given it; "" only reads the script and looks for its function."""
    host: str = ""
    names: dict[str, str | None] = {}
    """DNS answers that are known: name -> IPv4 address, None when there is none."""
    my_address: str = "127.0.0.1"
    now_ms: float = 0
    """The device's time, in milliseconds since 1970."""
    seed: int = 0
    """What the script's random numbers are drawn from."""
    limit_s: float
    """Processor time."""
    memory_bytes: int


class Done(msgspec.Struct, frozen=True, kw_only=True, tag="done"):
    """It returned."""

    value: str | None
    """None for null, undefined and whatever is no string."""


class Wants(msgspec.Struct, frozen=True, kw_only=True, tag="wants"):
    """It asked for names whose answers are not known; it must be run again with them."""

    names: list[str]


class Broken(msgspec.Struct, frozen=True, kw_only=True, tag="broken"):
    """It could not be read, failed or was stopped."""

    problem: Problem
    text: str
    """In the engine's words."""
    line: int = 0


Outcome = Done | Wants | Broken
