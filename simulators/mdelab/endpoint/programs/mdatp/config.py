"""`mdatp config`: one command for each property of the catalogue, and the proxy."""

from mdelab.catalogue.mdatp import Property, mdatp, mdatp_text
from mdelab.endpoint.programs.mdatp.call import Call, Command
from mdelab.endpoint.programs.mdatp.setting import configure
from mdelab.model.errors import LabError
from mdelab.model.proxy import parse_proxy


async def _set_proxy(call: Call) -> int:
    try:
        proxy = parse_proxy(call.options["value"], where="the proxy")
    except LabError as error:
        return call.fail(str(error))
    return configure(call, "proxy", str(proxy), mdatp_text("property_set"))


async def _unset_proxy(call: Call) -> int:
    return configure(call, "proxy", "", mdatp_text("property_set"))


def read_value(row: Property, typed: str) -> object:
    """What to store for `typed`. Raises ValueError, whose message says what may be typed."""
    match row.shape:
        case "number":
            if not typed.isascii() or not typed.isdigit() or not row.least <= int(typed) <= row.most:
                raise ValueError(f"a number from {row.least} to {row.most}")
            return int(typed)
        case "switch":
            if typed not in ("enabled", "disabled"):
                raise ValueError("enabled or disabled")
            return row.values[typed] if row.values else typed == "enabled"
        case "choice":
            if typed not in row.values:
                raise ValueError(f"one of {', '.join(row.values)}")
            return row.values[typed]


def _command(row: Property) -> Command:
    async def set_property(call: Call) -> int:
        try:
            value = read_value(row, call.options["value"])
        except ValueError as error:
            return call.fail(f"Invalid value for {row.name}: {call.options['value']!r}. Give {error}.")
        return configure(call, row.field, value, mdatp_text("property_set"))

    return Command(run=set_property, needs=("value",))


COMMANDS = {
    **{f"config {row.name}": _command(row) for row in mdatp().property},
    "config proxy set": Command(run=_set_proxy, needs=("value",)),
    "config proxy unset": Command(run=_unset_proxy),
}
