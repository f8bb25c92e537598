"""The variables of a process on a Windows device: their names are found in any case."""

from collections.abc import Iterator, Mapping, MutableMapping

from mdelab.endpoint.program import Device, Io

SYSTEM_FOLDER = "/C:/Windows/System32"
"""Where a process of the lab begins: what runs there runs as the system or an administrator."""

_ADMINISTRATORS = ("SYSTEM", "ADMINISTRATOR")
_ROOT = "root"
_OTHERS = ("HOME", "USER", "LANG", "HOSTNAME", "PWD")
"""What a process has on the other platforms, and not on this one."""


class Variables(MutableMapping[str, str]):
    """A mapping that finds `windir` for `WINDIR` and keeps the spelling of the first."""

    def __init__(self, held: Mapping[str, str] | None = None) -> None:
        self._held: dict[str, tuple[str, str]] = {}
        self.update(held or {})

    def __getitem__(self, name: str) -> str:
        return self._held[name.upper()][1]

    def __setitem__(self, name: str, value: str) -> None:
        spelling = self._held[name.upper()][0] if name.upper() in self._held else name
        self._held[name.upper()] = (spelling, value)

    def __delitem__(self, name: str) -> None:
        del self._held[name.upper()]

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, _ in self._held.values()])

    def __len__(self) -> int:
        return len(self._held)


def variables(device: Device, io: Io) -> Variables:
    """What a process sees: the device's variables, and above them those that it was given."""
    given = Variables(io.env)
    user = user_of(io)
    home = r"C:\Windows\system32\config\systemprofile" if user.upper() == "SYSTEM" else rf"C:\Users\{user}"
    temp = r"C:\Windows\TEMP" if user.upper() == "SYSTEM" else rf"C:\Users\{user}\AppData\Local\Temp"
    own = {
        "ComSpec": r"C:\Windows\system32\cmd.exe",
        "COMPUTERNAME": device.machine.spec.name.upper(),
        "OS": "Windows_NT",
        "Path": r"C:\Windows\system32;C:\Windows;C:\Windows\System32\WindowsPowerShell\v1.0",
        "PATHEXT": ".COM;.EXE;.BAT;.CMD",
        "PROCESSOR_ARCHITECTURE": "ARM64" if device.machine.spec.architecture == "arm64" else "AMD64",
        "ProgramData": r"C:\ProgramData",
        "ProgramFiles": r"C:\Program Files",
        "PUBLIC": r"C:\Users\Public",
        "SystemDrive": "C:",
        "SystemRoot": r"C:\Windows",
        "TEMP": temp,
        "TMP": temp,
        "USERNAME": user,
        "USERPROFILE": home,
        "windir": r"C:\Windows",
    }
    return Variables({**own, **{name: value for name, value in given.items() if name.upper() not in _OTHERS}})


def user_of(io: Io) -> str:
    """USERNAME; else USER, which is how the lab names an ordinary user on every platform; else the system itself."""
    given = Variables(io.env)
    other = given.get("USER", "")
    return given.get("USERNAME") or (other if other != _ROOT else "") or "SYSTEM"


def is_administrator(io: Io) -> bool:
    """Whether the process may change the machine: as the system, which is the lab's default, or the administrator."""
    return user_of(io).upper() in _ADMINISTRATORS
