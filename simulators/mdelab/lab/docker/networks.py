"""The two networks of a lab: `corp`, on which endpoints are and which leads nowhere, and `wan`, where the host comes in."""

import ipaddress
import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import docker
import psutil
from docker.errors import APIError
from docker.models.containers import Container
from docker.models.networks import Network
from docker.types import IPAMConfig, IPAMPool

from mdelab.model.errors import LabError, NotReady

RANGE = "MDELAB_SUBNET"
"""Environment variable: the range of addresses that labs take theirs from, where the usual one is somebody's already."""

USUAL_RANGE = "10.213.0.0/16"
"""Few networks use it."""

_CORP_PREFIX, _WAN_PREFIX = 22, 28
"""A thousand endpoints; the lab and the host. Each lab takes a block of either half of the range."""

_LARGEST_RANGE = _CORP_PREFIX - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Networks:
    corp: Network
    wan: Network

    def addresses(self) -> Iterator[str]:
        """For devices, each once: from the end of their network, because the engine gives out what is at its beginning."""
        (pool,) = self.corp.attrs["IPAM"]["Config"]
        for address in reversed(list(ipaddress.IPv4Network(pool["Subnet"]).hosts())):
            yield str(address)

    def address_on(self, network: Network, container: Container) -> str:
        """The container's address on one of them, as it was when `container` was last loaded."""
        return str(container.attrs["NetworkSettings"]["Networks"][network.name]["IPAddress"])


def make(client: docker.DockerClient, lab_id: str, labels: dict[str, str]) -> Networks:
    """Make both. Raises NotReady when no free range is left, LabError for a range that is none, and APIError."""
    for_corp, for_wan = _halves()
    corp = _make(
        client,
        f"mdelab-{lab_id}-corp",
        for_corp.subnets(new_prefix=_CORP_PREFIX),
        labels,
        internal=True,
        # The host has no address on it: whatever listens there cannot be reached by a device.
        options={"com.docker.network.bridge.inhibit_ipv4": "true"},
    )
    try:
        wan = _make(
            client,
            f"mdelab-{lab_id}-wan",
            for_wan.subnets(new_prefix=_WAN_PREFIX),
            labels,
            internal=False,
            # Published ports come in; nothing is let out to the internet.
            options={"com.docker.network.bridge.enable_ip_masquerade": "false"},
        )
    except BaseException:
        corp.remove()
        raise
    return Networks(corp=corp, wan=wan)


def _halves() -> tuple[ipaddress.IPv4Network, ipaddress.IPv4Network]:
    asked = os.environ.get(RANGE) or USUAL_RANGE
    try:
        whole = ipaddress.IPv4Network(asked)
        if whole.prefixlen > _LARGEST_RANGE:
            raise ValueError(f"it has only {whole.num_addresses} addresses")
    except ValueError as error:
        raise LabError(
            f"{RANGE}={asked!r} is no range of addresses for the lab's networks: {error}. "
            f"Give an IPv4 range of /{_LARGEST_RANGE} or larger, such as {RANGE}={USUAL_RANGE}."
        ) from error
    corp, wan = whole.subnets(prefixlen_diff=1)
    return corp, wan


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
    met: set[str] = set()
    for subnet in ranges:
        if owners := {owner for other, owner in taken.items() if subnet.overlaps(other)}:
            met |= owners
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
            # Another lab was quicker.
            if "overlaps" not in str(error) and "conflicts" not in str(error):
                raise
    raise NotReady(
        f"no free range of addresses is left in {os.environ.get(RANGE) or USUAL_RANGE}: {_named(met)} it already. "
        "Remove what earlier labs left with `mdelab down --all`, remove a network with `docker network rm NAME`, "
        f"or name another range with `export {RANGE}=172.30.0.0/16`."
    )


def _named(owners: set[str]) -> str:
    shown = ", ".join(sorted(owners)[:_SHOWN]) + (f" and {len(owners) - _SHOWN} more" if len(owners) > _SHOWN else "")
    return f"{shown} {'has' if len(owners) == 1 else 'have'}" if owners else "other networks have"


_SHOWN = 4


def _taken(client: docker.DockerClient) -> Mapping[ipaddress.IPv4Network, str]:
    """Whose each range is: a network of the engine, or one to which this machine is connected without it."""
    found = {
        pool["Subnet"]: f"the network {network.name!r}"
        for network in client.networks.list()
        for pool in (network.attrs.get("IPAM") or {}).get("Config") or []
        if pool.get("Subnet")
    }
    for interface, addresses in psutil.net_if_addrs().items():
        for one in addresses:
            if one.family == socket.AF_INET and one.netmask:
                subnet = str(ipaddress.IPv4Interface(f"{one.address}/{one.netmask}").network)
                found.setdefault(subnet, f"this machine's interface {interface!r}")
    subnets = {ipaddress.ip_network(subnet, strict=False): owner for subnet, owner in found.items()}
    return {subnet: owner for subnet, owner in subnets.items() if isinstance(subnet, ipaddress.IPv4Network)}
