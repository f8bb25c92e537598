"""The answer to "why does this endpoint not get through?", in the order in which an engineer would look."""

from collections.abc import Sequence
from dataclasses import dataclass

from mdelab.catalogue.symptoms import Layer, Symptom, symptom
from mdelab.diagnosis.attempts import OWN, Attempt, attempt, current, latest, probe_after, route_of
from mdelab.diagnosis.match import Scene, cause, reports, scene, standing, wrongs
from mdelab.diagnosis.words import clean, line, listed
from mdelab.model.basis import Basis
from mdelab.model.evidence import Connection, Purpose

MOST_LINES = 12
"""A diagnosis fits on one screen beside what was typed."""

_LAYERS: tuple[Layer, ...] = ("device", "route", "dns", "tcp", "tunnel", "tls", "http", "unknown", "none")
"""A wrong clock spoils every later answer, so the device comes first; then the order of the wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Why an endpoint does not get through, or that it does."""

    layer: Layer
    cause: str
    """An id of the symptom catalogue; `none` when nothing failed, `no-connection` when nothing was tried."""
    summary: str
    lines: tuple[tuple[str, str], ...]
    """(observer, what it saw): the evidence, at most `MOST_LINES`; `channels` and `also` are the lab's own voice."""
    fix: str
    basis: Basis
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    attempt: Attempt
    scene: Scene
    symptom: Symptom


def diagnose(endpoint: str, connections: Sequence[Connection]) -> Finding:
    """Name the layer that failed, the cause and the fix.

    endpoint: its name, for the texts; connections of other endpoints are left out. connections: in any order; the
    newest count, see `mdelab.diagnosis.attempts`. Never raises.
    """
    own = sorted((one for one in connections if one.endpoint in ("", endpoint)), key=latest)
    attempts = current(own)
    if halted := standing([record for one in own for record in one.records]):
        record, row = halted
        return _finding(row, endpoint, None, [line(record), *_channels(attempts)], record.error)
    failures = [_judge(one, attempts, own) for one in attempts if one.failed is not None]
    if not failures:
        return _no_failure(endpoint, attempts, own)
    chief = _chief(failures)
    lines = [*_evidence(chief, own), *_also(chief, failures), *_channels(attempts)]
    return _finding(chief.symptom, endpoint, chief, lines)


def _judge(failing: Attempt, attempts: Sequence[Attempt], connections: Sequence[Connection]) -> _Failure:
    seen = scene(failing, attempts, connections)
    return _Failure(attempt=failing, scene=seen, symptom=cause(seen))


def _chief(failures: Sequence[_Failure]) -> _Failure:
    """The failure to name first: of the cause that takes most channels, then most names; of equals the first on the wire."""

    def weight(one: _Failure) -> tuple[int, int, int, int]:
        same = [other.attempt for other in failures if other.symptom is one.symptom]
        return (
            -len({other.channel for other in same}),
            -len({other.name for other in same}),
            _LAYERS.index(one.symptom.layer),
            -latest(one.attempt.connection),
        )

    return min(failures, key=weight)


def _no_failure(endpoint: str, attempts: Sequence[Attempt], connections: Sequence[Connection]) -> Finding:
    row = symptom("none" if attempts else "no-connection")
    return _finding(row, endpoint, None, [*_detours(attempts, connections), *_channels(attempts)])


def _finding(
    row: Symptom, endpoint: str, failure: _Failure | None, lines: Sequence[tuple[str, str]], error: str = ""
) -> Finding:
    """error: what failed, where no connection did."""
    seen = failure.scene if failure else None
    summary = row.summary.format(
        endpoint=endpoint,
        name=clean(failure.attempt.name if failure else "") or "the service",
        hop=clean(seen.hop if seen else "") or "The proxy",
        issuer=clean(seen.issuer if seen else "") or "unknown",
        status=_status(seen) if seen else "",
        error=clean(seen.failed.error if seen else error) or "no reason given",
        detour=clean(seen.passed_over[0].text.rstrip(".") if seen and seen.passed_over else "") or "nothing",
    )
    return Finding(
        layer=row.layer,
        cause=row.id,
        summary=summary,
        lines=tuple(lines)[:MOST_LINES],
        fix=row.fix,
        basis=row.basis,
        source=row.source,
    )


def _status(seen: Scene) -> str:
    known = [record.connect_status for record in seen.at_step if record.connect_status]
    known += [record.http.status for record in seen.at_step if record.http is not None and record.http.status]
    return str(known[0]) if known else "no answer"


def _evidence(chief: _Failure, connections: Sequence[Connection]) -> list[tuple[str, str]]:
    """What each observer saw of the chief failure, then of what happened beside it; leaves room for the summing up."""
    route = route_of(chief.attempt, connections)
    lines = [line(record) for record in ([route] if route is not None else []) + chief.attempt.connection.records]
    beside = reports(chief.attempt, connections)
    if chief.scene.failed.step == "tls" and (probe := probe_after(chief.attempt.connection, connections)):
        beside = [probe]
    for connection in beside:
        again = "second look: " if connection.purpose is Purpose.PROBE else ""
        seen = [line(record) for record in connection.records if not again or record.step == "tls"]
        lines += [(observer, f"{again}{text}") for observer, text in seen]
    lines += [
        (one.connection.observers[0], f"another program got through to {clean(one.name)}")
        for one in (attempt(connection) for connection in connections if connection.purpose is Purpose.CLIENT)
        if one.failed is None and chief.attempt.connection.purpose in OWN and "cloud" in one.connection.observers
    ][-1:]
    return list(dict.fromkeys(lines))[: MOST_LINES - 3]


def _detours(attempts: Sequence[Attempt], connections: Sequence[Connection]) -> list[tuple[str, str]]:
    """Routes that work and are not the ones that were set: nobody should learn of such a change by chance."""
    routes = [route for one in attempts if (route := route_of(one, connections)) is not None and wrongs(route)]
    told = {wrongs(route): route for route in routes}
    return [line(route) for route in list(told.values())[:2]]


def _also(chief: _Failure, failures: Sequence[_Failure]) -> list[tuple[str, str]]:
    """Other causes than the chief one, with the names that they take."""
    by_cause: dict[str, list[str]] = {}
    for one in failures:
        if one.symptom is not chief.symptom:
            by_cause.setdefault(one.symptom.id, []).append(one.attempt.name)
    texts = [f"{other} for {listed(names)}" for other, names in by_cause.items()]
    return [("also", "; ".join(texts))] if texts else []


def _channels(attempts: Sequence[Attempt]) -> list[tuple[str, str]]:
    """Which channels get through and which do not: a partial outage is told by this."""
    failing = dict.fromkeys(one.channel for one in attempts if one.failed is not None)
    passing = [one for one in dict.fromkeys(one.channel for one in attempts) if one not in failing]
    texts = [
        f"{word}: {listed(channels)}" for word, channels in (("failing", failing), ("passing", passing)) if channels
    ]
    return [("channels", "; ".join(texts))] if texts else []
