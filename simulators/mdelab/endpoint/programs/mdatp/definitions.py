"""`mdatp definitions`: updates the security intelligence now, or goes back to the set that was shipped."""

from mdelab.catalogue.mdatp import mdatp_text
from mdelab.endpoint.programs.mdatp.call import OK, Call, Command


async def _update(call: Call) -> int:
    before = call.device.agent.definitions.version
    if not await call.device.refresh_definitions():
        return call.fail(mdatp_text("definitions_failed"))
    is_new = call.device.agent.definitions.version != before
    call.say(mdatp_text("definitions_updated" if is_new else "definitions_current"))
    return OK


async def _restore(call: Call) -> int:
    call.device.restore_definitions()
    call.say(mdatp_text("definitions_restored"))
    return OK


COMMANDS = {"definitions update": Command(run=_update), "definitions restore": Command(run=_restore)}
