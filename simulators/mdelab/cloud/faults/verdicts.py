"""What an action can ask of the cloud. Values only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Presenting:
    """The handshake shows a certificate with a flaw."""

    flaw: str
    """One that the cloud was given a certificate for."""


@dataclass(frozen=True, slots=True)
class Answering:
    """A request is answered with this status, and nothing is done about it."""

    status: int
    retry_after_s: int
    """0 for an answer that does not say when to come again."""


CloudVerdict = Presenting | Answering
