"""The user's own onboarding script under test: run on a device as an administrator does, beside the portal's files.

A shell's script needs a real shell, which only containers have; a batch file runs in the simulated cmd everywhere.
"""

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from mdelab.bdd.last import Last
from mdelab.bdd.registry import given, when
from mdelab.bdd.steps.commands import run
from mdelab.bdd.subjects import of_kind
from mdelab.bdd.verdict import Inconclusive, Unmet
from mdelab.catalogue.packages import downloads_of
from mdelab.catalogue.readings import shell
from mdelab.lab.client import TenantClient
from mdelab.lab.wire import ExecResult, PackageOrder
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError
from mdelab.model.platform import Platform
from mdelab.model.script import Script
from mdelab.model.subject import Subject, SubjectKind

Given = Mapping[SubjectKind, Subject]

_LONGEST_S = 600
_BEAT_S = 1.0
"""While a script runs, the tenant's time goes on with the host's: scripts wait for the client by sleeping."""

_OUT_OF_TIME = 124
"""What `timeout` ends with."""

_FOLDER = "/root/onboarding"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_NOTED = "/run/mdelab/not-simulated"
"""Where a container's sensor notes what it was asked for and does not simulate, whatever a script makes of the message."""

_MISSING = re.compile(r"(?:line \d+|: \d+): ([\w.+-]+): (?:command )?not found|env: .([\w.+-]+).: No such file")
"""What shells say of a program that is not there."""


@given("an endpoint {endpoint:Name} of the platform of the onboarding script under test")
def of_its_platform(tenant: TenantClient, subjects: Given, endpoint: str) -> None:
    """A Windows one for a batch file; a Mac for a script that names what only a Mac has; else a Linux one."""
    tenant.add_endpoint(DeviceSpec(name=endpoint, platform=of_kind(subjects, "script").script().platform))


@when("{endpoint:Name} runs the onboarding script under test")
def runs_script(tenant: TenantClient, subjects: Given, last: Last, endpoint: str) -> None:
    """With administrative rights, in a folder that holds the files of the portal's downloads too."""
    subject = of_kind(subjects, "script")
    script, platform = subject.script(), tenant.endpoint(endpoint).platform
    if platform is not script.platform:
        raise LabError(
            f"the onboarding script under test, {subject.file!r}, is for {script.platform}, and {endpoint} is a {platform} "
            f"device. Use `an endpoint {endpoint} of the platform of the onboarding script under test`."
        )
    if script.carries_package:
        raise Inconclusive(
            f"{subject.file} carries an onboarding package, and the lab's agents take none but their own tenant's. Let the "
            "script read the package from a file in its folder, where the lab puts the portal's files."
        )
    row = shell(platform)
    folder = row.folder if platform is Platform.WINDOWS else _FOLDER
    for name, text in {**_portal_files(tenant, platform), script.name: script.text}.items():
        tenant.write_file(endpoint, f"{folder}/{name}", text, mode=0o755)
    if platform is Platform.WINDOWS:
        run(tenant, last, endpoint, row.command.format(name=script.name))
    else:
        last.put(endpoint, subject.file, _in_container(tenant, endpoint, script))


def _portal_files(tenant: TenantClient, platform: Platform) -> dict[str, str]:
    """Name -> text, of every way by which the portal hands out this tenant's package."""
    files: dict[str, str] = {}
    for download in downloads_of(platform, "onboarding"):
        order = PackageOrder(kind="onboarding", platform=platform, method=download.method)
        files |= tenant.package(order).members
    return files


def _in_container(tenant: TenantClient, endpoint: str, script: Script) -> ExecResult:
    host = tenant.host(endpoint)
    before = host.run("cat %s", _NOTED).stdout
    command = f"cd {_FOLDER} && env -u PYTHONPATH PATH={_PATH} timeout {_LONGEST_S} ./%s"
    with ThreadPoolExecutor(max_workers=1) as pool:
        running = pool.submit(host.run, command, script.name)
        while True:
            try:
                done = running.result(timeout=_BEAT_S)
                break
            except TimeoutError:
                if tenant.clock().mode == "held":
                    tenant.move(seconds=_BEAT_S)
    if done.rc == _OUT_OF_TIME:
        raise Unmet(f"{script.name} did not end on {endpoint} within {_LONGEST_S} s, and was stopped.")
    noted = host.run("cat %s", _NOTED).stdout.removeprefix(before).splitlines()
    missing = [found[1] or found[2] for found in _MISSING.finditer(done.stderr)]
    unknown = [name for name in missing if not host.exists(name)]
    return ExecResult(exit_code=done.rc, stdout=done.stdout, stderr=done.stderr, not_simulated=[*noted, *unknown])
