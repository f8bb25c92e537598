"""What only one platform's devices have on their disk when they are made: the name of the system, its host name, its services.

Everything that all platforms have is `mdelab.endpoint.layout`.
"""

from collections.abc import Callable

from mdelab.catalogue.distributions import distribution
from mdelab.catalogue.macos import release_of
from mdelab.catalogue.repositories import repositories
from mdelab.catalogue.windows import windows
from mdelab.endpoint import managed_files, property_list
from mdelab.endpoint.environment import ENVIRONMENT_FILE
from mdelab.endpoint.files import put
from mdelab.endpoint.machine import Machine
from mdelab.endpoint.proxy_places import UNIT_FILE
from mdelab.endpoint.registry import Value
from mdelab.model.platform import Platform

SYSTEM_VERSION = "/System/Library/CoreServices/SystemVersion.plist"
OS_RELEASE = "/etc/os-release"

_UNIT = """[Unit]
Description=Microsoft Defender for Endpoint
After=network.target

[Service]
Type=simple
ExecStart=/opt/microsoft/mdatp/sbin/wdavdaemon
Restart=always

[Install]
WantedBy=multi-user.target
"""

REPOSITORIES = {"deb": "/etc/apt/sources.list.d", "rpm": "/etc/yum.repos.d"}
"""Linux: where a device lists its package repositories, by the kind of its packages."""


def write_system_files(machine: Machine) -> None:
    """Write what is not there yet. Raises LabError for a distribution, a release or a profile that the lab does not know."""
    _WRITERS[machine.spec.platform](machine)


def forget_release(machine: Machine) -> None:
    """Remove the file that names the system's release, so that it is written anew after an upgrade."""
    for path in (SYSTEM_VERSION, OS_RELEASE):
        if machine.files.exists(path):
            machine.files.remove(path)


def _linux(machine: Machine) -> None:
    spec, files = machine.spec, machine.files
    row = distribution(spec.distribution)
    codename = repositories().codenames.get(f"{spec.distribution}/{spec.release}")
    put(
        files,
        OS_RELEASE,
        f'PRETTY_NAME="{row.pretty.format(release=spec.release)}"\nNAME="{row.name}"\nVERSION_ID="{spec.release}"\n'
        f'VERSION="{spec.release}"\nID={row.id}\n'
        + (f'ID_LIKE="{row.id_like}"\n' if row.id_like else "")
        + (f"VERSION_CODENAME={codename}\n" if codename else ""),
    )
    put(files, "/etc/hostname", f"{spec.name}\n")
    put(files, "/etc/resolv.conf", f"nameserver {machine.attachment.resolver[0]}\n")
    put(files, ENVIRONMENT_FILE, 'PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"\n')
    files.make_folder(REPOSITORIES[row.packages])
    if spec.installed:
        put(files, UNIT_FILE, _UNIT)


def _macos(machine: Machine) -> None:
    spec, files = machine.spec, machine.files
    row = release_of(spec.release)
    if not files.exists(SYSTEM_VERSION):
        said = {
            "ProductName": "macOS",
            "ProductVersion": spec.release,
            "ProductBuildVersion": row.beta_build if spec.beta else row.build,
        }
        property_list.write(files, SYSTEM_VERSION, said)
    put(files, "/etc/resolv.conf", f"nameserver {machine.attachment.resolver[0]}\n")
    managed_files.deliver(machine)


def _windows(machine: Machine) -> None:
    spec, registry = machine.spec, machine.registry
    if registry is None:
        return
    said = {"edition": spec.edition, "build": spec.release.rpartition(".")[2]}
    for row in windows().value:
        if (row.needs_client and not spec.installed) or registry.get(row.key, row.name):
            continue
        data = row.data.format(**said) if isinstance(row.data, str) else row.data
        registry.set(row.key, row.name, Value(row.kind, data))
    for file in windows().file:
        put(machine.files, file.path, file.text)


_WRITERS: dict[Platform, Callable[[Machine], None]] = {
    Platform.LINUX: _linux,
    Platform.MACOS: _macos,
    Platform.WINDOWS: _windows,
}
