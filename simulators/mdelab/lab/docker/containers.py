"""Starts and removes the containers of one lab. Blocking: the driver calls it in threads."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, NotFound
from docker.models.containers import Container
from docker.types import Mount

from mdelab.lab.contained import CHANNELS
from mdelab.lab.docker import content, labels
from mdelab.lab.docker.networks import Networks
from mdelab.lab.remote.driver import CONTROL_PORT, ENTRANCE_PORT, Act
from mdelab.lab.remote.endpoint import CHANNEL
from mdelab.model.platform import Platform

DEVICE_LAB = "MDELAB_DEVICE_LAB"
"""By this variable the portal's scripts of this lab know that they run on a device of it (`mdelab.cloud.portal`)."""

_SOME_PORT: Any = ("127.0.0.1", None)
"""Loopback, on a port that the engine chooses; the library's types know only chosen ones."""


_ENDED_WITHIN_S = 30
"""Host time that the engine may take to end a container that was killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeContainer:
    name: str
    address: str
    """On the endpoints' network."""


class Containers:
    """Of one lab."""

    def __init__(
        self, client: docker.DockerClient, lab_id: str, folder: Path, marks: labels.Labels, networks: Networks
    ) -> None:
        """folder: the lab's, which its own container sees under the same path."""
        self._client = client
        self._lab_id = lab_id
        self._folder = folder
        self._marks = marks
        self._networks = networks
        self._lab_address = ""
        self._addresses: dict[str, str] = {}
        """By the name of a device's container."""
        self._free = networks.addresses()

    def lab(self) -> Container:
        """Start the lab's own container, with two ports published on loopback."""
        container = self._client.containers.create(
            content.tag(content.LAB_IMAGE),
            [str(self._folder)],
            name=f"mdelab-{self._lab_id}-lab",
            hostname="lab",
            user=f"{os.getuid()}:{os.getgid()}",
            environment={"HOME": "/tmp"},
            mounts=_shared(self._folder, self._folder),
            ports=dict.fromkeys((f"{CONTROL_PORT}/tcp", f"{ENTRANCE_PORT}/tcp"), _SOME_PORT),
            network=self._networks.wan.name,
            labels=self._marks,
            sysctls={"net.ipv4.ip_unprivileged_port_start": "0"},
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            init=True,
            auto_remove=True,
        )
        self._networks.corp.connect(container)
        container.start()
        container.reload()
        self._lab_address = self._networks.address_on(self._networks.corp, container)
        return container

    def device(self, number: int, platform: Platform, host: str) -> MadeContainer:
        """Start a container whose sensor will come to the door in the lab's folder `number`."""
        name = f"mdelab-{self._lab_id}-{number}-{host}"
        address = self._addresses[name] = next(self._free)
        self._client.containers.run(
            **endpoint(platform, host, self._folder / CHANNELS / str(number)),
            name=name,
            environment={DEVICE_LAB: self._lab_id},
            network=self._networks.corp.name,
            # Its own for good: the engine gives an address to the next as soon as a container is off its network.
            networking_config={
                str(self._networks.corp.name): self._client.api.create_endpoint_config(ipv4_address=address)
            },
            dns=[self._lab_address],
            labels=self._marks,
        )
        return MadeContainer(name=name, address=address)

    def handle(self, name: str, act: Act) -> str:
        """Do something to a device's container; what the engine says of it then."""
        container = self._client.containers.get(name)
        corp = self._networks.corp
        match act:
            case "pause":
                container.pause()
            case "unpause":
                container.unpause()
            case "disconnect":
                corp.disconnect(container)
            case "kill":
                container.kill()
                container.wait(timeout=_ENDED_WITHIN_S)
            case "start":
                container.start()
            case "connect":
                corp.connect(container, ipv4_address=self._addresses[name])
        container.reload()
        return str(container.status)

    def remove(self, name: str) -> None:
        """Its sensor has ended, so nothing is lost by force."""
        labels.remove_container(self._client, name)


def endpoint(platform: Platform, host: str, channel: Path) -> dict[str, Any]:
    """What the engine is told of an endpoint's container, whatever its network."""
    return {
        "image": content.tag(content.ENDPOINT_IMAGES[platform]),
        "hostname": host,
        "mounts": _shared(channel, CHANNEL),
        # A connection that has ended is not remembered: the next device in the container would find it.
        "sysctls": {"net.ipv4.tcp_max_tw_buckets": "0"},
        "security_opt": ["no-new-privileges"],
        "init": True,
        "detach": True,
    }


def _shared(folder: Path, inside: Path) -> list[Mount]:
    """A folder of this machine, and the package where containers run that of this machine.

    As a `volume` the engine would make a folder that it has not, and hide that it runs elsewhere.
    """
    mounts = [Mount(str(inside), str(folder), type="bind")]
    if content.is_live():
        mounts.append(Mount(str(content.INSIDE), str(content.PACKAGE), type="bind", read_only=True))
    return mounts


def output_of(container: Container) -> str:
    """The last that a container wrote, for messages."""
    with contextlib.suppress(APIError, NotFound):
        return container.logs(tail=20).decode(errors="replace").strip()[-2000:] or "nothing"
    return "nothing"
