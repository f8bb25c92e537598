"""The two networks of a lab: `corp`, on which endpoints are and which leads nowhere, and `wan`, where the host comes in."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

import docker
from docker.errors import APIError
from docker.models.containers import Container
from docker.models.networks import Network
from docker.types import IPAMConfig, IPAMPool

from mdelab.model.errors import NotReady

_CORP = ipaddress.IPv4Network("10.213.0.0/17")
_WAN = ipaddress.IPv4Network("10.213.128.0/17")
"""Ranges that few networks use; each lab takes a block of both."""

_CORP_PREFIX, _WAN_PREFIX = 22, 28
"""A thousand endpoints; the lab and the host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Networks:
    corp: Network
    wan: Network

    def address_on(self, network: Network, container: Container) -> str:
        """The container's address on one of them, as it was when `container` was last loaded."""
        return str(container.attrs["NetworkSettings"]["Networks"][network.name]["IPAddress"])


def make(client: docker.DockerClient, lab_id: str, labels: dict[str, str]) -> Networks:
    """Make both. Raises NotReady when the engine has no free range left, and APIError for what else it refuses."""
    corp = _make(
        client,
        f"mdelab-{lab_id}-corp",
        _CORP.subnets(new_prefix=_CORP_PREFIX),
        labels,
        internal=True,
        # The host has no address on it: whatever listens there cannot be reached by a device.
        options={"com.docker.network.bridge.inhibit_ipv4": "true"},
    )
    try:
        wan = _make(
            client,
            f"mdelab-{lab_id}-wan",
            _WAN.subnets(new_prefix=_WAN_PREFIX),
            labels,
            internal=False,
            # Published ports come in; nothing is let out to the internet.
            options={"com.docker.network.bridge.enable_ip_masquerade": "false"},
        )
    except BaseException:
        corp.remove()
        raise
    return Networks(corp=corp, wan=wan)


def _make(
    client: docker.DockerClient,
    name: str,
    ranges: Iterator[ipaddress.IPv4Network],
    labels: dict[str, str],
    *,
    internal: bool,
    options: dict[str, str],
) -> Network:
    taken = _taken(client)
    for subnet in ranges:
        if any(subnet.overlaps(other) for other in taken):
            continue
        try:
            return client.networks.create(
                name,
                driver="bridge",
                internal=internal,
                labels=labels,
                options=options,
                ipam=IPAMConfig(pool_configs=[IPAMPool(subnet=str(subnet))]),
            )
        except APIError as error:
            # Another lab was quicker, or something that is not Docker's has it.
            if "overlaps" not in str(error) and "conflicts" not in str(error):
                raise
    raise NotReady(
        f"no free range of addresses is left in 10.213.0.0/16 for the network {name!r}. "
        "Remove what earlier labs left with `mdelab down --all`, or `docker network prune`."
    )


def _taken(client: docker.DockerClient) -> list[ipaddress.IPv4Network]:
    pools = [
        pool for network in client.networks.list() for pool in (network.attrs.get("IPAM") or {}).get("Config") or []
    ]
    found = (ipaddress.ip_network(pool["Subnet"], strict=False) for pool in pools if pool.get("Subnet"))
    return [subnet for subnet in found if isinstance(subnet, ipaddress.IPv4Network)]
