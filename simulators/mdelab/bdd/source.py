"""Where a test session's lab comes from: attached to, started here, or asked for at the controller of a parallel run.

A lab starts when the first test needs it. Under pytest-xdist only the controller starts one: workers are told where its
*doorman* listens, and the doorman starts the lab at the first knock.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Listener
from typing import TYPE_CHECKING, Any, Protocol

from mdelab.model.errors import LabError, NotReady

if TYPE_CHECKING:
    from mdelab.lab.client import LabClient
    from mdelab.lab.launch import BackendName

_STOP = "stop"
_KNOCK = "lab, please"


class Source(Protocol):
    """Gives the session's lab; `close` ends what it started."""

    def lab(self) -> LabClient: ...

    def close(self) -> None: ...


class Attached:
    """A lab that someone started with `mdelab up --name NAME`; it outlives the session."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._client: LabClient | None = None

    def lab(self) -> LabClient:
        from mdelab.lab.client import connect

        if self._client is None:
            self._client = connect(self._name)
        return self._client

    def close(self) -> None:
        _close(self._client)
        self._client = None


class Owned:
    """A lab of this session's own: started at the first call, stopped at the end."""

    def __init__(self, seed: int | None, backend: BackendName, *, keep: bool = False) -> None:
        """keep: whether it stays when a failed scenario left its tenant in it."""
        self._seed = seed
        self._backend = backend
        self._keep = keep
        self._running = contextlib.ExitStack()
        self._client: LabClient | None = None
        self._failure: NotReady | None = None
        self._lock = threading.Lock()

    def lab(self) -> LabClient:
        """Raises the same NotReady at each call when the lab did not start."""
        from mdelab.lab.launch import launch, launch_to_keep

        with self._lock:
            if self._failure is not None:
                raise self._failure
            if self._client is None:
                try:
                    start = launch_to_keep if self._keep else launch
                    self._client = self._running.enter_context(start(seed=self._seed, backend=self._backend))
                except (LabError, NotReady, OSError, ImportError) as error:
                    self._failure = NotReady(str(error))
                    raise self._failure from error
            return self._client

    @property
    def is_running(self) -> bool:
        return self._client is not None

    def close(self) -> None:
        self._running.close()
        _close(self._client)
        self._client = None


class Doorman:
    """Tells the workers of a parallel run where the controller's lab is; starts it for the first who asks."""

    def __init__(self, owned: Owned) -> None:
        self._owned = owned
        self._key = secrets.token_bytes(16)
        self._listener = Listener(("127.0.0.1", 0), authkey=self._key)
        self._thread = threading.Thread(target=self._serve, name="mdelab doorman", daemon=True)
        self._thread.start()

    @property
    def door(self) -> dict[str, Any]:
        """What a worker needs in order to knock; plain values, for pytest-xdist's `workerinput`."""
        host, port = self._listener.address
        return {"host": host, "port": port, "key": self._key}

    def close(self) -> None:
        with contextlib.suppress(OSError, EOFError), Client(self._listener.address, authkey=self._key) as connection:
            connection.send(_STOP)
        self._thread.join(timeout=10)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                with self._listener.accept() as connection:
                    if connection.recv() == _STOP:
                        return
                    connection.send(self._answer())
            except (AuthenticationError, EOFError, OSError):
                continue  # someone who is no worker, or one that ended while it waited

    def _answer(self) -> tuple[str, str, str]:
        try:
            client = self._owned.lab()
        except NotReady as error:
            return ("error", str(error), "")
        return ("lab", client.address, client.token)


class Knocking:
    """A worker's way to the controller's lab."""

    def __init__(self, door: dict[str, Any]) -> None:
        self._door = door
        self._client: LabClient | None = None
        self._failure = ""

    def lab(self) -> LabClient:
        from mdelab.lab.client import LabClient

        if self._failure:
            raise NotReady(self._failure)
        if self._client is None:
            address = (self._door["host"], self._door["port"])
            try:
                with Client(address, authkey=self._door["key"]) as connection:
                    connection.send(_KNOCK)
                    kind, first, second = connection.recv()
            except (EOFError, OSError) as error:
                kind, first, second = (
                    "error",
                    f"the session's main process does not answer ({error!r}). Has it ended?",
                    "",
                )
            if kind == "error":
                self._failure = first
                raise NotReady(first)
            self._client = LabClient(first, second)
        return self._client

    def close(self) -> None:
        _close(self._client)
        self._client = None


def _close(client: object) -> None:
    """Close what a client may keep open between calls."""
    close = getattr(client, "close", None)
    if close is not None:
        close()
