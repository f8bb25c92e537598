"""`powershell`: the documented commands one after the other. It is no PowerShell; what goes beyond is refused by name."""

import base64
import re

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.speech import NOT_SIMULATED, complain, not_simulated
from mdelab.endpoint.programs.windows.environment import variables
from mdelab.endpoint.programs.windows.powershell import defender, system
from mdelab.endpoint.programs.windows.powershell.call import Call, Failed, read_options
from mdelab.endpoint.programs.windows.powershell.parse import (
    BadSyntax,
    Unsupported,
    pipeline,
    split_at,
    statements,
    value,
    words,
)
from mdelab.endpoint.programs.windows.powershell.records import Item, plain, shown
from mdelab.endpoint.programs.windows.powershell.web import download

__all__ = ["powershell"]

_SWITCHES = ("noprofile", "nologo", "noninteractive", "noexit", "mta", "sta")
_WITH_VALUE = ("executionpolicy", "windowstyle", "inputformat", "outputformat", "version")
_COMMANDS = {**defender.COMMANDS, **system.COMMANDS}
_MEMBER = re.compile(r"\.(\w+)(?:\((.*)\))?", re.DOTALL)
_WEB_CLIENT = re.compile(r"new-object\s+(?:-typename\s+)?(?:system\.)?net\.webclient", re.IGNORECASE)
_ADVICE = "Commands that are simulated: {known}."


async def powershell(device: Device, argv: list[str], io: Io) -> int:
    """Exit code 0, or 1 when the last statement failed. With -NoExit the window stays, unless it is hidden: always 0."""
    options, text = _switches(argv[1:])
    unknown = [name for name in options if name not in (*_SWITCHES, *_WITH_VALUE, "encodedcommand")]
    if unknown or not (text or "encodedcommand" in options):
        return not_simulated(
            io, " ".join(argv[: 2 + len(options)]), "Use: powershell [-NoProfile] -Command STATEMENTS."
        )
    if "encodedcommand" in options:
        try:
            text = base64.b64decode(options["encodedcommand"], validate=True).decode("utf-16-le")
        except (ValueError, UnicodeDecodeError):
            return complain(
                io, "Cannot process the command because the value specified with -EncodedCommand is not encoded."
            )
    code = await run(device, text, io)
    return code if code == NOT_SIMULATED or "noexit" not in options else 0


async def run(device: Device, text: str, io: Io) -> int:
    """Statements in their order; a failed one does not stop the next."""
    code = 0
    try:
        parted = statements(text)
    except BadSyntax as bad:
        return complain(
            io, f"{bad}\n    + CategoryInfo          : ParserError: (:) [], ParentContainsErrorRecordException"
        )
    for statement in parted:
        try:
            items = await _statement(device, statement, io)
            io.out.write(plain(items))
            code = 0
        except RecursionError:
            return complain(io, "The script failed due to call depth overflow.")
        except Failed as failed:
            code = complain(io, str(failed))
        except BadSyntax as bad:
            return complain(io, str(bad))
        except Unsupported as unsupported:
            known = ", ".join(sorted(_COMMANDS))
            return not_simulated(io, f"powershell: {unsupported}", _ADVICE.format(known=known))
        if io.not_simulated:
            return NOT_SIMULATED
    return code


def _switches(arguments: list[str]) -> tuple[dict[str, str], str]:
    """(switches, the statements): everything from -Command, or from the first word that is no switch, is the statements."""
    options: dict[str, str] = {}
    rest = list(arguments)
    while rest and re.match(r"[-/][A-Za-z]", rest[0]):
        asked = rest[0][1:].lower()
        if "command".startswith(asked):
            return options, " ".join(rest[1:])
        names = [name for name in (*_SWITCHES, *_WITH_VALUE, "encodedcommand") if name.startswith(asked)]
        # -ep, -ec and -w are short forms of their own.
        name = {"ep": "executionpolicy", "ec": "encodedcommand", "e": "encodedcommand"}.get(asked) or next(
            iter(names), asked
        )
        rest.pop(0)
        has_value = name in (*_WITH_VALUE, "encodedcommand")
        options[name] = rest.pop(0) if has_value and rest else ""
        if name == asked and not names:
            break
    return options, " ".join(rest)


async def _statement(device: Device, statement: str, io: Io) -> list[Item]:
    items: list[Item] = []
    for index, stage in enumerate(pipeline(statement)):
        if not stage:
            raise BadSyntax("An empty pipe element is not allowed.")
        items = await (_first(device, stage, io) if index == 0 else _command(device, stage, io, items))
    return items


async def _first(device: Device, stage: str, io: Io) -> list[Item]:
    """The left end of a pipeline: a command, a literal, or a member of something in brackets."""
    if stage.startswith("("):
        return await _member(device, stage, io)
    if stage[0] in "'\"" or re.match(r"\$env:|\$(true|false)\b", stage, re.IGNORECASE):
        return [value(stage, lambda name: variables(device, io).get(name, ""))]
    if stage[0] in "$[@&.{":
        raise Unsupported(stage)
    return await _command(device, stage, io, [])


async def _member(device: Device, stage: str, io: Io) -> list[Item]:
    """`(COMMAND).Property` and `(New-Object System.Net.WebClient).DownloadFile(...)`."""
    end = _closing(stage)
    inner, rest = stage[1:end].strip(), stage[end + 1 :].strip()
    match = _MEMBER.fullmatch(rest)
    if _WEB_CLIENT.fullmatch(inner) and match and match[1].lower() == "downloadfile" and match[2] is not None:
        given = [
            value(one.strip(), lambda name: variables(device, io).get(name, "")) for one in split_at(match[2], ",")
        ]
        if not all(one.strip()[:1] in ("'", '"') for one in split_at(match[2], ",")):
            raise BadSyntax(f"At DownloadFile({match[2]}): Missing ')' in method call. Put the arguments into quotes.")
        if len(given) != 2:
            raise Failed(f'Cannot find an overload for "DownloadFile" and the argument count: "{len(given)}".')
        await download(device, io, *given)
        return []
    if _WEB_CLIENT.fullmatch(inner) or (match and match[2] is not None):
        raise Unsupported(stage)
    items = await _statement(device, inner, io)
    if not rest:
        return items
    if match is None:
        raise Unsupported(stage)
    name = match[1].lower()
    found: list[Item] = []
    for item in items:
        if isinstance(item, str):
            raise Unsupported(stage)
        found += [shown(cell) for known, cell in item.items() if known.lower() == name]
    return found


def _closing(stage: str) -> int:
    """Where the bracket that opens the stage closes."""
    for end in range(1, len(stage)):
        if stage[end] == ")":
            try:
                split_at(stage[: end + 1], "")
            except BadSyntax:
                continue
            return end
    raise BadSyntax("Missing closing ')' in expression.")


async def _command(device: Device, stage: str, io: Io, items: list[Item]) -> list[Item]:
    given = words(stage, lambda name: variables(device, io).get(name, ""))
    name, arguments = given[0].text, given[1:]
    known = name.lower()
    known = system.ALIASES.get(known, known)
    command = _COMMANDS.get(known)
    if command is not None:
        options = read_options(name, command, arguments)
        if name.lower() in ("md", "mkdir"):
            options["itemtype"] = ("directory",)
        return await command.run(Call(device=device, io=io, options=options, items=items))
    if "-" in known and "." not in known:
        raise Unsupported(name)
    inner = Io(env=io.env, cwd=io.cwd, err=io.err, not_simulated=io.not_simulated)
    code = await device.run([name, *(word.text for word in arguments)], io=inner)
    if code and not io.not_simulated and not inner.out.getvalue():
        raise Failed(f"{name} ended with exit code {code}.")
    return list(inner.out.getvalue().splitlines())
