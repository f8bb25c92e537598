"""The programs that only a Mac has, or that are another there. The file tools, curl and mdatp are those of Linux too."""

from collections.abc import Callable

from mdelab.endpoint.program import Program
from mdelab.endpoint.programs.files import chmod, cp, mkdir, mv, rm
from mdelab.endpoint.programs.macos.date import date
from mdelab.endpoint.programs.macos.defaults import defaults
from mdelab.endpoint.programs.macos.extensions import kextstat, kmutil, systemextensionsctl
from mdelab.endpoint.programs.macos.identity import sw_vers, sysctl, uname
from mdelab.endpoint.programs.macos.installer import installer, pkgutil, uninstall
from mdelab.endpoint.programs.macos.integrity import csrutil, guarded
from mdelab.endpoint.programs.macos.launchd import launchctl
from mdelab.endpoint.programs.macos.menus import osascript
from mdelab.endpoint.programs.macos.network import networksetup, scutil
from mdelab.endpoint.programs.macos.opening import open_
from mdelab.endpoint.programs.macos.plutil import plutil
from mdelab.endpoint.programs.macos.profiles import profiles
from mdelab.endpoint.programs.macos.resources import df, ps
from mdelab.endpoint.programs.macos.shell import shell
from mdelab.endpoint.programs.macos.updates import msupdate
from mdelab.endpoint.programs.macos.users import dseditgroup, id_, sudo, whoami
from mdelab.model.device import DeviceSpec

PROGRAMS: dict[str, Program] = {
    "bash": shell,
    "chmod": guarded(chmod),
    "cp": guarded(cp, reads_first=True),
    "csrutil": csrutil,
    "date": date,
    "defaults": defaults,
    "df": df,
    "dseditgroup": dseditgroup,
    "id": id_,
    "installer": installer,
    "kextstat": kextstat,
    "kmutil": kmutil,
    "launchctl": launchctl,
    "mkdir": guarded(mkdir),
    "msupdate": msupdate,
    "mv": guarded(mv),
    "networksetup": networksetup,
    "open": open_,
    "osascript": osascript,
    "pkgutil": pkgutil,
    "plutil": plutil,
    "profiles": profiles,
    "ps": ps,
    "rm": guarded(rm),
    "scutil": scutil,
    "sh": shell,
    "sudo": sudo,
    "sw_vers": sw_vers,
    "sysctl": sysctl,
    "systemextensionsctl": systemextensionsctl,
    "uname": uname,
    "uninstall": uninstall,
    "whoami": whoami,
    "zsh": shell,
}

FOLDERS = (
    "/Library/Application Support/Microsoft/MAU2.0/Microsoft AutoUpdate.app/Contents/MacOS",
    "/Library/Application Support/Microsoft/Defender/uninstall",
)
"""Where some of them lie, beside the folders that every device has."""

CONDITIONS: dict[str, Callable[[DeviceSpec], bool]] = {"uninstall": lambda spec: spec.installed}
"""Programs that not every Mac has."""
