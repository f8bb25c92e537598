"""The platforms that an endpoint can be. What a platform does is data in `mdelab.catalogue`, never a branch on this."""

from enum import StrEnum


class Platform(StrEnum):
    LINUX = "linux"
    MACOS = "macos"
    WINDOWS = "windows"
