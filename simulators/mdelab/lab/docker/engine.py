"""The way to the container engine, and what is said when there is none."""

import contextlib
from collections.abc import Iterator

import docker
from docker.errors import APIError, DockerException, ImageNotFound, NotFound

from mdelab.model.errors import NotReady

OLDEST_API = (1, 41)
"""Of Docker Engine 20.10, with which the lab was measured."""

TIMEOUT_S = 120
"""A loaded engine may take long for one call; one that hangs must still end the start of a lab."""


def connect() -> docker.DockerClient:
    """A client of the engine that DOCKER_HOST or the usual socket names. Raises NotReady with what mends it."""
    try:
        client = docker.from_env(timeout=TIMEOUT_S)
        version = client.version()
    except (DockerException, OSError) as error:
        raise NotReady(_why(error)) from error
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
    text = str(error)
    if "Permission denied" in text or "PermissionError" in text:
        return (
            "this user may not speak to the container engine: its socket refuses the connection. "
            "Run `sudo usermod -aG docker $USER` and log in again, or run the lab without --backend docker."
        )
    return (
        f"no container engine answers ({_last_line(text)}). Start one with `sudo systemctl start docker`, "
        "point DOCKER_HOST to one, or run the lab without --backend docker."
    )


def _advice(text: str) -> str:
    if "no space left" in text:
        return "Free disk space with `docker system prune`."
    if "port is already allocated" in text or "address already in use" in text:
        return "Another program has taken the port; start the lab again."
    return "Run `mdelab doctor`, and `mdelab down --all` to remove what earlier labs left."


def _words(error: APIError) -> str:
    return str(error.explanation or error).strip()


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else "no reason given"
