"""Processor time of the lab for a committed report of ten events over TLS, beside nginx's constant answer in the same run."""

import itertools
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import uvloop

from benchmarks.measure import Figure, Skipped, cpu_s
from benchmarks.nginx import nginx
from benchmarks.poster import post
from mdelab.lab.launch import launch
from mdelab.lab.wire import FleetRange
from mdelab.load.order import order_fleet, order_tenant
from mdelab.model.channel import CYBER_PATH, ENROL_PATH, Enrolled, Enrolment, Event, Profile, Report
from mdelab.model.package import parse

_REPORTS = 20_000
_CONNECTIONS = 64
_EVENTS = 10
_MARK = b"numbernr"
_HOST = "us-v20.events.data.microsoft.com"


def committed_report(rounds: int) -> list[Figure]:
    """Both servers get the same bytes from the same client, turn by turn, 64 connections each."""
    ours: list[float] = []
    theirs: list[float] = []
    notes = ""
    with launch() as client:
        tenant = order_tenant(client, "bench")
        plan = order_fleet(client, tenant, endpoints=1, prefix="bench", offboard=False)
        token = _enrol(plan.range, plan.onboarding)
        template = _request(token)
        numbers = itertools.count()
        pid = client.info().pid
        for _ in range(rounds):
            before = cpu_s([pid])
            answers = uvloop.run(_post_to_lab(plan.range, template, numbers))
            ours.append((cpu_s([pid]) - before) / _REPORTS * 1e6)
            if set(answers) != {200}:
                raise RuntimeError(f"the lab answered {answers}; the benchmark counts committed reports only")
        stored = tenant.accounting().stored
        if stored != rounds * _REPORTS * _EVENTS:
            raise RuntimeError(f"{stored} events are stored, {rounds * _REPORTS * _EVENTS} were acknowledged")
        tenant.delete()
        try:
            theirs = _nginx(rounds, template)
        except Skipped as reason:
            notes = f"; nginx: {reason}"
    size = len(template.partition(b"\r\n\r\n")[2])
    figures = [
        Figure(
            name="CPU a committed 10-event report over TLS",
            unit="µs",
            rounds=ours,
            limit=60.0,
            note=f"{size} bytes, {_CONNECTIONS} connections, all stored{notes}",
        )
    ]
    if theirs:
        figures.append(
            Figure(name="nginx, constant answer to the same POST", unit="µs", rounds=theirs, note="the floor")
        )
    return figures


def _nginx(rounds: int, template: bytes) -> list[float]:
    found: list[float] = []
    with nginx() as peer:
        context = ssl.create_default_context()
        peer.authority.configure_trust(context)
        for _ in range(rounds):
            before = cpu_s([peer.worker_pid])
            uvloop.run(
                post(
                    peer.address,
                    context=context,
                    server_name="peer.test",
                    connections=_CONNECTIONS,
                    next_request=_requests(template, itertools.count()),
                )
            )
            found.append((cpu_s([peer.worker_pid]) - before) / _REPORTS * 1e6)
    return found


async def _post_to_lab(reach: FleetRange, template: bytes, numbers: "itertools.count[int]") -> dict[int, int]:
    return await post(
        _cloud(reach),
        context=_context(reach),
        server_name=_HOST,
        connections=_CONNECTIONS,
        next_request=_requests(template, numbers),
        local=reach.addresses[0],
    )


def _requests(template: bytes, numbers: "itertools.count[int]") -> Callable[[], bytes | None]:
    """So many requests, each with event ids of its own."""
    left = iter(range(_REPORTS))

    def following() -> bytes | None:
        if next(left, None) is None:
            return None
        return template.replace(_MARK, b"%08d" % next(numbers))

    return following


def _request(token: str) -> bytes:
    fields = {
        "Image": "/usr/sbin/sshd",
        "CommandLine": "/usr/sbin/sshd -D -R",
        "ParentImage": "/usr/lib/systemd/systemd",
        "User": "root",
    }
    now = datetime.now(UTC)
    events = tuple(
        Event(id=f"{_MARK.decode()}-{number}", at=now, type="ProcessCreated", fields=fields)
        for number in range(_EVENTS)
    )
    body = msgspec.json.encode(Report(events=events))
    head = (
        f"POST {CYBER_PATH} HTTP/1.1\r\nHost: {_HOST}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _enrol(reach: FleetRange, package: str) -> str:
    """A device token, got as an agent gets it."""
    url = parse(package, "onboarding").command_url
    host = url.split("/")[2]
    profile = Profile(machine_id="b" * 40, name="bench-1", os_platform="Ubuntu", os_version="22.04")
    body = msgspec.json.encode(Enrolment(package=package, profile=profile))
    path = "/" + url.split("/", 3)[3] + ENROL_PATH
    request = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
    )
    with (
        socket.create_connection(_cloud(reach), timeout=30, source_address=(reach.addresses[0], 0)) as plain,
        _context(reach).wrap_socket(plain, server_hostname=host) as secure,
    ):
        secure.sendall(request + body)
        answer = b""
        while chunk := secure.recv(65536):
            answer += chunk
    head, _, content = answer.partition(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n")[0]:
        raise RuntimeError(f"the lab refused the benchmark's device: {answer[:300]!r}")
    return msgspec.json.decode(content, type=Enrolled).token


def _cloud(reach: FleetRange) -> tuple[str, int]:
    return next(bound for asked, bound in reach.ports if asked[1] == 443)


def _context(reach: FleetRange) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=reach.root_set)
