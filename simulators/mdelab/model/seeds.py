"""Random streams: one for every purpose, so that parallel order changes nothing.

A lab has one seed. A stream is made from it and from names (scenario id, device, purpose); two streams with different
names are independent, and the same names give the same stream whatever else was drawn meanwhile.
"""

import hashlib
import random
import uuid


def derive(seed: int, *names: str) -> int:
    """A 64-bit seed for (seed, names)."""
    digest = hashlib.sha256("\x1f".join([str(seed), *names]).encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big")


def stream(seed: int, *names: str) -> random.Random:
    """A generator of its own for (seed, names)."""
    return random.Random(derive(seed, *names))


def guid(source: random.Random) -> str:
    """A version 4 GUID drawn from `source`, in lower case with dashes."""
    return str(uuid.UUID(int=source.getrandbits(128), version=4))
