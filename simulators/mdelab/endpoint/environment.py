"""The variables that every program of a device is started with, from where its platform keeps the system-wide setting.

A Mac and Windows keep no such variables but a proxy of the system; the lab's programs see it as the variables that curl reads.
"""

import shlex
from collections.abc import Callable
from typing import Literal

from mdelab.endpoint import system_proxy
from mdelab.endpoint.files import FileTree
from mdelab.endpoint.held import Held
from mdelab.endpoint.registry import Registry
from mdelab.endpoint.winhttp import read_winhttp

ENVIRONMENT_FILE = "/etc/environment"
"""Linux."""

PROXY_VARIABLES = ("HTTPS_PROXY", "https_proxy")
BYPASS_VARIABLES = ("NO_PROXY", "no_proxy")

Medium = Literal["file", "system-configuration", "winhttp"]


def read(medium: Medium, files: FileTree, registry: Registry | None) -> dict[str, str]:
    """What holds now. Raises LabError for a setting that does not parse."""
    return _READERS[medium](files, registry)


def held_in(variables: dict[str, str]) -> Held | None:
    """The proxy for https among the variables, and what goes round it; None when no variable names one."""
    named = [variables[name] for name in PROXY_VARIABLES if name in variables]
    if not named:
        return None
    bypass = next((variables[name] for name in BYPASS_VARIABLES if variables.get(name)), "")
    return Held(next((value for value in named if value), ""), tuple(bypass.replace(",", " ").split()))


def parse(text: str) -> dict[str, str]:
    """Read KEY=value lines as pam_env does: comments and blank lines are skipped, `export` and quotes are dropped."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        line = line.strip().removeprefix("export ").strip()
        if not line or line.startswith("#") or "=" not in line:
            continue
        key, value = line.split("=", 1)
        try:
            found[key.strip()] = "".join(shlex.split(value))
        except ValueError:
            # An unclosed quote: the value stands as it was written.
            found[key.strip()] = value
    return found


def _file(files: FileTree, _: Registry | None) -> dict[str, str]:
    try:
        return parse(files.read(ENVIRONMENT_FILE).decode(errors="replace"))
    except FileNotFoundError:
        return {}


def _system_configuration(files: FileTree, _: Registry | None) -> dict[str, str]:
    proxy = system_proxy.read(files)
    found = {}
    for name, fixed in (("http_proxy", proxy.web), ("HTTPS_PROXY", proxy.secure_web)):
        if fixed.is_on and fixed.host:
            found[name] = f"http://{fixed.host}:{fixed.port}"
    return {**found, "NO_PROXY": _without_stars(proxy.bypass)} if found and proxy.bypass else found


def _winhttp(_: FileTree, registry: Registry | None) -> dict[str, str]:
    settings = read_winhttp(registry) if registry else None
    if settings is None or not settings.proxy:
        return {}
    found = {}
    for part in settings.proxy.replace(" ", ";").split(";"):
        scheme, _sign, place = part.rpartition("=")
        url = place if "://" in place else f"http://{place}"
        if scheme in ("", "https") and place:
            found["HTTPS_PROXY"] = url
        if scheme in ("", "http") and place:
            found["http_proxy"] = url
    return {**found, "NO_PROXY": _without_stars(settings.bypass.split(";"))} if found and settings.bypass else found


def _without_stars(names: list[str] | tuple[str, ...]) -> str:
    """`*.corp.example` is `corp.example` for curl; `<local>` has no counterpart there."""
    return ",".join(name.strip().removeprefix("*.") for name in names if name.strip() and name.strip() != "<local>")


_READERS: dict[Medium, Callable[[FileTree, Registry | None], dict[str, str]]] = {
    "file": _file,
    "system-configuration": _system_configuration,
    "winhttp": _winhttp,
}
