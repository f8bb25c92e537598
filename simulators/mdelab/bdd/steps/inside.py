"""Inside an endpoint's container, as a shell and testinfra see it: for what only a real system can show.

Steps that ask the lab instead, and work on every backend, are in the other modules.
"""

import shlex

from mdelab.bdd.last import Last
from mdelab.bdd.registry import then, when
from mdelab.bdd.verdict import Unmet
from mdelab.lab.client import TenantClient
from mdelab.lab.wire import ExecResult

_NOT_SIMULATED = "not simulated by this lab"


@when("a shell on {endpoint:Name} runs {command:Quoted}")
def shell_runs(tenant: TenantClient, endpoint: str, command: str, last: Last) -> None:
    """Started in the container by its own means, past the lab."""
    done = tenant.host(endpoint).run(command)
    missing = [command] if _NOT_SIMULATED in done.stderr else []
    last.put(
        endpoint, command, ExecResult(exit_code=done.rc, stdout=done.stdout, stderr=done.stderr, not_simulated=missing)
    )


@when("a shell on {endpoint:Name} runs:")
def shell_runs_all(tenant: TenantClient, endpoint: str, last: Last, docstring: str) -> None:
    """A script of bash, which ends with the first command that fails."""
    shell_runs(tenant, endpoint, f"bash -e -o pipefail -c {shlex.quote(docstring)}", last)


@then("a shell on {endpoint:Name} is told that {command:Quoted} is not simulated")
def told_not_simulated(tenant: TenantClient, endpoint: str, command: str) -> None:
    """The command fails, and says why."""
    done = tenant.host(endpoint).run(command)
    if done.rc == 0 or _NOT_SIMULATED not in done.stderr:
        raise Unmet(f"{command!r} on {endpoint} exited with {done.rc} and said: {done.stderr.strip() or 'nothing'}.")


@then("the system of {endpoint:Name} runs the service {service:Quoted}")
def service_runs(tenant: TenantClient, endpoint: str, service: str) -> None:
    """Its service manager says so, and starts it at boot."""
    found = tenant.host(endpoint).service(service)
    if not (found.is_running and found.is_enabled):
        raise Unmet(
            f"the service {service!r} of {endpoint} runs: {found.is_running}; starts at boot: {found.is_enabled}."
        )


@then("the system of {endpoint:Name} does not run the service {service:Quoted}")
def service_does_not_run(tenant: TenantClient, endpoint: str, service: str) -> None:
    """Its service manager says so."""
    if tenant.host(endpoint).service(service).is_running:
        raise Unmet(f"the service {service!r} of {endpoint} runs.")


@then("the system of {endpoint:Name} has the package {package:Quoted}")
def package_installed(tenant: TenantClient, endpoint: str, package: str) -> None:
    """Its package manager has a record of it."""
    if not tenant.host(endpoint).package(package).is_installed:
        raise Unmet(f"the package manager of {endpoint} knows no {package!r}.")


@then("a shell on {endpoint:Name} finds no program {program:Quoted}")
def no_program(tenant: TenantClient, endpoint: str, program: str) -> None:
    """Nowhere in its PATH."""
    if tenant.host(endpoint).exists(program):
        raise Unmet(f"a shell on {endpoint} finds {program!r}.")


@then("the disk of {endpoint:Name} holds a file {path:Quoted}")
def file_there(tenant: TenantClient, endpoint: str, path: str) -> None:
    """A regular file, whoever wrote it."""
    if not tenant.host(endpoint).file(path).is_file:
        raise Unmet(f"the disk of {endpoint} holds no file {path!r}.")


@then("a shell on {endpoint:Name} reaches no host of the internet")
def reaches_nothing(tenant: TenantClient, endpoint: str) -> None:
    """Neither by name nor by address; that the lab's own names answer is asked for as well, or nothing would be shown."""
    host = tenant.host(endpoint)
    if host.run("curl -sS -m 10 -o /dev/null https://x.cp.wd.microsoft.com/api/report").rc:
        raise Unmet(f"{endpoint} does not reach the lab either, so that it reaches nothing else shows nothing.")
    for target in ("https://example.com/", "http://1.1.1.1/"):
        if host.run("curl -sS -m 3 -o /dev/null %s", target).rc == 0:
            raise Unmet(f"{endpoint} reaches {target}.")
