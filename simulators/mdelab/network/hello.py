"""The first bytes of a connection, as far as a firewall reads them: the name in a TLS hello or in a plain request.

Pure. RFC 8446 section 4.1.2 and RFC 6066 section 3; a hello that is spread over several records is not put together, as in
many real firewalls.
"""

import re
import struct

_HANDSHAKE, _CLIENT_HELLO, _SERVER_NAME = 22, 1, 0
_HOST_LINE = re.compile(rb"\r\nhost:[ \t]*([a-z0-9.-]{1,255})", re.IGNORECASE)


def name_in(first: bytes) -> str:
    """The host name that a connection is for, in lower case; "" when its first bytes do not say it."""
    if first[:1] == bytes([_HANDSHAKE]):
        try:
            return _server_name(first)
        except (IndexError, struct.error, UnicodeDecodeError):
            return ""
    match = _HOST_LINE.search(first)
    return match[1].decode("ascii").lower() if match else ""


def is_whole(first: bytes) -> bool:
    """Whether `first` holds all that `name_in` looks at: a whole TLS record, or a whole head."""
    if first[:1] == bytes([_HANDSHAKE]):
        return len(first) >= 5 and len(first) >= 5 + struct.unpack("!H", first[3:5])[0]
    return b"\r\n\r\n" in first


def _server_name(record: bytes) -> str:
    """Raises IndexError or struct.error for what is cut off."""
    body = record[5:]
    if body[0] != _CLIENT_HELLO:
        return ""
    at = 4 + 2 + 32  # message head, version, random
    at += 1 + body[at]  # session id
    at += 2 + struct.unpack_from("!H", body, at)[0]  # cipher suites
    at += 1 + body[at]  # compression
    end = at + 2 + struct.unpack_from("!H", body, at)[0]
    at += 2
    while at < end:
        kind, length = struct.unpack_from("!HH", body, at)
        at += 4
        if kind == _SERVER_NAME:
            # A list with one entry: its length, a type, the name's length, the name.
            return body[at + 5 : at + length].decode("ascii").lower()
        at += length
    return ""
