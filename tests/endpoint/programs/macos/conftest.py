"""A Mac for the programs' tests: the device of the folder above, as a Mac that has every profile it needs."""

import posixpath
from typing import Any

import pytest

from mdelab.endpoint.program import Io
from mdelab.endpoint.programs.flags import UnknownFlag
from mdelab.endpoint.programs.macos import PROGRAMS
from mdelab.endpoint.programs.speech import complain, not_simulated
from mdelab.model.errors import LabError
from mdelab.model.platform import Platform


@pytest.fixture
def mac(device: Any) -> Any:
    device.set(name="mac-1", platform=Platform.MACOS, release="15.0.1", kernel="24.0.0", python="")
    others = device.run

    async def run(argv: list[str], *, io: Io) -> int:
        name = posixpath.basename(argv[0])
        if name not in PROGRAMS:
            return await others(argv, io=io)
        try:
            return await PROGRAMS[name](device, argv, io)
        except UnknownFlag as flag:
            return not_simulated(io, f"{argv[0]} {flag}", "Leave this option out.")
        except LabError as error:
            return complain(io, f"{argv[0]}: {error}")

    device.run = run
    return device
