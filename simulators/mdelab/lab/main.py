"""The lab's process: `python -m mdelab.lab.main FOLDER [SPEC-JSON]`.

The process that starts it keeps the other end of its standard input open: when that closes, the lab ends. A lab that
belongs to nobody (`mdelab up`) is started with `--detached` and ends on `mdelab down` or a signal. One JSON line on
standard output says that the lab is ready, or why it could not start.
"""

import argparse
import asyncio
import logging
import os
import shutil
import signal
from pathlib import Path

import msgspec
import psutil
import uvloop

from mdelab import __version__
from mdelab.lab.estate import Lab
from mdelab.lab.owner import say, watch_owner
from mdelab.lab.server import ControlServer
from mdelab.lab.spec import LabSpec
from mdelab.lab.state import LabState, Ready, publish
from mdelab.model.errors import LabError

_log = logging.getLogger(__name__)


def main() -> None:
    parser = argparse.ArgumentParser(prog="mdelab.lab.main")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--detached", action="store_true")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    logging.basicConfig(
        filename=folder / "lab.log", level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    spec = msgspec.json.decode((folder / "spec.json").read_bytes(), type=LabSpec)
    try:
        uvloop.run(_serve(folder, spec, is_detached=arguments.detached))
    finally:
        # Keys, device files and the store go with the lab; what a person wants to keep was copied by who asked for it.
        shutil.rmtree(folder, ignore_errors=True)


async def _serve(folder: Path, spec: LabSpec, *, is_detached: bool) -> None:
    lab = Lab(folder, spec, pid=os.getpid())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lab.ended.set)
    owner = asyncio.create_task(watch_owner(lab.ended)) if not is_detached else None
    try:
        await lab.start()
    except Exception as error:
        _log.exception("the lab could not start")
        is_expected = isinstance(error, LabError)
        say(Ready(error=str(error) if is_expected else f"{type(error).__name__}: {error}", is_expected=is_expected))
        try:
            await lab.stop()
        except Exception:
            _log.exception("what had started of the lab did not stop")
        return
    control = ControlServer(lab)
    try:
        async with control.serving():
            state = LabState(
                id=lab.id,
                name=spec.lab.name,
                pid=os.getpid(),
                started=psutil.Process().create_time(),
                address=control.address,
                token=control.token,
                version=__version__,
                is_owned=not is_detached,
            )
            publish(folder, state)
            say(Ready(state=state))
            await lab.ended.wait()
    finally:
        if owner is not None:
            owner.cancel()
        await lab.stop()


if __name__ == "__main__":
    main()
