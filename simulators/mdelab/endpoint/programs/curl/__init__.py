"""`curl`: the host's real curl, tied to the endpoint.

It leaves from the endpoint's address, trusts the device's own CA file, follows the proxy of /etc/environment, reads and
writes the device's files only, and reaches nothing but the lab: bound to a loopback address, the kernel itself lets it go
nowhere else. Names are asked of the device's DNS server first.
"""

import asyncio
import ipaddress
import posixpath
import re
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from mdelab.endpoint.files import normal
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.curl.line import Line, Refused, WrongUsage, read_line
from mdelab.endpoint.programs.curl.route import NO_PROXY, VARIABLES, Target, bypass_list, proxy_of, target
from mdelab.endpoint.programs.curl.transfers import WRITE_OUT, evidence, take_transfers
from mdelab.endpoint.programs.speech import complain, not_simulated
from mdelab.model.errors import LabError

_NO_CERTIFICATES = "no-certificates"
"""An empty folder in the place of the host's own."""

_GUARD_S = 60
"""curl gives up by itself after this many seconds of host time; a little later it is killed."""

_IMPATIENT_S = 1
"""The same while a fault in the tenant keeps connections waiting: what has not come by then never will."""

_UNKNOWN = "unknown-" + "x" * 64
"""Stands for a name that the device's DNS server does not know: too long for a label, so no resolver is ever asked."""

_HOST_TIME = re.compile(r" after \d+ (?:ms|milliseconds)\b")
"""How long curl waited: this machine's time, which says nothing of the device's and differs from run to run."""

_NOTHING_LISTENS = "127.0.0.1:1"
"""An address at which a connection is refused at once."""

_ADVICE = "Leave it out, or use the options of `curl --help` that the lab's documentation lists."


async def curl(device: Device, argv: list[str], io: Io) -> int:
    """Exit code and output are the real curl's."""
    program = shutil.which("curl")
    if program is None or device.machine.files.host_path("/") is None:
        return not_simulated(io, "curl", "It needs curl on this machine and an endpoint with files of its own on it.")
    if argv[1:] in (["--version"], ["-V"]):
        return await _plain(program, argv[1:], io)
    try:
        line = read_line(argv[1:], lambda path: str(_host(device, io, path)), lambda path: _text(device, io, path))
    except Refused as refused:
        return not_simulated(io, str(refused), _ADVICE)
    except WrongUsage as wrong:
        return complain(io, str(wrong), 2)
    except (FileNotFoundError, LabError) as error:
        return complain(io, f"curl: (26) {error}", 26)
    environment = {**device.machine.environment, **io.env}
    stranger = _stranger(device, line)
    if stranger:
        return not_simulated(io, f"curl --proxy {stranger}", f"Proxies that this endpoint can reach: {_hops(device)}.")
    return await _Run(device, io, line, environment).run(program)


class _Run:
    """One run of the real curl."""

    def __init__(self, device: Device, io: Io, line: Line, environment: dict[str, str]) -> None:
        self._device = device
        self._io = io
        self._line = line
        self._environment = environment
        self._unknown: list[str] = []
        """Names without an address, in the order in which stand-ins were given out."""
        self._addresses: dict[str, str | None] = {}
        """What the device's DNS server said in this run."""
        self._dialled: dict[str, str] = {}
        """Where connections really led, and where they were to lead, both as curl writes an address."""

    async def run(self, program: str) -> int:
        targets = [target(url, self._line, self._environment) for url in self._line.urls]
        with tempfile.TemporaryDirectory(prefix="mdelab-curl-") as folder:
            home = Path(folder)
            (home / _NO_CERTIFICATES).mkdir()
            (home / ".curlrc").write_text(await self._settings(home, targets))
            variables = {"PATH": "/usr/bin:/bin", "HOME": folder, "CURL_HOME": folder, **await self._proxies()}
            arguments = [program, "--write-out", WRITE_OUT + self._line.write_out, *self._line.arguments]
            code, out, err = await _spawn(arguments, variables, _host(self._device, self._io, "."), self._io.stdin)
            err = err.replace(str(home / _NO_CERTIFICATES), posixpath.dirname(self._device.machine.paths.os_store))
        self._device.machine.files.rescan()
        said, transfers = take_transfers(err)
        for transfer in transfers:
            where = target(transfer.url, self._line, self._environment)
            for record in evidence(
                transfer, address=self._device.machine.attachment.address, is_proxied=bool(where.proxy)
            ):
                said_of_it = _HOST_TIME.sub("", self._translate(record.error))
                self._device.sink(msgspec.structs.replace(record, error=said_of_it))
        self._io.out.write(out)
        self._io.err.write(self._translate(said))
        return code

    async def _settings(self, home: Path, targets: list[Target]) -> str:
        """The private .curlrc: everything that ties curl to the endpoint; the command line comes after it."""
        store = self._device.machine.files.host_path(self._device.machine.paths.os_store)
        rows = [
            ("interface", self._device.machine.attachment.address),
            ("cacert", str(store)),
            # Many builds of curl also read the host's own folder of certificates.
            ("capath", str(home / _NO_CERTIFICATES)),
            ("proto", "=http,https"),
            ("proto-redir", "=http,https"),
            ("max-time", str(_IMPATIENT_S if self._device.tenant.faults.hold else _GUARD_S)),
            *[("connect-to", text) for text in await self._connect_to(targets)],
        ]
        return "no-progress-meter\n" + "".join(f'{name} = "{value}"\n' for name, value in rows)

    async def _connect_to(self, targets: list[Target]) -> list[str]:
        """Where direct connections go. Each known host by itself; then, for redirects, every other name to the lab's cloud."""
        rows: dict[str, None] = {}
        for one in targets:
            if not one.proxy and one.host and one.port:
                rows[f"{one.host}:{one.port}:{await self._dial_server(one.host, one.port)}"] = None
        ports = self._device.machine.attachment.ports
        for (_, port), (ip, bound) in ports.items():
            scheme = "https" if port == 443 else "http"
            if not proxy_of(scheme, self._line, self._environment) or bypass_list(self._line, self._environment) == "*":
                rows[f":{port}:{ip}:{bound}"] = None
        if ports and not any(proxy_of(scheme, self._line, self._environment) for scheme in VARIABLES):
            rows[f"::{_NOTHING_LISTENS}"] = None
        return list(rows)

    async def _dial(self, host: str, port: int) -> str:
        """Where a connection to (host, port) goes; from an isolated device nowhere."""
        if self._device.agent.isolation:
            return _NOTHING_LISTENS
        address = await self._resolve(host)
        if address is None:
            return f"{self._stand_in(host)}:{port}"
        if not self._device.machine.attachment.link.is_up:
            return _NOTHING_LISTENS
        ip, bound = await self._device.machine.attachment.dial(host, (address, port))
        return f"{ip}:{bound}"

    async def _dial_server(self, host: str, port: int) -> str:
        """As `_dial`, but on loopback only to ports of the lab: others belong to this machine's own programs."""
        address, ports = await self._resolve(host), self._device.machine.attachment.ports
        is_strange = ports and address is not None and (address, port) not in ports
        where = _NOTHING_LISTENS if is_strange else await self._dial(host, port)
        self._dialled[where.replace(":", " port ")] = f"{host} port {port}"
        return where

    async def _resolve(self, host: str) -> str | None:
        if host not in self._addresses:
            self._addresses[host] = host if _is_address(host) else await self._device.resolve(host)
        return self._addresses[host]

    def _stand_in(self, host: str) -> str:
        self._unknown.append(host)
        return f"{_UNKNOWN}{len(self._unknown) - 1}"

    async def _proxies(self) -> dict[str, str]:
        """The proxy variables for curl; a proxy's name is resolved by the device, never by the host."""
        names = {name for group in VARIABLES.values() for name in group}
        found = {name: self._environment[name] for name in NO_PROXY if self._environment.get(name)}
        for name in sorted(names):
            value = self._environment.get(name, "")
            parts = urlsplit(value if "://" in value else f"http://{value}")
            if not value or not parts.hostname or self._line.proxy is not None:
                continue
            # curl takes 1080 when a proxy has no port.
            port = parts.port or 1080
            user = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
            found[name] = f"{parts.scheme}://{user}{await self._dial(parts.hostname, port)}"
        return found

    def _translate(self, text: str) -> str:
        """curl's words without the lab's stand-ins: device paths, and the names that were not found."""
        for index, host in reversed(list(enumerate(self._unknown))):
            text = text.replace(f"{_UNKNOWN}{index}", host)
        for really, asked in self._dialled.items():
            text = text.replace(really, asked)
        return text.replace(str(_host(self._device, self._io, "/")), "")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _host(device: Device, io: Io, path: str) -> Path:
    """Where a path that the device's user wrote lies on the host. Raises LabError when it leaves the device."""
    host = device.machine.files.host_path(normal(posixpath.join(io.cwd, path)))
    if host is None:
        raise LabError(f"the device has no files on this machine, so {path!r} has no place. Use an endpoint of a lab.")
    return host


def _text(device: Device, io: Io, path: str) -> str:
    return device.machine.files.read(normal(posixpath.join(io.cwd, path))).decode(errors="replace")


def _stranger(device: Device, line: Line) -> str:
    """The value of `-x` when it is no hop of the lab; "" when all is well."""
    if not line.proxy:
        return ""
    known = {urlsplit(url).netloc for url in device.machine.attachment.proxies.values()}
    asked = urlsplit(line.proxy if "://" in line.proxy else f"http://{line.proxy}").netloc.rpartition("@")[2]
    return "" if asked in known else line.proxy


def _hops(device: Device) -> str:
    return ", ".join(f"{url} ({name})" for name, url in device.machine.attachment.proxies.items()) or "none"


async def _spawn(arguments: list[str], variables: dict[str, str], cwd: Path, stdin: bytes) -> tuple[int, str, str]:
    """(exit code, stdout, stderr) of a host program; it is killed when it outlives the guard or the caller is cancelled."""
    # A file and no pipe: a program that ends before it has read everything closes a pipe under its writer.
    with tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        process = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=given,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=variables,
            cwd=cwd,
        )
        try:
            out, err = await asyncio.wait_for(process.communicate(), _GUARD_S + 5)
        except TimeoutError:
            return 28, "", f"curl: (28) Operation timed out after {_GUARD_S} s of this machine's time\n"
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    return process.returncode or 0, out.decode(errors="replace"), err.decode(errors="replace")


async def _plain(program: str, arguments: list[str], io: Io) -> int:
    code, out, err = await _spawn([program, "--disable", *arguments], {"PATH": "/usr/bin:/bin"}, Path("/"), b"")
    io.out.write(out)
    io.err.write(err)
    return code
