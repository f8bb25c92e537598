"""The programs of a Linux device. The file tools, curl and mdatp are those of a Mac too."""

from collections.abc import Callable

from mdelab.catalogue.distributions import distribution
from mdelab.endpoint.program import Program
from mdelab.endpoint.programs.certificates import update_ca_certificates
from mdelab.endpoint.programs.curl import curl
from mdelab.endpoint.programs.files import cat, chmod, cp, ls, mkdir, mv, rm, sha256sum
from mdelab.endpoint.programs.identity import echo, env, hostname, id_, uname, whoami
from mdelab.endpoint.programs.installation import maintain
from mdelab.endpoint.programs.interpreters import python, shell
from mdelab.endpoint.programs.logger import logger
from mdelab.endpoint.programs.mdatp import mdatp
from mdelab.endpoint.programs.package_managers import apt_get, yum
from mdelab.endpoint.programs.packages import dpkg, rpm
from mdelab.endpoint.programs.resources import df, findmnt, free, nproc, ps
from mdelab.endpoint.programs.services import service, systemctl
from mdelab.endpoint.programs.sudo import sudo
from mdelab.endpoint.programs.unzip import unzip
from mdelab.model.debian_package import TELL
from mdelab.model.device import DeviceSpec

FOLDERS = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/microsoft/mdatp/sbin")
"""Where the programs of the table lie on every device, without being files of it."""

SHARED = (
    "cat",
    "curl",
    "echo",
    "env",
    "hostname",
    "logger",
    "ls",
    "mdatp",
    "python3",
    "unzip",
)
"""Those that a Mac has too, and which are no others there."""

PROGRAMS: dict[str, Program] = {
    "apt": apt_get,
    "apt-get": apt_get,
    "bash": shell,
    "cat": cat,
    "chmod": chmod,
    "cp": cp,
    "curl": curl,
    "df": df,
    "dpkg": dpkg,
    "echo": echo,
    "env": env,
    "findmnt": findmnt,
    "free": free,
    "hostname": hostname,
    "id": id_,
    "logger": logger,
    "ls": ls,
    "mdatp": mdatp,
    TELL: maintain,
    "mkdir": mkdir,
    "mv": mv,
    "nproc": nproc,
    "ps": ps,
    "python": python,
    "python2": python,
    "python3": python,
    "rm": rm,
    "rpm": rpm,
    "service": service,
    "sh": shell,
    "sha256sum": sha256sum,
    "sudo": sudo,
    "systemctl": systemctl,
    "uname": uname,
    "unzip": unzip,
    "update-ca-certificates": update_ca_certificates,
    "wdavdaemonclient": mdatp,
    "whoami": whoami,
    "yum": yum,
}


def _has_deb(spec: DeviceSpec) -> bool:
    return distribution(spec.distribution).packages == "deb"


CLIENT_CONDITIONS: dict[str, Callable[[DeviceSpec], bool]] = {
    "mdatp": lambda spec: spec.installed,
    "python3": lambda spec: bool(spec.python),
    "wdavdaemonclient": lambda spec: spec.installed,
}

CONDITIONS: dict[str, Callable[[DeviceSpec], bool]] = {
    **CLIENT_CONDITIONS,
    "apt": _has_deb,
    "apt-get": _has_deb,
    "dpkg": _has_deb,
    "python": lambda spec: bool(spec.python2),
    "python2": lambda spec: bool(spec.python2),
    "rpm": lambda spec: not _has_deb(spec),
    "update-ca-certificates": _has_deb,
    "yum": lambda spec: not _has_deb(spec),
}
"""Programs that not every Linux device has."""
