"""PowerShell's commands on the device itself: services, files, processes, the registry, waiting; and what shapes output."""

from datetime import timedelta

from mdelab.endpoint.program import Io
from mdelab.endpoint.programs.windows import services
from mdelab.endpoint.programs.windows.place import is_there, place
from mdelab.endpoint.programs.windows.powershell.call import Call, Command, Failed
from mdelab.endpoint.programs.windows.powershell.parse import Unsupported
from mdelab.endpoint.programs.windows.powershell.records import Cell, Item, Record, plain, shown
from mdelab.endpoint.programs.windows.registry_of import event_log_of, registry_of
from mdelab.endpoint.windows_path import to_windows

MARK = b"mdelab test program"
"""Begins the files that the lab itself puts on a device to be started; they do nothing."""


async def _get_service(call: Call) -> list[Item]:
    names = call.options.get("name", ())
    rows = services.services(call.device)
    found: list[Item] = []
    for name in names or [row.name for row in rows if not row.is_driver]:
        row = services.service(call.device, name)
        if row is None:
            raise Failed(f"Get-Service : Cannot find any service with service name '{name}'.")
        status = "Running" if services.runs(call.device, row) else "Stopped"
        found.append({"Status": status, "Name": row.name, "DisplayName": row.display_name})
    return found


async def _start_service(call: Call) -> list[Item]:
    row = services.service(call.device, call.one("name"))
    code = services.UNKNOWN if row is None else await services.start(call.device, row, call.io)
    if code not in (services.DONE, services.ALREADY_RUNNING):
        raise Failed(f"Start-Service : Service '{call.one('name')}' cannot be started: {services.TEXTS[code]}")
    return []


async def _stop_service(call: Call) -> list[Item]:
    row = services.service(call.device, call.one("name"))
    code = services.UNKNOWN if row is None else await services.stop(call.device, row, call.io)
    if code not in (services.DONE, services.NOT_STARTED):
        raise Failed(f"Stop-Service : Service '{call.one('name')}' cannot be stopped: {services.TEXTS[code]}")
    return []


async def _new_item(call: Call) -> list[Item]:
    path = place(call.device, call.io, call.one("path"))
    files, kind = call.device.machine.files, call.one("itemtype", "file").lower()
    if kind not in ("directory", "file"):
        raise Unsupported(f"New-Item -ItemType {call.one('itemtype')}")
    if files.exists(path) and "force" not in call.options:
        raise Failed(f"New-Item : An item with the specified name {to_windows(path)} already exists.")
    if kind == "directory":
        files.make_folder(path)
    else:
        _write(call, path, call.one("value"))
    folder, _, name = to_windows(path).rpartition("\\")
    mode = "d-----" if kind == "directory" else "-a----"
    return [{"Mode": mode, "LastWriteTime": call.device.tenant.clock.now(), "Name": name, "Directory": folder}]


async def _test_path(call: Call) -> list[Item]:
    path = call.one("path")
    if path.upper().startswith(("HKLM:", "HKCU:")):
        return [str(registry_of(call.device).has_key(path.replace(":", "", 1)))]
    where = place(call.device, call.io, path)
    return [str(call.device.machine.files.exists(where) or is_there(call.device, where))]


async def _get_content(call: Call) -> list[Item]:
    path = place(call.device, call.io, call.one("path"))
    try:
        return list(call.device.machine.files.read(path).decode(errors="replace").splitlines())
    except FileNotFoundError as error:
        raise Failed(f"Get-Content : Cannot find path '{to_windows(path)}' because it does not exist.") from error


async def _set_content(call: Call) -> list[Item]:
    _write(call, place(call.device, call.io, call.one("path")), "\n".join(call.options.get("value", ())))
    return []


def _write(call: Call, path: str, text: str) -> None:
    if not is_there(call.device, path.rpartition("/")[0]):
        raise Failed(f"Could not find a part of the path '{to_windows(path)}'.")
    end = "" if "nonewline" in call.options or not text else "\r\n"
    call.device.machine.files.write(path, (text + end).encode())


async def _remove_item(call: Call) -> list[Item]:
    code = await call.device.run(["cmd", "/c", f'del /q "{call.one("path")}"'], io=_inner(call))
    path = place(call.device, call.io, call.one("path"))
    if code or call.device.machine.files.exists(path):
        raise Failed(f"Remove-Item : Cannot remove item {to_windows(path)}.")
    return []


async def _get_item_property(call: Call) -> list[Item]:
    key = call.one("path").replace(":", "", 1).removeprefix("Registry")
    registry = registry_of(call.device)
    if not registry.has_key(key):
        raise Failed(f"Get-ItemProperty : Cannot find path '{call.one('path')}' because it does not exist.")
    values = registry.values(key)
    wanted = [name.lower() for name in call.options.get("name", ())]
    found: Record = {
        name: held.data.hex() if isinstance(held.data, bytes) else held.data
        for name, held in values.items()
        if not wanted or name.lower() in wanted
    }
    if wanted and not found:
        raise Failed(f"Get-ItemProperty : Property {call.one('name')} does not exist at path {call.one('path')}.")
    return [found]


async def _get_win_event(call: Call) -> list[Item]:
    records = event_log_of(call.device).read(call.one("logname"))[::-1]
    if not records:
        raise Failed("Get-WinEvent : No events were found that match the specified selection criteria.")
    most = call.one("maxevents", str(len(records)))
    return [
        {"TimeCreated": one.at, "Id": one.id, "LevelDisplayName": one.level, "Message": one.text}
        for one in records[: int(most) if most.isdigit() else len(records)]
    ]


async def _start_process(call: Call) -> list[Item]:
    name = call.one("filepath")
    path, files = place(call.device, call.io, name), call.device.machine.files
    if not files.exists(path):
        raise Failed(
            "Start-Process : This command cannot be run due to the error: The system cannot find the file specified."
        )
    if not files.read(path).startswith(MARK):
        raise Unsupported(f"Start-Process {name}")
    image = to_windows(path)
    call.device.observe(
        "ProcessCreated",
        Image=image,
        CommandLine=f'"{image}"',
        ParentImage=r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
        User="NT AUTHORITY\\SYSTEM",
    )
    return []


async def _start_sleep(call: Call) -> list[Item]:
    name = "milliseconds" if "milliseconds" in call.options else "seconds"
    text = call.one(name)
    if not text.isdigit():
        raise Failed(f"Start-Sleep : Cannot convert value {text!r} to a number. Give seconds as digits.")
    await call.device.sleep(timedelta(**{name: int(text)}))
    return []


async def _select(call: Call) -> list[Item]:
    items: list[Item] = list(call.items)
    if "first" in call.options:
        items = items[: int(call.one("first"))]
    if "expandproperty" in call.options:
        name = call.one("expandproperty")
        return [_cell_text(item, name) for item in items]
    names = call.options.get("property", ())
    if not names or names == ("*",):
        return items
    return [{_spelling(item, name): _cell(item, name) for name in names} for item in items if not isinstance(item, str)]


async def _format_list(call: Call) -> list[Item]:
    names = call.options.get("property", ())
    items = await _select(call) if names and names != ("*",) else list(call.items)
    return [plain(items, as_list=True).removesuffix("\n")]


async def _write_output(call: Call) -> list[Item]:
    return [" ".join(call.options.get("inputobject", ()))]


def _spelling(item: Record, name: str) -> str:
    return next((known for known in item if known.lower() == name.lower()), name)


def _cell(item: Record, name: str) -> Cell:
    return item.get(_spelling(item, name), "")


def _cell_text(item: Item, name: str) -> Item:
    if isinstance(item, str):
        raise Failed(f'Select-Object : Property "{name}" cannot be found.')
    return shown(item.get(_spelling(item, name), ""))


def _inner(call: Call) -> Io:
    return Io(env=call.io.env, cwd=call.io.cwd, not_simulated=call.io.not_simulated)


_PATH = {"path": True, "literalpath": True}

COMMANDS = {
    "format-list": Command(run=_format_list, takes={"property": True}, positions=("property",)),
    "get-content": Command(run=_get_content, takes={**_PATH, "raw": False}, positions=("path",), needs=("path",)),
    "get-itemproperty": Command(
        run=_get_item_property, takes={**_PATH, "name": True}, positions=("path", "name"), needs=("path",)
    ),
    "get-service": Command(run=_get_service, takes={"name": True}, positions=("name",)),
    "get-winevent": Command(
        run=_get_win_event, takes={"logname": True, "maxevents": True}, positions=("logname",), needs=("logname",)
    ),
    "new-item": Command(
        run=_new_item, takes={"path": True, "itemtype": True, "value": True}, positions=("path",), needs=("path",)
    ),
    "remove-item": Command(run=_remove_item, takes=_PATH, positions=("path",), needs=("path",)),
    "select-object": Command(
        run=_select, takes={"property": True, "expandproperty": True, "first": True}, positions=("property",)
    ),
    "set-content": Command(
        run=_set_content,
        takes={**_PATH, "value": True, "nonewline": False, "encoding": True},
        positions=("path", "value"),
        needs=("path",),
    ),
    "start-process": Command(
        run=_start_process, takes={"filepath": True, "windowstyle": True}, positions=("filepath",), needs=("filepath",)
    ),
    "start-service": Command(run=_start_service, takes={"name": True}, positions=("name",), needs=("name",)),
    "start-sleep": Command(run=_start_sleep, takes={"seconds": True, "milliseconds": True}, positions=("seconds",)),
    "stop-service": Command(run=_stop_service, takes={"name": True}, positions=("name",), needs=("name",)),
    "test-path": Command(run=_test_path, takes=_PATH, positions=("path",), needs=("path",)),
    "write-output": Command(run=_write_output, takes={"inputobject": True}, positions=("inputobject",)),
    "write-host": Command(run=_write_output, takes={"inputobject": True}, positions=("inputobject",)),
}

ALIASES = {
    "cat": "get-content",
    "echo": "write-output",
    "fl": "format-list",
    "gc": "get-content",
    "gp": "get-itemproperty",
    "gsv": "get-service",
    "md": "new-item",
    "mkdir": "new-item",
    "ni": "new-item",
    "select": "select-object",
    "sleep": "start-sleep",
    "start": "start-process",
    "type": "get-content",
}
