"""How a step says that it did not hold. The message has three parts: what happened, why, and what to do."""

from mdelab.model.errors import LabError


class Unmet(AssertionError):
    """A promise of the scenario was broken."""


class Inconclusive(Exception):
    """Nothing can be said: something was not simulated, or an absence had no positive control. Never green."""

    def __init__(self, message: str) -> None:
        super().__init__(f"inconclusive: {message}")


class UndefinedStep(LabError):
    """No step has this text."""
