"""`mdatp threat`: what was found, what is allowed, and the policy for threat types. Quarantine has a file of its own."""

from mdelab.catalogue.mdatp import mdatp_text
from mdelab.endpoint.antivirus import Threat
from mdelab.endpoint.programs.mdatp.call import OK, Call, Command
from mdelab.endpoint.programs.mdatp.setting import configure

_POLICIES = {
    "potentially_unwanted_application": ("block", "audit", "off"),
    "archive_bomb": ("block", "audit", "off"),
}

_RULE = "-" * 80


async def _list(call: Call) -> int:
    show_threats(call, call.device.agent.threats)
    return OK


def show_threats(call: Call, threats: list[Threat]) -> None:
    """The text form of a list of threats, shaped like public samples."""
    if not threats:
        call.say(mdatp_text("no_threats"))
        return
    for threat in threats:
        call.say(_RULE)
        call.say(_text(threat))
    call.say(_RULE)


def _text(threat: Threat) -> str:
    rows = {
        "Id": threat.id,
        "Name": threat.name,
        "Type": threat.type,
        "Detection time": threat.at.strftime("%a %b %d %H:%M:%S %Y"),
        "Status": threat.status,
        "Path": threat.path,
    }
    return "\n".join(f'{name}: "{value}"' for name, value in rows.items())


async def _get(call: Call) -> int:
    threat = find_threat(call, call.options["id"])
    if threat is None:
        return call.fail(f"Threat not found: {call.options['id']}")
    call.say(_text(threat))
    return OK


def find_threat(call: Call, id: str) -> Threat | None:  # noqa: A002 (the name of the option)
    return next((threat for threat in call.device.agent.threats if threat.id == id), None)


async def _list_allowed(call: Call) -> int:
    allowed = call.device.agent.settings.allowed_threats
    for name in allowed:
        call.say(name)
    if not allowed:
        call.say("No allowed threats")
    return OK


async def _allow(call: Call) -> int:
    kept = tuple(one for one in call.device.agent.settings.allowed_threats if one != call.options["name"])
    return configure(call, "allowed_threats", (*kept, call.options["name"]), mdatp_text("property_set"))


async def _disallow(call: Call) -> int:
    name, allowed = call.options["name"], call.device.agent.settings.allowed_threats
    if name not in allowed:
        return call.fail(f"Threat is not allowed: {name}")
    return configure(call, "allowed_threats", tuple(one for one in allowed if one != name), mdatp_text("property_set"))


async def _set_policy(call: Call) -> int:
    kind, action = call.options["type"], call.options["action"]
    if kind not in _POLICIES:
        return call.fail(f"Unknown threat type: {kind!r}. Use one of: {', '.join(_POLICIES)}")
    if action not in _POLICIES[kind]:
        return call.fail(f"Invalid action: {action!r}. Use one of: {', '.join(_POLICIES[kind])}")
    others = tuple(one for one in call.device.agent.settings.threat_policies if one[0] != kind)
    return configure(call, "threat_policies", (*others, (kind, action)), mdatp_text("property_set"))


COMMANDS = {
    "threat list": Command(run=_list),
    "threat get": Command(run=_get, needs=("id",)),
    "threat allowed list": Command(run=_list_allowed),
    "threat allowed add": Command(run=_allow, needs=("name",)),
    "threat allowed remove": Command(run=_disallow, needs=("name",)),
    "threat policy set": Command(run=_set_policy, needs=("type", "action")),
}
