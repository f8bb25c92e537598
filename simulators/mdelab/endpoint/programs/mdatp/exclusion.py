"""`mdatp exclusion`: what the antivirus leaves alone."""

from mdelab.catalogue.exclusions import flag
from mdelab.catalogue.mdatp import mdatp_text
from mdelab.endpoint.programs.mdatp.call import OK, Call, Command
from mdelab.endpoint.programs.mdatp.setting import configure

_OPTIONS = {"file": ("path",), "folder": ("path",), "extension": ("name",), "process": ("path", "name")}
"""Kind -> the options that can name what is excluded."""

_SCOPES = ("epp", "global")


def _command(kind: str, *, adds: bool) -> Command:
    async def change(call: Call) -> int:
        given = [call.options[option] for option in _OPTIONS[kind] if option in call.options]
        if len(given) != 1 or not given[0]:
            return call.fail(f"Give exactly one of: {', '.join('--' + option for option in _OPTIONS[kind])}")
        if call.options.get("scope", "epp") not in _SCOPES:
            return call.fail(f"Invalid scope: {call.options['scope']!r}. Use one of: {', '.join(_SCOPES)}")
        entry = (kind, given[0])
        known = call.device.agent.settings.exclusions
        if not adds and entry not in known:
            return call.fail(f"{kind.capitalize()} exclusion not found: {given[0]}")
        kept = tuple(one for one in known if one != entry)
        text = mdatp_text("exclusion_added" if adds else "exclusion_removed").format(kind=kind.capitalize())
        code = configure(call, "exclusions", (*kept, entry) if adds else kept, text)
        if code == OK and adds and (warning := flag(call.device.machine.spec.platform, kind, given[0])):
            call.io.err.write(f"{warning}\n")
        return code

    return Command(run=change, takes=(*_OPTIONS[kind], "scope"))


async def _list(call: Call) -> int:
    found = call.device.agent.settings.exclusions
    if not found:
        call.say("No exclusions")
        return OK
    call.say("=====================================")
    for kind, value in found:
        call.say(f"Excluded {kind}")
        call.say(f"{'Name' if kind == 'extension' else 'Path'}: {value!r}".replace("'", '"'))
        call.say("---")
    call.say("=====================================")
    return OK


COMMANDS = {
    "exclusion list": Command(run=_list),
    **{f"exclusion {kind} add": _command(kind, adds=True) for kind in _OPTIONS},
    **{f"exclusion {kind} remove": _command(kind, adds=False) for kind in _OPTIONS},
}
