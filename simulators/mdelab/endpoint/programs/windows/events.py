"""`wevtutil qe` reads the event log, `eventcreate` writes to it as the portal's scripts do."""

import re
from xml.sax.saxutils import escape

from mdelab.endpoint.event_log import EventRecord, Level
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.speech import complain, not_simulated
from mdelab.endpoint.programs.windows.environment import is_administrator
from mdelab.endpoint.programs.windows.options import take
from mdelab.endpoint.programs.windows.registry_of import event_log_of
from mdelab.model.errors import LabError

_QUERY = {"c": False, "count": False, "rd": False, "f": False, "format": False, "q": False, "query": False, "e": False}
_CREATE = {"l": True, "so": True, "t": True, "id": True, "d": True}
_LEVELS: dict[str, Level] = {
    "information": "Information",
    "warning": "Warning",
    "error": "Error",
    "success": "Information",
}
_NUMBERS: dict[Level, int] = {"Critical": 1, "Error": 2, "Warning": 3, "Information": 4, "Verbose": 5}
_NO_CHANNEL = 15007
_XPATH = re.compile(r"\*(?:\[System\[(?P<terms>.*)\]\])?", re.DOTALL)
_TERM = re.compile(r"\(?\s*(EventID|Level)\s*=\s*(\d+)\s*\)?")


async def wevtutil(device: Device, argv: list[str], io: Io) -> int:
    if len(argv) < 3 or argv[1].lower() not in ("qe", "query-events"):
        return not_simulated(io, " ".join(argv), "Use: wevtutil qe CHANNEL [/c:N] [/rd:true] [/f:text|xml] [/q:XPATH].")
    options, channels = take(argv[2:], _QUERY, "/")
    if len(channels) != 1:
        return complain(io, "Too many arguments are specified. The parameter is incorrect.", 87)
    try:
        records = event_log_of(device).read(channels[0])
    except LabError:
        return complain(io, "Failed to read events. The specified channel could not be found.", _NO_CHANNEL)
    wanted = _wanted(options.get("q") or options.get("query") or "*")
    if wanted is None:
        advice = "Use *, *[System[(EventID=5)]], or several with `or`: *[System[(EventID=5 or EventID=15)]]."
        return not_simulated(io, f"wevtutil /q:{options.get('q') or options.get('query')}", advice)
    found = [record for record in records if wanted(record)]
    if (options.get("rd") or "false").lower() == "true":
        found.reverse()
    count = options.get("c") or options.get("count") or ""
    if count and not count.isdigit():
        return complain(io, f"Invalid value for option count: {count}. The parameter is incorrect.", 87)
    found = found[: int(count)] if count else found
    style = (options.get("f") or options.get("format") or "xml").lower()
    name = device.machine.spec.name.upper()
    for number, record in enumerate(found):
        io.out.write(_text(number, record, name) if style == "text" else _xml(record, name))
    return 0


class _Wanted:
    """Events whose number and level are among those asked for."""

    def __init__(self, ids: set[int], levels: set[int]) -> None:
        self._ids = ids
        self._levels = levels

    def __call__(self, record: EventRecord) -> bool:
        has_id = not self._ids or record.id in self._ids
        return has_id and (not self._levels or _NUMBERS[record.level] in self._levels)


def _wanted(xpath: str) -> _Wanted | None:
    """None for an XPath that the lab does not read."""
    match = _XPATH.fullmatch(xpath.strip())
    if match is None:
        return None
    terms = match["terms"] or ""
    found: dict[str, set[int]] = {"EventID": set(), "Level": set()}
    for group in re.split(r"\band\b", terms) if terms.strip() else []:
        pairs = [_TERM.fullmatch(part.strip()) for part in re.split(r"\bor\b", group.strip().strip("()"))]
        names = {pair[1] for pair in pairs if pair}
        if None in pairs or len(names) != 1:
            return None
        found[names.pop()] |= {int(pair[2]) for pair in pairs if pair}
    return _Wanted(found["EventID"], found["Level"])


def _text(number: int, record: EventRecord, computer: str) -> str:
    return (
        f"Event[{number}]:\n  Log Name: {record.channel}\n  Source: {record.source}\n"
        f"  Date: {record.at:%Y-%m-%dT%H:%M:%S}.{record.at.microsecond // 1000:03}\n  Event ID: {record.id}\n  Task: N/A\n"
        f"  Level: {record.level}\n  Opcode: N/A\n  Keyword: N/A\n  User: S-1-5-18\n  User Name: NT AUTHORITY\\SYSTEM\n"
        f"  Computer: {computer}\n  Description: \n{record.text}\n\n"
    )


def _xml(record: EventRecord, computer: str) -> str:
    return (
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
        f"<Provider Name='{escape(record.source)}'/><EventID>{record.id}</EventID><Level>{_NUMBERS[record.level]}</Level>"
        f"<TimeCreated SystemTime='{record.at:%Y-%m-%dT%H:%M:%S.%f}Z'/><EventRecordID>{record.record}</EventRecordID>"
        f"<Channel>{escape(record.channel)}</Channel><Computer>{escape(computer)}</Computer></System>"
        f"<EventData><Data>{escape(record.text)}</Data></EventData></Event>\n"
    )


async def eventcreate(device: Device, argv: list[str], io: Io) -> int:
    options, rest = take(argv[1:], _CREATE, "/")
    level = _LEVELS.get(options.get("t", "").lower())
    number = options.get("id", "")
    if rest or level is None or not number.isdigit() or "d" not in options:
        return complain(io, 'ERROR: Invalid syntax. Option is missing.\nType "EVENTCREATE /?" for usage.')
    if not 1 <= int(number) <= 1000:
        return complain(io, "ERROR: Invalid event ID. The ID must be from 1 to 1000.")
    if not is_administrator(io):
        return complain(io, "ERROR: Access is denied.")
    channel, source = options.get("l", "Application"), options.get("so", "EventCreate")
    now = device.tenant.clock.now()
    event_log_of(device).add(channel.capitalize(), int(number), level, source, options["d"], now)
    kind = options["t"].upper()
    io.out.write(
        f"\nSUCCESS: An event of type '{kind}' was created in the '{channel}' log with '{source}' as the source.\n"
    )
    return 0
