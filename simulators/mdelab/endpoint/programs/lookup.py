"""What was typed as a program's name, as the name that a platform's table has."""

import posixpath
from collections.abc import Callable


def posix_name(folders: tuple[str, ...]) -> Callable[[str, str], str | None]:
    """For Linux and macOS. folders: where the programs of the table lie on every device, without being files of it."""

    def name(argv0: str, cwd: str) -> str | None:
        folder, last = posixpath.split(argv0)
        lies = posixpath.normpath(posixpath.join(cwd or "/", folder)) if folder else folders[0]
        return last if lies in folders else None

    return name
