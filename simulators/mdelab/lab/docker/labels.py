"""How everything that a lab makes in the engine is marked, and how what a killed lab left is found and removed."""

import os
from typing import Any

import docker
import psutil
from docker.errors import APIError, NotFound

LAB = "mdelab.lab"
"""The lab's name; on everything that this program makes at run time."""
ID = "mdelab.id"
USER = "mdelab.user"
PID = "mdelab.pid"
STARTED = "mdelab.started"
"""With PID: the driver's process and its creation time, by which a left-over is told from a running lab's."""


def of(name: str, lab_id: str) -> dict[str, str]:
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
    _remove(client, {"label": f"{ID}={lab_id}"}, lambda labels: True)


def sweep(client: docker.DockerClient, *, everything: bool = False) -> list[str]:
    """Remove what labs of this user left whose driver is gone; returns their names.

    everything: also what a driver that runs has made.
    """
    return _remove(client, {"label": f"{USER}={os.getuid()}"}, lambda labels: everything or not _runs(labels))


def _remove(client: docker.DockerClient, filters: dict[str, Any], wanted: Any) -> list[str]:
    names: list[str] = []
    for container in client.containers.list(all=True, filters=filters, ignore_removed=True):
        if wanted(container.labels):
            names.append(container.labels[LAB])
            _quietly(lambda: container.remove(force=True, v=True))  # noqa: B023 (called at once)
    for network in client.networks.list(filters=filters):
        labels = network.attrs.get("Labels") or {}
        if wanted(labels):
            names.append(labels[LAB])
            _quietly(network.remove)
    return sorted(set(names))


def _quietly(removal: Any) -> None:
    """Something that is gone, or is just being removed, is as it should be."""
    try:
        removal()
    except NotFound:
        pass
    except APIError as error:
        if error.status_code != 409 or "already in progress" not in str(error):
            raise


def _runs(labels: dict[str, str]) -> bool:
    try:
        process = psutil.Process(int(labels[PID]))
        return abs(process.create_time() - float(labels[STARTED])) < 1.0 and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, KeyError, ValueError):
        return False
