"""The folder of a run: one run at a time, and nothing in it that looks like a result before there is one.

While a run goes on, everything is gathered in `.unfinished` below the folder; `publish` brings it out. The lock is the
kernel's, so it ends with the process that holds it, however that ends.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from mdelab.model.errors import LabError
from mdelab.report.run import Run
from mdelab.report.summary import Summary
from mdelab.report.write import EVIDENCE, clear, write_all

_LOCK = ".lock"
_UNFINISHED = ".unfinished"


@contextlib.contextmanager
def claim(out: Path) -> Iterator[Path]:
    """Hold `out` for one run and take away what an earlier one left; yields the folder in which to gather.

    out: made when missing. Raises LabError when another run has it, or when it cannot be used.
    """
    unfinished = out / _UNFINISHED
    with _locked(out):
        try:
            clear(out)
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
        except OSError as error:
            raise _unusable(out, error) from error
        try:
            yield unfinished
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def publish(unfinished: Path, out: Path, run: Run) -> Summary:
    """Bring evidence and reports of a run that has ended into `out`. Raises OSError."""
    if (unfinished / EVIDENCE).is_dir():
        (out / EVIDENCE).mkdir(exist_ok=True)
        for path in (unfinished / EVIDENCE).iterdir():
            os.replace(path, out / EVIDENCE / path.name)
    return write_all(out, run)


@contextlib.contextmanager
def _locked(out: Path) -> Iterator[None]:
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = (out / _LOCK).open("a+", encoding="ascii")
    except OSError as error:
        raise _unusable(out, error) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            lock.seek(0)
            raise LabError(
                f"another `mdelab verify` (process {lock.read().strip() or 'unknown'}) writes into {str(out)!r} just now, and "
                "two would mix their results. Wait until it has ended, or choose another folder with --out."
            ) from taken
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield
        lock.truncate(0)


def _unusable(out: Path, error: OSError) -> LabError:
    return LabError(f"the output folder {str(out)!r} cannot be used: {error.strerror}. Choose another with --out.")
