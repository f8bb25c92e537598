"""Changes one agent setting for a command, unless the administrator's policy decides it."""

from mdelab.catalogue.mdatp import mdatp_text
from mdelab.endpoint.programs.mdatp.call import OK, Call
from mdelab.model.errors import LabError


def configure(call: Call, field: str, value: object, text: str) -> int:
    """Set `field` (of AgentSettings) and print `text`; a managed field stays, and the command fails."""
    if field in call.device.agent.settings.managed:
        return call.fail(mdatp_text("property_managed"))
    try:
        call.device.configure(**{field: value})
    except LabError as error:
        return call.fail(str(error))
    call.say(text)
    return OK
