"""What the last command on each endpoint said, for the Then steps after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdelab.bdd.verdict import Inconclusive, Unmet

if TYPE_CHECKING:  # the plugin must load quickly in projects that never start a lab
    from mdelab.lab.wire import ExecResult


class Last:
    """The results of the last command on each endpoint of a scenario."""

    def __init__(self) -> None:
        self._results: dict[str, tuple[str, ExecResult]] = {}
        self.is_read_later = False
        """Whether a later step asserts on the result; when none does, a command that fails is an error at once."""

    def put(self, endpoint: str, command: str, result: ExecResult) -> None:
        """Keep a result. Raises Inconclusive for something not simulated, Unmet for an error that nobody reads."""
        self._results.pop(endpoint, None)
        self._results[endpoint] = (command, result)
        if result.not_simulated:
            raise Inconclusive(
                f"{command!r} on {endpoint} used what this lab does not simulate ({', '.join(result.not_simulated)}). "
                "Leave it out, or test that part on a real device."
            )
        if result.exit_code != 0 and not self.is_read_later:
            raise Unmet(
                f"{command!r} on {endpoint} exited with {result.exit_code}, and no Then step expects it.\n"
                f"{describe(result)}\nRepair the cause, or assert on it: Then the command on {endpoint} exits with "
                f"{result.exit_code}"
            )

    def of(self, endpoint: str) -> ExecResult:
        """The last result of `endpoint`."""
        if endpoint not in self._results:
            ran = ", ".join(self._results) or "no endpoint"
            raise Unmet(
                f"no command has run on {endpoint} in this scenario (but on {ran}). "
                f'Run one first: When {endpoint} runs "mdatp health"'
            )
        return self._results[endpoint][1]

    def command(self, endpoint: str) -> str:
        """The command line that `of(endpoint)` is the result of."""
        return self._results[endpoint][0]

    @property
    def latest(self) -> ExecResult | None:
        """The result of the newest command, whichever endpoint it ran on."""
        return next((result for _, result in reversed(self._results.values())), None)


def describe(result: ExecResult) -> str:
    """Both outputs, indented, for a message."""
    lines = [f"    {line}" for line in (result.stdout + result.stderr).splitlines()]
    return "It printed:\n" + "\n".join(lines) if lines else "It printed nothing."
