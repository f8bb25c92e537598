"""What a client believes when a server shows its certificate."""

from enum import StrEnum


class Trust(StrEnum):
    """What a channel trusts. Which channel trusts what is data in `mdelab.catalogue`."""

    ROOT_SET = "root-set"
    """Only the roots that the agent ships: the chain must be Microsoft's. The OS store is never read."""
    OS_STORE = "os-store"
    """The operating system's store, with whatever an administrator added to it."""
    PLAIN = "plain"
    """Plain HTTP: nothing is shown and nothing is checked."""
