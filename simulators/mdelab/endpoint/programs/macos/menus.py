"""`osascript`: answers which items a menu of the client's application has, and nothing else.

The lab has no screen: an application that is installed counts as open, a menu has the items that the catalogue names, and
none of them can be chosen.
"""

import shlex

from mdelab.catalogue.macos import MenuItem, macos, macos_text
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.speech import complain, not_simulated

_SCRIPT = 'tell application "System Events" to get name of menu items of menu "{menu}" of menu bar 1 of process "{application}"'


async def osascript(device: Device, argv: list[str], io: Io) -> int:
    items = [row for row in macos().menu_item if argv[1:] == ["-e", _question(row)]]
    if not items:
        known = sorted({shlex.quote(_question(row)) for row in macos().menu_item})
        return not_simulated(io, shlex.join(argv), f"Use: osascript -e {' or '.join(known)}.")
    if not device.machine.spec.installed:
        return complain(io, macos_text("process_not_found").format(name=items[0].application))
    io.out.write(", ".join(row.name for row in items) + "\n")
    return 0


def _question(row: MenuItem) -> str:
    """The AppleScript that asks for the items of the menu in which `row` is."""
    return _SCRIPT.format(menu=row.menu, application=row.application)
