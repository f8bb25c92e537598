"""How everything that a lab makes in the engine is marked, and how what a killed lab left is found and removed."""

import contextlib
import os
from collections.abc import Callable

import docker
import psutil
from docker.errors import APIError, NotFound

LAB = "mdelab.lab"
"""The lab's name; on everything that a lab makes at run time."""
ID = "mdelab.id"
USER = "mdelab.user"
PID = "mdelab.pid"
STARTED = "mdelab.started"
"""With PID: the driver's process and its creation time, by which a left-over is told from a running lab's."""

Labels = dict[str, str]


def of(name: str, lab_id: str) -> Labels:
    """The labels of one lab, whose driver is this process."""
    return {
        LAB: name,
        ID: lab_id,
        USER: str(os.getuid()),
        PID: str(os.getpid()),
        STARTED: repr(psutil.Process().create_time()),
    }


def remove(client: docker.DockerClient, lab_id: str) -> None:
    """Remove every container and network of a lab."""
    _remove(client, f"{ID}={lab_id}", lambda labels: True)


def sweep(client: docker.DockerClient) -> list[str]:
    """Remove what labs of this user left whose driver is gone; returns their names."""
    return _remove(client, f"{USER}={os.getuid()}", lambda labels: not _runs(labels))


def _remove(client: docker.DockerClient, label: str, is_wanted: Callable[[Labels], bool]) -> list[str]:
    """Containers first: a network with one on it cannot go."""
    filters: dict[str, str | list[str] | bool] = {"label": label}
    names: list[str] = []
    for container in client.containers.list(all=True, filters=filters, ignore_removed=True):
        if is_wanted(container.labels):
            names.append(container.labels[LAB])
            remove_container(client, str(container.id))
    for network in client.networks.list(filters=filters):
        labels: Labels = network.attrs.get("Labels") or {}
        if is_wanted(labels):
            names.append(labels[LAB])
            with contextlib.suppress(NotFound):  # somebody else was quicker
                network.remove()
    return sorted(set(names))


def remove_container(client: docker.DockerClient, name: str) -> None:
    """Remove a container; harmless when it is gone, or is just being removed because it ended by itself."""
    try:
        client.api.remove_container(name, force=True, v=True)
    except NotFound:
        pass
    except APIError as error:
        if error.status_code != 409:
            raise


def _runs(labels: Labels) -> bool:
    try:
        process = psutil.Process(int(labels[PID]))
        return abs(process.create_time() - float(labels[STARTED])) < 1.0 and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, KeyError, ValueError):
        return False
