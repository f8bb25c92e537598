"""How a program says what the lab does not simulate: loudly, so that the result is inconclusive instead of green."""

from mdelab.endpoint.program import Io

NOT_SIMULATED = 125
"""Exit code of a program that the lab cannot carry out; no simulated program means anything by it."""

NOT_FOUND = 127
NOT_EXECUTABLE = 126


def not_simulated(io: Io, what: str, advice: str) -> int:
    """Note on `io` that `what` (a program or one of its options) is not simulated; returns the exit code."""
    io.not_simulated.append(what)
    io.err.write(f"{what}: not simulated by this lab, so this result is inconclusive. {advice}\n")
    return NOT_SIMULATED


def complain(io: Io, text: str, code: int = 1) -> int:
    """Print an error as a real program does; returns its exit code."""
    io.err.write(text + "\n")
    return code
