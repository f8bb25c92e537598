"""Names of programs on a Windows device: `C:\\Windows\\System32\\REG.EXE`, `reg.exe` and `reg` are one."""

_SUFFIXES = (".exe", ".com")


def program_name(argv0: str) -> str:
    """The name in the table of programs."""
    name = argv0.strip('"').replace("/", "\\").rpartition("\\")[2].lower()
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return name
