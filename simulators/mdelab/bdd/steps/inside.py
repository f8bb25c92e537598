"""Inside an endpoint's container, as a shell and testinfra see it: for what only a real system can show.

Steps that ask the lab instead, and work on every backend, are in the other modules.
"""

import shlex
import socket
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import psutil

from mdelab.bdd.last import Last
from mdelab.bdd.registry import then, when
from mdelab.bdd.verdict import Unmet
from mdelab.lab.client import LabClient, TenantClient
from mdelab.lab.wire import ExecResult
from mdelab.model.evidence import OBSERVERS

_SENSOR = "/run/mdelab/sensor.sock"

_SOON_S, _LOOKS_AGAIN_AFTER_S = 10.0, 0.1

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


@then("the system of {endpoint:Name} runs the process {process:Quoted}")
def process_runs(tenant: TenantClient, endpoint: str, process: str) -> None:
    """A list of processes has it, by the name of its executable."""
    host = tenant.host(endpoint)
    if not _soon(lambda: bool(host.process.filter(comm=process))):
        shown = ", ".join(sorted({one.comm for one in host.process.filter()}))
        raise Unmet(f"no process of {endpoint} is called {process!r}. There are: {shown}.")


@then("the system of {endpoint:Name} does not run the process {process:Quoted}")
def process_does_not_run(tenant: TenantClient, endpoint: str, process: str) -> None:
    """No list of processes has it any more."""
    host = tenant.host(endpoint)
    if not _soon(lambda: not host.process.filter(comm=process)):
        raise Unmet(f"a process of {endpoint} is called {process!r}.")


@then("the list of processes of {endpoint:Name} shows {command:Quoted}")
def process_shown(tenant: TenantClient, endpoint: str, command: str) -> None:
    """With the path of its executable, and what it was told."""
    shown = [one.args for one in tenant.host(endpoint).process.filter()]
    if command not in shown:
        raise Unmet(f"no process of {endpoint} is shown as {command!r}, only as: {', '.join(shown)}.")


@then("nothing on {endpoint:Name} listens for the network")
def listens_to_nobody(tenant: TenantClient, endpoint: str) -> None:
    """The Defender client only connects outwards; that the sensor's own socket is seen is asked for as well."""
    host = tenant.host(endpoint)
    if not host.socket(f"unix://{_SENSOR}").is_listening:
        raise Unmet(
            f"the sensor of {endpoint} is not seen to listen either, so that nothing else is seen shows nothing."
        )
    sockets = [one.partition("://") for one in host.socket.get_listening_sockets()]
    open_to_all = [f"{kind}://{where}" for kind, _, where in sockets if kind != "unix" and not where.startswith("127.")]
    if open_to_all:
        raise Unmet(f"{endpoint} listens for the network: {', '.join(open_to_all)}.")


@when("a shell on {endpoint:Name} adds the inspecting proxy's CA to the store of the system")
def adds_interception_ca(lab: LabClient, tenant: TenantClient, endpoint: str) -> None:
    """Put where administrators put it, and taken up by the system's own `update-ca-certificates`."""
    pem = (Path(lab.info().ca_file).parent / "interception-ca.pem").read_text()
    host = tenant.host(endpoint)
    done = host.run("printf '%%s' %s > /usr/local/share/ca-certificates/corp.crt && update-ca-certificates", pem)
    if done.rc:
        raise Unmet(f"update-ca-certificates on {endpoint} ended with {done.rc}: {done.stdout} {done.stderr}")


@then("in one second the inspecting proxy reads a request from {endpoint:Name} and the agent there refuses it")
def read_and_refused(tenant: TenantClient, endpoint: str) -> None:
    """By what both recorded, in the tenant's time."""
    records = [record for one in tenant.connections(endpoint) for record in one.records if record.at is not None]
    read = [
        one.at for one in records if one.observer not in OBSERVERS and one.http is not None and one.http.status == 200
    ]
    refused = [one.at for one in records if one.observer == "agent" and one.tls and one.tls.outcome == "refused"]
    if not any(abs(a - b) < timedelta(seconds=1) for a in read for b in refused if a and b):
        raise Unmet(
            f"the proxy read requests from {endpoint} at {_times(read)}, the agent refused at {_times(refused)}."
        )


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


@then("a shell on {endpoint:Name} reaches {host_name:Quoted} in the container of the lab")
def reaches_lab(lab: LabClient, tenant: TenantClient, endpoint: str, host_name: str) -> None:
    """By its real name and on the real port, with the certificate checked."""
    host = tenant.host(endpoint)
    done = host.run("curl -sS -o /dev/null -w '%%{remote_ip} %%{remote_port}' %s", f"https://{host_name}/ping")
    named = host.run("getent hosts %s", f"mdelab-{lab.info().id}-lab").stdout.split()
    if done.rc or not named or done.stdout != f"{named[0]} 443":
        raise Unmet(
            f"{host_name} leads {endpoint} to {done.stdout or done.stderr}, and the lab is {named or 'not found'}."
        )


@then("a shell on {endpoint:Name} reaches no host of the internet")
def reaches_nothing(tenant: TenantClient, endpoint: str) -> None:
    """Neither by name nor by address, nor this machine; that the lab's own names answer is asked for as well, or nothing would
    be shown.
    """
    host = tenant.host(endpoint)
    if host.run("curl -sS -m 10 -o /dev/null https://x.cp.wd.microsoft.com/api/report").rc:
        raise Unmet(f"{endpoint} does not reach the lab either, so that it reaches nothing else shows nothing.")
    with socket.create_server(("", 0)) as listener:
        port = listener.getsockname()[1]
        here = [f"http://{address}:{port}/" for address in _addresses()]
        for target in ("https://example.com/", "http://1.1.1.1/", *here):
            said = host.run("curl -sS -m 2 -o /dev/null %s", target).stderr
            # This machine's listener takes connections and says nothing: that is reached, too.
            if "curl: (7)" not in said and "curl: (6)" not in said and not _times_out_connecting(said):
                raise Unmet(f"{endpoint} reaches {target}: {said or 'it answers'}.")


def _times_out_connecting(said: str) -> bool:
    return "curl: (28)" in said and "Connection timed" in said


def _addresses() -> list[str]:
    """Of this machine, by which others could reach it."""
    return [
        one.address
        for addresses in psutil.net_if_addrs().values()
        for one in addresses
        if one.family == socket.AF_INET and not one.address.startswith("127.")
    ]


def _soon(holds: Callable[[], bool]) -> bool:
    """Whether it comes to hold: processes come and go a moment after what begins or ends them."""
    deadline = time.monotonic() + _SOON_S
    while not (held := holds()) and time.monotonic() < deadline:
        time.sleep(_LOOKS_AGAIN_AFTER_S)
    return held


def _times(found: Sequence[datetime | None]) -> str:
    return ", ".join(sorted({str(one) for one in found})) or "no time"
