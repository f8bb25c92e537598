"""The agent's own way to the network. `Reply` and `Failure` are what every request comes to."""

from mdelab.endpoint.outcome import Failure, Reply

__all__ = ["Failure", "Reply"]
