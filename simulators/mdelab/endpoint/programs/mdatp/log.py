"""`mdatp log level set`."""

from mdelab.catalogue.mdatp import mdatp_text
from mdelab.endpoint.programs.mdatp.call import Call, Command
from mdelab.endpoint.programs.mdatp.setting import configure

_LEVELS = ("error", "warning", "info", "verbose", "debug", "trace")
"""The help lists four; the documentation also uses debug, the XMDE client analyzer trace."""


async def _set_level(call: Call) -> int:
    level = call.options["level"]
    if level not in _LEVELS:
        return call.fail(f"Invalid log level: {level!r}. Use one of: {', '.join(_LEVELS)}")
    return configure(call, "log_level", level, mdatp_text("log_level_set"))


COMMANDS = {"log level set": Command(run=_set_level, needs=("level",))}
