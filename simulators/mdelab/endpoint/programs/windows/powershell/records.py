"""What PowerShell's commands hand on, and how it is printed: texts line by line, objects as a list or a table."""

from collections.abc import Sequence
from datetime import datetime

Cell = str | int | bool | datetime | tuple[str, ...]
Record = dict[str, Cell]
Item = str | Record

_WIDEST_TABLE = 4
"""Objects with more properties are printed as a list."""


def shown(cell: Cell) -> str:
    match cell:
        case datetime():
            hour = cell.hour % 12 or 12
            return f"{cell.month}/{cell.day}/{cell.year} {hour}:{cell:%M:%S %p}"
        case tuple():
            return "{" + ", ".join(cell) + "}" if cell else ""
        case _:
            return str(cell)


def plain(items: Sequence[Item], *, as_list: bool = False) -> str:
    """What the console shows. as_list: `Format-List`."""
    texts = [f"{item}\n" for item in items if isinstance(item, str)]
    records = [item for item in items if not isinstance(item, str)]
    if not records:
        return "".join(texts)
    wide = as_list or len(records[0]) > _WIDEST_TABLE
    return "".join(texts) + (_list(records) if wide else _table(records))


def _list(records: list[Record]) -> str:
    blocks = []
    for record in records:
        width = max((len(name) for name in record), default=0)
        blocks.append("".join(f"{name:<{width}} : {shown(cell)}\n" for name, cell in record.items()))
    return "\n" + "\n".join(blocks) + "\n"


def _table(records: list[Record]) -> str:
    names = list(records[0])
    rows = [[shown(record.get(name, "")) for name in names] for record in records]
    widths = [max(len(name), *(len(row[index]) for row in rows)) for index, name in enumerate(names)]
    lines = [names, ["-" * len(name) for name in names], *rows]
    text = "".join(
        " ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n" for line in lines
    )
    return f"\n{text}\n"
