"""The agent's security intelligence: its first download, the later ones, and what is in use when one fails."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from mdelab.catalogue import timing
from mdelab.endpoint.answers import body_of
from mdelab.endpoint.channels import Channels
from mdelab.endpoint.commands import Command, FetchDefinitions, LogLine, Persist, WakeAfter
from mdelab.endpoint.events import AnswerReceived
from mdelab.endpoint.state import Definitions, Saved

DEFINITIONS_URL = "https://go.microsoft.com/fwlink/?linkid=2120136"


class Release(msgspec.Struct, frozen=True):
    """The lab's `latest.json`."""

    version: str
    sha256: str
    released: datetime


class Updates:
    """One agent's definitions."""

    __slots__ = ("_channels", "_saved")

    def __init__(self, saved: Saved, channels: Channels) -> None:
        self._saved = saved
        self._channels = channels

    def start(self) -> Iterator[Command]:
        if not self._saved.first_definitions_done:
            self._saved.definitions = msgspec.structs.replace(self._saved.definitions, status="updating")
            yield WakeAfter(name="definitions", delay=timing().after("definitions_first"))
        else:
            yield self._later()

    def due(self, *, is_automatic: bool) -> Iterator[Command]:
        """It is time for a download. is_automatic: as the device's settings say."""
        if is_automatic:
            yield from self._channels.ask(FetchDefinitions(url=DEFINITIONS_URL))
        else:
            yield self._later()

    def released(self, answer: AnswerReceived) -> Release | None:
        """What the download brought; None when it brought none, and the last good definitions stay in use."""
        release = body_of(answer, Release)
        return release if release and release.version else None

    def install(self, release: Release, now: datetime) -> Iterator[Command]:
        self._channels.succeed("definitions")
        if release.version != self._saved.definitions.version:
            yield LogLine(
                level="info",
                text=f"definitions {release.version} installed",
                symbol="definitions-updated",
                about=f"Current security intelligence version: {release.version}",
            )
        self._saved.definitions = Definitions(version=release.version, updated=now, status="up_to_date")
        self._saved.first_definitions_done = True
        yield Persist()
        yield self._later()

    def restore(self) -> Iterator[Command]:
        """Go back to the shipped set. It has no version here: the lab's devices are shipped as they are before their first
        download, which is what the next download, automatic or asked for, takes them out of."""
        self._saved.definitions = Definitions()
        self._saved.first_definitions_done = False
        yield Persist()
        yield LogLine(level="info", text="definitions restored to the shipped set")

    def _later(self) -> Command:
        return WakeAfter(name="definitions", delay=timing().after("definitions_update"))
