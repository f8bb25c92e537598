"""One judged load run: a tenant of its own, Locust in its own process, the fleet drained, and the counters compared."""

import importlib.util
import math
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mdelab.load.order import order_tenant
from mdelab.load.result import FleetSummary, LoadResult, judge
from mdelab.model.errors import LabError

if TYPE_CHECKING:
    from mdelab.lab.client import LabClient

_USERS = 10
"""Locust users of a run; each steers a tenth of the fleet."""
_AGENTS_PER_PROCESS = 5_000
_SETTLE_S = 120.0
"""For starting Locust, onboarding what is late, and draining; the drain itself has half of it."""


def run_fleet(
    client: "LabClient",
    *,
    endpoints: int,
    seconds: float,
    out: Path,
    reports_per_s: float = 0.5,
    events: int = 10,
    processes: int = 0,
) -> LoadResult:
    """Load the lab with `endpoints` agents for `seconds` and compare what they sent with what is stored.

    out: folder for Locust's reports (`locust_stats.csv`, `locust.json`, `locust.html`), its log and `fleet.json`.
    reports_per_s: of each endpoint, `events` in each. processes: 0 chooses by the number of endpoints.
    Raises LabError when Locust is missing or the numbers make no sense; every other trouble is the result's `reason`.
    """
    _check(endpoints, seconds)
    out.mkdir(parents=True, exist_ok=True)
    summary_file = out / "fleet.json"
    summary_file.unlink(missing_ok=True)
    tenant = order_tenant(client, f"load-{secrets.token_hex(4)}")
    try:
        trouble = _run_locust(
            client,
            tenant.info().id,
            out,
            [
                *("--users", str(min(endpoints, _USERS)), "--spawn-rate", str(_USERS)),
                *("--steer-seconds", f"{seconds:g}"),
                *("--endpoints", str(endpoints), "--reports-per-s", f"{reports_per_s:g}", "--events", str(events)),
                *("--fleet-processes", str(processes or math.ceil(endpoints / _AGENTS_PER_PROCESS))),
                *("--drain-within", f"{_SETTLE_S / 2:g}", "--fleet-summary", str(summary_file)),
            ],
            seconds + _SETTLE_S,
        )
        accounting = tenant.accounting()
        if summary_file.exists():
            summary = msgspec.json.decode(summary_file.read_bytes(), type=FleetSummary)
            return judge(msgspec.structs.replace(summary, endpoints=endpoints), accounting)
        return LoadResult(
            endpoints=endpoints,
            onboarded=0,
            operations=0,
            failures=0,
            sent=accounting.sent,
            waiting=accounting.waiting,
            received=accounting.received,
            stored=accounting.stored,
            duplicates=accounting.duplicates,
            lost=0,
            p50_ms=0.0,
            p95_ms=0.0,
            reason=trouble,
        )
    finally:
        tenant.delete()


def _check(endpoints: int, seconds: float) -> None:
    if importlib.util.find_spec("locust") is None:
        raise LabError(
            "the load part cannot run: Locust is not installed in this environment, because it is an extra. "
            f"Install it with `{sys.executable} -m pip install 'mdelab[load]'`."
        )
    if endpoints < 1:
        raise LabError(f"a load of {endpoints} endpoints tests nothing. Give a number of 1 or more.")
    if not 1 <= seconds <= 86_400:
        raise LabError(f"a load of {seconds:g} seconds is out of range. Give 1 to 86400 seconds.")


def _run_locust(client: "LabClient", tenant: str, out: Path, options: list[str], within_s: float) -> str:
    """Run Locust to its end. Returns why there is no summary, for the case that there is none."""
    users = importlib.util.find_spec("mdelab.load.locust_users")
    assert users is not None
    assert users.origin is not None
    command = [
        *(sys.executable, "-m", "locust", "--locustfile", users.origin, "--headless", "--only-summary"),
        *("--csv", str(out / "locust"), "--html", str(out / "locust.html"), "--json-file", str(out / "locust")),
        *options,
    ]
    given = {
        "MDELAB_LOAD_ADDRESS": client.address,
        "MDELAB_LOAD_TOKEN": client.token,
        "MDELAB_LOAD_TENANT": tenant,
        "MDELAB_LOAD_OWNED": "1",
    }
    log = out / "locust.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT, env={**_environment(), **given}
        ) as process,
    ):
        try:
            code = process.wait(within_s)
        except subprocess.TimeoutExpired:
            process.kill()
            return f"Locust did not end within {within_s:g} s and was stopped; see {log}."
        except BaseException:
            process.kill()
            raise
    lines = log.read_text(errors="replace").strip().splitlines()
    last = [line for line in lines if "/ERROR/" in line][-1:] or lines[-1:]
    return f"Locust ended with {code} before the fleet was drained{': ' + last[0] if last else ''}. See {log}."


def _environment() -> dict[str, str]:
    """This process's, without what would change Locust's options behind our back."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
