"""What a place of a device holds as its fixed proxy, before anybody has judged it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Held:
    """A setting as it was written."""

    proxy: str
    """In the place's own form; "" for a setting that is there and empty."""
    bypass: tuple[str, ...] = ()
    remark: str = ""
    """What is to be said about the setting although it holds."""
