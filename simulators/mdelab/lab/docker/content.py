"""What goes into the images of this version: names, and the digest of the package by which an image of another is told."""

import hashlib
import os
from functools import cache
from pathlib import Path

from mdelab import __version__
from mdelab.model.platform import Platform

CONTENT = "org.mdelab.content"
"""Label of an image: the digest of the package that it holds."""

PACKAGE = Path(__file__).parents[2]

_ROOMS = ("model", "catalogue", "endpoint", "cloud", "network", "diagnosis", "lab", "load")
"""What runs in containers; the command line, pytest's plugin and the reports stay on the host."""

LAB_IMAGE = "lab"
ENDPOINT_IMAGES = {platform: f"endpoint-{platform.value}" for platform in Platform}


PREFIX = "MDELAB_IMAGES"
"""Environment variable: what the images' names begin with, for images in a registry of one's own, or of two clones at once."""


LIVE = "MDELAB_MOUNT_PACKAGE"
"""Environment variable of developers: with any value, containers run the package of this machine instead of their image's."""

INSIDE = Path("/opt/mdelab/mdelab")
"""Where an image has the package."""


def is_live() -> bool:
    """Whether containers run the package of this machine."""
    return bool(os.environ.get(LIVE))


def tag(image: str) -> str:
    """`mdelab/lab:0.1.0`"""
    return f"{os.environ.get(PREFIX) or 'mdelab'}/{image}:{__version__}"


def shipped() -> list[Path]:
    """Every file of the package that an image holds, sorted."""
    found = (path for room in _ROOMS for path in (PACKAGE / room).rglob("*"))
    driver = Path(__file__).parent
    return sorted(
        [PACKAGE / "__init__.py"]
        + [path for path in found if path.is_file() and "__pycache__" not in path.parts and driver not in path.parents]
    )


@cache
def digest() -> str:
    """Of the package as it is installed here."""
    seen = hashlib.sha256()
    for path in shipped():
        seen.update(f"{path.relative_to(PACKAGE)}\0".encode())
        seen.update(path.read_bytes())
    return seen.hexdigest()[:16]
