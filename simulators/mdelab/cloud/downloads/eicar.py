"""The EICAR test file, built at run time: the literal string in a file would make antivirus programs take it away."""

_PARTS = ("X5O!P%@AP[4\\PZX54(P^)7CC)7}", "EICAR", "STANDARD-ANTIVIRUS-TEST-FILE!", "H+H*")


def eicar() -> bytes:
    """Its 68 bytes. Source: eicar.org, Download Anti Malware Testfile."""
    head, name, text, tail = _PARTS
    return f"{head}${name}-{text}${tail}".encode()
