"""`mdatp health` and `mdatp version`. The fields themselves are `mdelab.endpoint.health`."""

from mdelab.catalogue.health import health as health_catalogue
from mdelab.endpoint import client_version
from mdelab.endpoint.health import detail, field_names, fields, known_field, print_fields, print_json, print_value
from mdelab.endpoint.programs.mdatp.call import OK, Call, Command
from mdelab.endpoint.programs.mdatp.facts import gather


async def _health(call: Call) -> int:
    facts = gather(call.device)
    values = fields(facts)
    if "field" in call.options:
        name = call.options["field"]
        if known_field(facts.platform, name) is None:
            return call.fail(
                f"Unknown health field: {name}\nUsage: mdatp health --field <name>; see `mdatp health` for all names"
            )
        values = {name: values[name]}
        if not call.as_json:
            call.say(print_value(name, values[name], facts.managed))
            return OK
    elif "details" in call.options:
        names = field_names(facts.platform, call.options["details"])
        if names is None:
            return _explain(call)
        values = detail(facts, names)
    call.io.out.write(print_json(values) if call.as_json else print_fields(values, facts.managed))
    return OK


def _explain(call: Call) -> int:
    """`--details help`, and the answer to a detail that there is not."""
    asked = call.options["details"]
    platform = call.device.machine.spec.platform
    names = ", ".join(row.name for row in health_catalogue().detail if platform in row.platforms)
    text = f"Usage: mdatp health --details <name>\nNames: {names}, help"
    if asked == "help":
        call.say(text)
        return OK
    return call.fail(f"Unknown value for --details: {asked}\n{text}")


async def _version(call: Call) -> int:
    call.say(f"Product version: {client_version.read(call.device.machine)}")
    return OK


COMMANDS = {
    "health": Command(run=_health, takes=("field", "details")),
    "version": Command(run=_version),
}
