"""Where the services of a lab listen: on loopback, or in a container of its own on two networks."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Addresses (IPs) and ports; 0 is a port that the system chooses."""

    backend: Literal["embedded", "docker"]
    cloud: str
    dns: str
    hops: str
    entrance: str
    https_port: int = 0
    http_port: int = 0
    dns_port: int = 0
    entrance_port: int = 0
    published: str = ""
    """URL under which clients reach the entrance, where that is not where it listens."""


LOOPBACK = Ground(backend="embedded", cloud="127.33.0.1", dns="127.33.0.53", hops="127.33.0.80", entrance="127.0.0.1")
"""Addresses of their own, so that evidence is readable; every lab has the same, on ports of its own."""
