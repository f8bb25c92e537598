"""The way to the container engine, and what is said when there is none."""

import contextlib
import os
from collections.abc import Iterator

import docker
from docker.errors import APIError, DockerException, ImageNotFound, NotFound

from mdelab.model.errors import NotReady

OLDEST_API = (1, 41)
"""Of Docker Engine 20.10, with which the lab was measured."""

ANSWERS_WITHIN_S = 30
"""For the first question; one that hangs must end the start of a lab before whoever waits for it gives up."""

TIMEOUT_S = 120
"""For every later one: a loaded engine may take long for one call."""

USUAL_SOCKET = "unix:///var/run/docker.sock"


def connect() -> docker.DockerClient:
    """A client of the engine that DOCKER_HOST or the usual socket names. Raises NotReady with what mends it."""
    try:
        client = docker.from_env(timeout=ANSWERS_WITHIN_S)
        version = client.version()
    except (DockerException, OSError, ValueError) as error:
        raise NotReady(_why(error)) from error
    client.api.timeout = TIMEOUT_S
    offered = version.get("ApiVersion", "0.0")
    if tuple(int(part) for part in offered.split(".")) < OLDEST_API:
        client.close()
        wanted = ".".join(map(str, OLDEST_API))
        raise NotReady(
            f"the container engine is too old: it offers API {offered}, and the lab needs {wanted}. "
            "Install Docker Engine 20.10 or later, or run the lab without --backend docker."
        )
    return client


@contextlib.contextmanager
def said_plainly(what: str) -> Iterator[None]:
    """Turn the engine's errors in this block into NotReady. what: was being done, as in `the network could not be made`."""
    try:
        yield
    except (APIError, NotFound, ImageNotFound) as error:
        raise NotReady(f"{what}: the container engine says {_words(error)!r}. {_advice(_words(error))}") from error
    except (DockerException, OSError) as error:
        raise NotReady(f"{what}: {_why(error)}") from error


def _why(error: Exception) -> str:
    where = os.environ.get("DOCKER_HOST", "")
    cause = _first_cause(error)
    if isinstance(cause, PermissionError):
        return (
            f"this user may not speak to the container engine: {where or USUAL_SOCKET} refuses the connection. "
            "Run `sudo usermod -aG docker $USER` and log in again, or run the lab without --backend docker."
        )
    mend = f"unset DOCKER_HOST, which names it, for {USUAL_SOCKET}" if where else "point DOCKER_HOST to one"
    return (
        f"no container engine answers at {where or USUAL_SOCKET} ({_reason(cause)}). "
        f"Start one with `sudo systemctl start docker`, {mend}, or run the lab without --backend docker."
    )


def _first_cause(error: Exception) -> BaseException:
    """What the operating system said, below what libraries made of it; else the error itself."""
    said: BaseException = error
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, OSError) and below.strerror:
            said = below
        below = below.__cause__ or below.__context__
    return said


def _reason(error: BaseException) -> str:
    text = error.strerror or "" if isinstance(error, OSError) else ""
    return text or _last_line(str(error)).rstrip(".")


def _advice(text: str) -> str:
    if "no space left" in text:
        return "Free disk space with `docker system prune`."
    if "port is already allocated" in text or "address already in use" in text:
        return "Another program has taken the port; start the lab again."
    if "bind source path does not exist" in text:
        return (
            "The engine does not see this machine's files, so it runs on another one: "
            "`unset DOCKER_HOST`, or run mdelab where the engine runs."
        )
    return "Run `mdelab doctor`, and `mdelab down --all` to remove what earlier labs left."


def _words(error: APIError) -> str:
    return str(error.explanation or error).strip()


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else "no reason given"
