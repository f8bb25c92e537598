"""Commands on an endpoint, and what they print."""

from collections.abc import Sequence

from mdelab.bdd.command_line import words
from mdelab.bdd.last import Last, describe
from mdelab.bdd.registry import then, when
from mdelab.bdd.verdict import Unmet
from mdelab.lab.client import TenantClient
from mdelab.lab.wire import ExecResult


def run(
    tenant: TenantClient,
    last: Last,
    endpoint: str,
    command: str,
    user: str = "",
    stdin: str = "",
    env: dict[str, str] | None = None,
) -> ExecResult:
    """Run a command line, split as on the endpoint's platform; there is no shell. user: "" is who may do everything.

    env: variables beside those of the device.
    """
    argv = words(command, tenant.endpoint(endpoint).platform)
    variables = {**({"USER": user} if user else {}), **(env or {})}
    result = tenant.exec(endpoint, argv, stdin=stdin, env=variables)
    last.put(endpoint, command, result)
    return result


@when("{endpoint:Name} runs {command:Quoted}")
def runs(tenant: TenantClient, last: Last, endpoint: str, command: str) -> None:
    """As root or administrator. An exit code other than 0 fails the scenario, unless a Then of it asserts on the command."""
    run(tenant, last, endpoint, command)


@when("the user {user:Name} of {endpoint:Name} runs {command:Quoted}")
def user_runs(tenant: TenantClient, last: Last, user: str, endpoint: str, command: str) -> None:
    """As somebody without administrative rights."""
    run(tenant, last, endpoint, command, user)


@when("{endpoint:Name} runs:")
def runs_all(tenant: TenantClient, last: Last, endpoint: str, docstring: str) -> None:
    """One command a line, one after the other; the last one is what the Then steps read, the others must succeed."""
    run_each(tenant, last, endpoint, [line.strip() for line in docstring.splitlines() if line.strip()])


def run_each(tenant: TenantClient, last: Last, endpoint: str, commands: Sequence[str]) -> None:
    """One after the other; all but the last must succeed."""
    *earlier, final = commands
    is_read, last.is_read_later = last.is_read_later, False
    for line in earlier:
        run(tenant, last, endpoint, line)
    last.is_read_later = is_read
    run(tenant, last, endpoint, final)


@then("the command on {endpoint:Name} exits with {code:Count}")
def exits_with(last: Last, endpoint: str, code: int) -> None:
    """The exit code of the last command on the endpoint."""
    result = last.of(endpoint)
    if result.exit_code != code:
        raise Unmet(
            f"{last.command(endpoint)!r} on {endpoint} exited with {result.exit_code}, not {code}. {describe(result)}"
        )


@then("the command on {endpoint:Name} prints {text:Quoted}")
def prints(last: Last, endpoint: str, text: str) -> None:
    """The text is somewhere in what the last command wrote to standard output or error."""
    result = last.of(endpoint)
    if text not in result.stdout + result.stderr:
        raise Unmet(f"{last.command(endpoint)!r} on {endpoint} did not print {text!r}. {describe(result)}")


@then("the command on {endpoint:Name} does not print {text:Quoted}")
def does_not_print(last: Last, endpoint: str, text: str) -> None:
    """The text is nowhere in what the last command wrote; it must have written something."""
    result = last.of(endpoint)
    said = result.stdout + result.stderr
    if text in said or not said.strip():
        raise Unmet(f"{last.command(endpoint)!r} on {endpoint} printed {text!r}, or nothing at all. {describe(result)}")


@then("the command on {endpoint:Name} prints:")
def prints_exactly(last: Last, endpoint: str, docstring: str) -> None:
    """Its standard output is this document, line by line; blanks at the ends of lines do not count."""
    result = last.of(endpoint)
    if _lines(result.stdout) != _lines(docstring):
        raise Unmet(
            f"{last.command(endpoint)!r} on {endpoint} printed something else than expected. {describe(result)}\n"
            f"Expected:\n    " + "\n    ".join(_lines(docstring))
        )


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]
