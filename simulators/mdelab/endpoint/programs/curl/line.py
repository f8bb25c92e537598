"""Reads a curl command line: which options the lab lets through, which name files of the device, and which URLs it asks.

Pure. An option outside the list is refused: curl can read and write the host in many ways, and the lab's endpoints may
touch their own files only. Running curl is `mdelab.endpoint.programs.curl.run`.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

_FLAGS = {
    "-s": "--silent",
    "-S": "--show-error",
    "-f": "--fail",
    "-L": "--location",
    "-I": "--head",
    "-i": "--include",
    "-O": "--remote-name",
    "-v": "--verbose",
    "-k": "--insecure",
}
_LONG_FLAGS = (
    "--http1.1",
    "--compressed",
    "--tlsv1",
    "--tlsv1.0",
    "--tlsv1.1",
    "--tlsv1.2",
    "--tlsv1.3",
    "--no-progress-meter",
)
_VALUES = {
    "-w": "--write-out",
    "-o": "--output",
    "-X": "--request",
    "-H": "--header",
    "-d": "--data",
    "-A": "--user-agent",
    "-m": "--max-time",
    "-x": "--proxy",
    "-T": "--upload-file",
    "-u": "--user",
}
_LONG_VALUES = (
    "--data-ascii",
    "--data-binary",
    "--data-raw",
    "--data-urlencode",
    "--connect-timeout",
    "--cacert",
    "--noproxy",
    "--pinnedpubkey",
    "--url",
)
_DATA = ("--data", "--data-ascii", "--data-binary")
_FLAG_NAMES = {*_FLAGS.values(), *_LONG_FLAGS}
_VALUE_NAMES = {*_VALUES.values(), *_LONG_VALUES}

_PLAIN_URL = re.compile(
    r"(https?://)?([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?([/?#].*)?", re.IGNORECASE | re.DOTALL
)
_OTHER_SCHEME = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*://", re.IGNORECASE)
"""Passed on as it is: the private .curlrc allows http and https only, so that curl itself refuses it."""

HostPath = Callable[[str], str]
"""A path as the device's user wrote it -> where it lies on the host."""


class Refused(Exception):
    """An option or a value that the lab does not pass to the real curl; the message names it."""


class WrongUsage(Exception):
    """curl itself would refuse this; the message is curl's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    arguments: tuple[str, ...]
    """For the real curl, without `-w`; files are host paths."""
    urls: tuple[str, ...]
    write_out: str = ""
    """The user's own `-w`; the last one counts."""
    proxy: str | None = None
    """The value of `-x`; "" asks for none, None when it was not given."""
    noproxy: str | None = None
    is_insecure: bool = False


def read_line(arguments: Sequence[str], host_path: HostPath, read_file: Callable[[str], str]) -> Line:
    """Read the arguments behind `curl`.

    read_file: gives the text of a file of the device, for `-w @file`. Raises Refused and WrongUsage.
    """
    out: list[str] = []
    urls: list[str] = []
    seen: dict[str, str] = {}
    given = iter(arguments)
    for option, value in _options(given):
        if option == "":
            urls.append(value)
            out.append(_url(value))
        elif option == "--url":
            urls.append(value)
            out += [option, _url(value)]
        elif option == "--write-out":
            seen[option] = read_file(value[1:]) if value.startswith("@") else value
        elif option in _FLAG_NAMES:
            seen[option] = ""
            out.append(option)
        else:
            seen[option] = value
            out += [option, _value(option, value, host_path)]
    if not urls:
        raise WrongUsage("curl: try 'curl --help' or 'curl --manual' for more information")
    return Line(
        arguments=tuple(out),
        urls=tuple(urls),
        write_out=seen.get("--write-out", ""),
        proxy=seen.get("--proxy"),
        noproxy=seen.get("--noproxy"),
        is_insecure="--insecure" in seen,
    )


def _options(given: Iterator[str]) -> Iterator[tuple[str, str]]:
    """(long name, value) of each option, ("", URL) of each URL."""
    for argument in given:
        if argument.startswith("--"):
            yield _long(argument, given)
        elif argument.startswith("-") and argument != "-":
            yield from _short(argument, given)
        else:
            yield "", argument


def _long(name: str, given: Iterator[str]) -> tuple[str, str]:
    if name in _FLAG_NAMES:
        return name, ""
    if name in _VALUE_NAMES:
        return name, _next(name, given)
    raise Refused(f"curl {name}")


def _short(argument: str, given: Iterator[str]) -> Iterator[tuple[str, str]]:
    """`-sSfo file`: flags in a row, the last may take a value, glued or not."""
    for index, letter in enumerate(argument[1:], start=1):
        name = "-" + letter
        if name in _FLAGS:
            yield _FLAGS[name], ""
        elif name in _VALUES:
            yield _VALUES[name], argument[index + 1 :] or _next(name, given)
            return
        else:
            raise Refused(f"curl {name}")


def _next(name: str, given: Iterator[str]) -> str:
    value = next(given, None)
    if value is None:
        raise WrongUsage(f"curl: option {name}: requires parameter")
    return value


def _url(url: str) -> str:
    """`url`, if Python and curl cannot differ about whose it is: what one calls the host must be led to the lab by the other."""
    if not _PLAIN_URL.fullmatch(url) and not _OTHER_SCHEME.match(url):
        raise Refused(f"curl with a URL of the form {url!r}")
    return url


def _value(option: str, value: str, host_path: HostPath) -> str:
    """`value` with the device's paths turned into the host's."""
    if option in ("--output", "--upload-file"):
        if option == "--output" and "#" in value:
            raise Refused(f"curl --output with a pattern ({value})")
        return value if value in ("-", "/dev/null") else host_path(value)
    if option == "--cacert":
        return host_path(value)
    if option == "--pinnedpubkey":
        return value if value.startswith("sha256//") else host_path(value)
    if option in (*_DATA, "--header") and value.startswith("@"):
        return value if value == "@-" else "@" + host_path(value[1:])
    if option == "--data-urlencode" and "@" in value.split("=", 1)[0]:
        name, _, path = value.partition("@")
        return f"{name}@{host_path(path)}"
    return value
