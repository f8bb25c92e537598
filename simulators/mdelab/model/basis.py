"""What a behaviour of the lab rests on, from strongest to weakest."""

from collections.abc import Iterable
from enum import StrEnum


class Basis(StrEnum):
    """The order of the members is the order of strength."""

    SEED = "seed"
    """One of the seed documents says so."""
    DOCUMENTED = "documented"
    """The vendor's documentation says so."""
    OBSERVED = "observed"
    """Measured on a real tool, or read in one's source or output."""
    ASSUMED = "assumed"
    """Nothing better was found; a release gate should not rest on it."""
    LAB_DEFINED = "lab-defined"
    """The real protocol is not public; the lab made its own."""


def weakest(bases: Iterable[Basis]) -> Basis:
    """The weakest of `bases`; `Basis.SEED` when there are none."""
    order = list(Basis)
    return max(bases, key=order.index, default=Basis.SEED)


def is_as_strong(basis: Basis, wanted: Basis) -> bool:
    """Whether `basis` is `wanted` or better."""
    return weakest((basis, wanted)) is wanted
