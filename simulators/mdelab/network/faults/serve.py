"""The server of the PAC file answers with something else than the file."""

from mdelab.model.fault import InForce
from mdelab.model.pac_file import PacFile


def verdict(fault: InForce) -> PacFile:
    return PacFile(text=fault.text("text"), status=fault.number("status"))
