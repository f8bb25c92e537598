"""A container that is used again shows nothing of the device before; one that would is thrown away.

The lab runs in this process, and asks the engine itself for containers, which run the package of this machine.
"""

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import docker
import pytest
from docker_ground import asked

from mdelab.lab.contained import ContainerPlaces
from mdelab.lab.docker import content, labels
from mdelab.lab.docker.containers import endpoint
from mdelab.lab.embedded import Embedded
from mdelab.lab.estate import Lab
from mdelab.lab.evidence import EvidenceStore
from mdelab.lab.launch import launch
from mdelab.lab.remote import pool as pools
from mdelab.lab.remote.driver import Made
from mdelab.lab.remote.pool import Pool
from mdelab.lab.spec import LabSpec
from mdelab.lab.time import TimeKeeper
from mdelab.lab.wire import Placing, TenantSpec
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import NotReady
from mdelab.model.platform import Platform
from mdelab.model.tenant import Directory, HopPolicy

_LISTING = """
import hashlib, os, stat
for top, folders, files in os.walk("/"):
    if top == "/":
        folders[:] = [name for name in folders if name not in ("proc", "sys")]
    if top == "/opt/mdelab":
        folders.remove("mdelab")
    for path in [top, *(os.path.join(top, name) for name in files), *(os.path.join(top, name) for name in folders)]:
        found = os.lstat(path)
        kind = stat.S_IFMT(found.st_mode)
        content = os.readlink(path) if kind == stat.S_IFLNK else ""
        if kind == stat.S_IFREG:
            with open(path, "rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
        row = [path, oct(found.st_mode), found.st_uid, found.st_gid, found.st_mtime_ns, content]
        if path.startswith(("/dev/pts", "/run/mdelab")):
            del row[4]
        print(*row, *os.listxattr(path, follow_symlinks=False))
for pid in os.listdir("/proc"):
    if pid.isdigit() and int(pid) != os.getpid():
        print("process", open(f"/proc/{pid}/cmdline").read().split("\\0"))
for kind in ("tcp", "tcp6", "udp", "udp6", "raw", "unix"):
    for row in open(f"/proc/net/{kind}").read().splitlines()[1:]:
        print(kind, *(row.split()[1:4] if kind != "unix" else row.split()[7:]))
for table in ("self/mountinfo", "net/route", "net/fib_trie", "sysvipc/shm", "sysvipc/sem", "sysvipc/msg", "sys/kernel/hostname"):
    print(open(f"/proc/{table}").read())
"""
"""All of a container but inodes, process ids and the times at which inodes changed; what is bound from the host by name only."""

_DIRT = r"""
set -e
echo 203.0.113.1 evil.example >> /etc/hosts
echo nameserver 203.0.113.1 > /etc/resolv.conf
sed -i s/root/toor/ /etc/passwd
chmod 777 /etc /etc/shadow
chown 12:34 /root
touch -d 2001-01-01 /etc/login.defs
before=$(stat -c %y /etc/debconf.conf); tr a-z A-Z < /etc/debconf.conf > /tmp/big; cat /tmp/big > /etc/debconf.conf
touch -d "$before" /etc/debconf.conf
rm -r /etc/skel /var/log /etc/alternatives
mv /etc/security /etc/renamed; ln -s renamed /etc/security
ln /etc/fstab /tmp/alias; echo left >> /tmp/alias; rm /tmp/alias
mkdir -p /dev/shm/left /opt/left /home/left "/tmp/with space"; echo left > /dev/mqueue/left || true
echo left > /dev/shm/left/file; mkfifo /tmp/fifo
cp /bin/sh /usr/local/bin/left; chmod u+s /usr/local/bin/left; ln -sf /usr/local/bin/left /usr/bin/left
cp /usr/local/share/ca-certificates/mdelab-public-roots.crt /usr/local/share/ca-certificates/left.crt
update-ca-certificates
dpkg --remove mdatp
useradd --create-home left
echo left > /run/mdelab/lab/left; echo left >> /run/mdelab/lab/process.log
/usr/bin/python3 -c "import os; os.setxattr('/etc', 'user.left', b'1')" || true
nohup sleep 1000 > /dev/null 2>&1 &
nohup setsid sh -c 'while :; do echo left > /etc/left; done' > /dev/null 2>&1 &
/usr/bin/python3 -c "
import os, signal, socket
server = socket.create_server(('127.0.0.1', 8123))
for _ in range(3):
    near = socket.create_connection(('127.0.0.1', 8123))
    far, _ = server.accept()
    near.close()
    far.close()
if os.fork() == 0:
    signal.pause()
" > /dev/null 2>&1 < /dev/null
"""


class Engine:
    """What the driver of a lab does, without a driver."""

    def __init__(self, folder: Path) -> None:
        self.client = docker.from_env()
        self._folder = folder
        self._marks = labels.of(folder.name, folder.name)

    async def make(self, number: int, platform: Platform, host: str) -> Made:
        def run() -> str:
            folder = self._folder / "channels" / str(number)
            container = self.client.containers.run(
                **endpoint(platform, host, folder),
                name=f"{self._folder.name}-{number}",
                network_mode="none",
                labels=self._marks,
            )
            return str(container.name)

        return Made(id=number, address=f"192.0.2.{number}", container=await asyncio.to_thread(run))

    async def handle(self, name: str, act: str) -> str:
        raise AssertionError(f"nobody asked to {act} {name}")

    async def remove(self, name: str) -> None:
        await asyncio.to_thread(labels.remove_container, self.client, name)

    def close(self) -> None:
        labels.remove(self.client, self._folder.name)
        self.client.close()


class Ground:
    """One lab with one tenant, whose devices are in containers that lead nowhere."""

    def __init__(self, folder: Path) -> None:
        self.engine = Engine(folder)
        self.pool = Pool(folder / "channels", self.engine)
        self.lab = Lab(folder / "lab", LabSpec(tenant=()), pid=1, build=self._build)

    def _build(
        self, folder: Path, lab_id: str, directory: Directory, evidence: EvidenceStore, keeper: TimeKeeper
    ) -> Embedded:
        places = ContainerPlaces(self.pool, evidence.record, keeper)
        return Embedded(folder, lab_id, directory, evidence, places=places)

    async def device(self, name: str = "lin-1", **fields: object) -> str:
        """A device that was onboarded; its container."""
        info = await self.lab.endpoints.add("contoso", DeviceSpec(name=name, **fields))  # type: ignore[arg-type]
        await self.lab.endpoints.place_package("contoso", name, "onboarding", Placing())
        return info.container

    async def remove(self, name: str = "lin-1") -> None:
        await self.lab.endpoints.remove("contoso", name)

    async def fresh(self, platform: Platform = Platform.LINUX, name: str = "lin-1") -> tuple[str, list[str]]:
        """A container that waits for a device: its name, and all that is in it."""
        container = await self.pool.take(platform, name)
        listing = await self.inside(container.name, "/usr/bin/python3", "-SE", "-", given=_LISTING)
        self.pool._waiting.append((container, asyncio.ensure_future(_true())))
        return container.name, sorted(listing.splitlines())

    async def inside(self, container: str, *command: str, given: str = "") -> str:
        done = await asyncio.to_thread(
            subprocess.run,
            ["docker", "exec", "-i", container, *command],
            input=given,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


async def _true() -> bool:
    return True


@contextlib.asynccontextmanager
async def _ground(folder: Path) -> AsyncIterator[Ground]:
    ground = Ground(folder)
    try:
        await ground.lab.start()
        await ground.lab.tenants.add(TenantSpec(name="contoso"))
        yield ground
    finally:
        await ground.lab.stop()
        await ground.pool.close()
        ground.engine.close()


@pytest.fixture
def run(
    images: None, state: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[Ground], Awaitable[None]]], None]:
    monkeypatch.setenv(content.LIVE, "yes")

    async def on_ground(test: Callable[[Ground], Awaitable[None]]) -> None:
        async with _ground(state) as ground:
            await test(ground)

    return lambda test: asyncio.run(asyncio.wait_for(on_ground(test), 600))


async def _dirt(ground: Ground) -> None:
    name, before = await ground.fresh()
    assert await ground.device() == name
    await ground.inside(name, "sh", "-c", _DIRT)
    await ground.remove()

    after_name, after = await ground.fresh()

    assert after_name == name
    assert sorted(set(after) ^ set(before)) == []
    assert len(after) == len(before)


def test_a_container_that_is_used_again_holds_no_trace(run):
    run(_dirt)


_SPOILS = {
    "a program of the system was changed": "echo '# left' >> /usr/bin/ldd",
    "a program of the system is gone": "rm /usr/bin/ldd",
    "memory is shared under a name": "/usr/bin/python3 -c 'import ctypes; ctypes.CDLL(None).shmget(7, 4096, 0o1600)'",
}


async def _spoilt(ground: Ground, how: str) -> None:
    name = await ground.device()
    await ground.inside(name, "sh", "-c", how)
    await ground.remove()

    other, _ = await ground.fresh()

    assert other != name
    assert name not in asked("ps", "--all", "--format", "{{.Names}}")


@pytest.mark.parametrize("how", _SPOILS.values(), ids=_SPOILS)
def test_a_container_that_cannot_be_cleared_is_thrown_away(run, how):
    run(lambda ground: _spoilt(ground, how))


async def _ended(ground: Ground, how: str) -> None:
    name = await ground.device()
    asked(how, name)
    with pytest.raises(NotReady, match="has ended"):
        await _say_something(ground)
    await ground.remove()

    assert await ground.device() != name


async def _say_something(ground: Ground) -> None:
    """Until the lab hears that nobody is there."""
    async with asyncio.timeout(30):
        while True:
            await ground.lab.endpoints.files("contoso", "lin-1")


@pytest.mark.parametrize("how", ["kill", "restart"])
def test_a_container_that_somebody_ended_is_not_used_again(run, how):
    run(lambda ground: _ended(ground, how))


async def _bounded(ground: Ground) -> None:
    names = [await ground.device(name) for name in ("lin-1", "lin-2")]
    for name in ("lin-1", "lin-2"):
        await ground.remove(name)
    await asyncio.gather(*ground.pool._removing)

    running = asked("ps", "--all", "--format", "{{.Names}}")
    assert [name in running for name in names] == [False, True]


def test_only_so_many_wait_and_the_eldest_goes_first(run, monkeypatch):
    monkeypatch.setattr(pools, "MOST_WAITING", 1)
    run(_bounded)


@pytest.mark.usefixtures("images")
def test_the_next_device_meets_nothing_of_the_one_before(state):
    """It has the address of the other: policies, names, evidence and traffic must not come with it."""
    with launch(backend="docker") as lab:
        first = lab.create_tenant(TenantSpec(name="first"))
        first.put_hop(HopPolicy(name="corp-proxy", kind="inspecting"))
        before = first.add_endpoint(DeviceSpec(name="lin-1", proxy="corp-proxy"))
        asks = "curl --silent --max-time 5 --output /dev/null https://x.cp.wd.microsoft.com/ping"
        first.host("lin-1").run(f"nohup sh -c 'while :; do {asks}; done' > /dev/null 2>&1 &")
        assert first.host("lin-1").run(asks).rc in (0, 60)
        first.delete()

        second = lab.create_tenant(TenantSpec(name="second"))
        after = second.add_endpoint(DeviceSpec(name="lin-1"))

        assert (after.container, after.address) == (before.container, before.address)
        assert after.machine_id != before.machine_id
        assert "curl" not in second.host("lin-1").run("ps -A -o comm").stdout.split()
        second.place_package("lin-1", "onboarding")
        second.move(seconds=600)
        assert second.endpoint("lin-1").state == "onboarded"
        observers = {observer for one in second.connections() for observer in one.observers}
        assert observers == {"agent", "cloud", "dns"}
