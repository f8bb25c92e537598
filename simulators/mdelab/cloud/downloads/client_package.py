"""The client's package of the lab, for any platform: a marker and a version. The real packages are not handed out."""

_PACKAGE = """#!/bin/sh
# mdelab program: {marker}
# version: {version}
# Made by a test lab (mdelab). It does nothing on a real machine.
echo "This package was made by a test lab (mdelab) and is for its simulated endpoints only." >&2
exit 1
"""


def client_package(marker: str, version: str) -> bytes:
    """marker: what the platform's devices know the package by."""
    return _PACKAGE.format(marker=marker, version=version).encode()
