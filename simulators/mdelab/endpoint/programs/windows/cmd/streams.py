"""Where a command of a batch file reads and writes: the process's own streams, files of the device, pipes, or nowhere."""

import io
from dataclasses import dataclass, field

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.windows.cmd.nodes import Redirect
from mdelab.endpoint.programs.windows.place import is_there, place

_NOWHERE = "nul"
_CONSOLE = "con"


@dataclass(slots=True)
class Input:
    """Standard input, which several commands read one after the other."""

    rest: bytes = b""

    def line(self) -> str | None:
        """The next line without its end; None when there is no more."""
        if not self.rest:
            return None
        line, _, self.rest = self.rest.partition(b"\n")
        return line.decode(errors="replace").rstrip("\r")


@dataclass(slots=True)
class Streams:
    input: Input
    out: io.StringIO
    err: io.StringIO


@dataclass(slots=True)
class _Sink:
    """Output that goes to a file when the command has ended."""

    path: str
    is_appended: bool
    text: io.StringIO = field(default_factory=io.StringIO)


class CannotRedirect(Exception):
    """The message is what cmd says."""


class Redirected:
    """The streams of one command. Used as a context: at its end the files are written."""

    def __init__(self, device: Device, io_: Io, streams: Streams, redirects: tuple[Redirect, ...]) -> None:
        """Raises CannotRedirect."""
        self._device = device
        self._sinks: list[_Sink] = []
        self.streams = Streams(streams.input, streams.out, streams.err)
        for redirect in redirects:
            self._apply(io_, streams, redirect)

    def _apply(self, io_: Io, before: Streams, redirect: Redirect) -> None:
        if redirect.how == "join":
            source = self.streams.out if redirect.target == "1" else self.streams.err
            if redirect.stream == 2:
                self.streams.err = source
            else:
                self.streams.out = source
            return
        if redirect.how == "read":
            self.streams.input = self._open(io_, redirect.target)
            return
        text = before.out if redirect.target.lower() == _CONSOLE else self._sink(io_, redirect)
        if redirect.stream == 2:
            self.streams.err = text
        else:
            self.streams.out = text

    def _open(self, io_: Io, name: str) -> Input:
        if name.lower() == _NOWHERE:
            return Input()
        try:
            return Input(self._device.machine.files.read(place(self._device, io_, name)))
        except FileNotFoundError as error:
            raise CannotRedirect("The system cannot find the file specified.") from error

    def _sink(self, io_: Io, redirect: Redirect) -> io.StringIO:
        if redirect.target.lower() == _NOWHERE:
            return io.StringIO()
        path = place(self._device, io_, redirect.target)
        if not is_there(self._device, path.rpartition("/")[0]):
            raise CannotRedirect("The system cannot find the path specified.")
        if self._device.machine.files.is_folder(path):
            raise CannotRedirect("Access is denied.")
        sink = _Sink(path, redirect.how == "append")
        self._sinks.append(sink)
        return sink.text

    def close(self) -> None:
        """Write the files."""
        files = self._device.machine.files
        for sink in self._sinks:
            content = sink.text.getvalue().encode()
            if sink.is_appended:
                files.append(sink.path, content)
            else:
                files.write(sink.path, content)
