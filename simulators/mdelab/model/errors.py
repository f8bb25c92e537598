"""The lab's error types, split by who must act.

A network failure that the domain expects (a refused handshake, a 407) is a value or an event, never one of these.
"""


class LabError(Exception):
    """The caller asked for something impossible. The message says what, why and what to do."""


class PeerError(Exception):
    """The other side broke the protocol. The offending bytes are in `evidence`."""

    def __init__(self, message: str, evidence: bytes = b"") -> None:
        super().__init__(message)
        self.evidence = evidence


class NotReady(Exception):
    """A deadline passed before a condition held. The message says what was last seen."""
