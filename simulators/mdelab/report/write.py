"""Writes the files of a run into its folder, and reads the full record back. The formats are in the modules beside this one."""

import hashlib
import os
import re
from pathlib import Path

import msgspec

from mdelab.report.html import page
from mdelab.report.junit import junit
from mdelab.report.markdown import markdown
from mdelab.report.run import Run
from mdelab.report.summary import Summary, summarise

RESULTS = "results.json"
FILES = (RESULTS, "summary.json", "summary.md", "junit.xml", "report.html")
"""What `write_all` leaves in its folder."""

CODE_QUALITY = "gl-code-quality.json"
"""Written for GitLab, see `mdelab.report.ci`."""

EVIDENCE = "evidence"
"""The folder below a run's that holds the records of scenarios which did not pass."""
_RECORDS = ".connections.json"


def write_all(out: Path, run: Run) -> Summary:
    """Write results.json, summary.json, summary.md, junit.xml and report.html into `out`; return the summary.

    out: made when missing. Each file appears whole or not at all. Raises OSError.
    """
    out.mkdir(parents=True, exist_ok=True)
    summary = summarise(run)
    _put(out / RESULTS, _pretty(run))
    _put(out / "summary.json", _pretty(summary))
    _put(out / "summary.md", markdown(run, summary).encode())
    _put(out / "junit.xml", junit(run, summary))
    _put(out / "report.html", page(run, summary).encode())
    return summary


def write_records(out: Path, result_id: str, records: object) -> str:
    """Keep the joined evidence of a scenario that did not pass; return the file's path below `out`.

    result_id: its pytest id; records: connections as plain JSON values. Raises OSError.
    """
    words = re.sub(r"[^A-Za-z0-9]+", "-", result_id.rpartition("::")[2]).strip("-")[:60].lower()
    name = f"{EVIDENCE}/{words}-{hashlib.sha256(result_id.encode()).hexdigest()[:8]}{_RECORDS}"
    (out / EVIDENCE).mkdir(parents=True, exist_ok=True)
    _put(out / name, msgspec.json.format(msgspec.json.encode(records), indent=2) + b"\n")
    return name


def clear(out: Path) -> None:
    """Take away what an earlier run left in `out`, and nothing else. Makes the folder. Raises OSError."""
    out.mkdir(parents=True, exist_ok=True)
    for path in [*(out / name for name in (*FILES, CODE_QUALITY)), *(out / EVIDENCE).glob(f"*{_RECORDS}")]:
        path.unlink(missing_ok=True)


def read_run(out: Path) -> Run | None:
    """The run that was written into `out`; None when there is none. Raises ValueError for a file that is not ours."""
    try:
        return msgspec.json.decode((out / RESULTS).read_bytes(), type=Run)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise ValueError(f"{out / RESULTS}: {error}") from error


def _pretty(value: msgspec.Struct) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def _put(path: Path, content: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    os.replace(part, path)
