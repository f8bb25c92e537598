"""A signing key of OpenPGP and its signatures, as much of it as a package repository needs.

Form: RFC 4880, with the EdDSA keys (algorithm 22) that GnuPG has written since 2.1 and that RFC 9580 keeps as a legacy form.
"""

import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_EDDSA, _SHA256 = 22, 8
_ED25519 = bytes.fromhex("092b06010401da470f01")
"""The curve's object identifier, behind its length."""

_TEXT, _CERTIFICATION = 0x01, 0x13
_MAY_CERTIFY_AND_SIGN = 0x03


class SigningKey:
    """A key that is made anew for each lab."""

    def __init__(self, user: str, made: int) -> None:
        """made: seconds since 1970 at which the key was made; signatures are of the same second."""
        self._key = Ed25519PrivateKey.generate()
        self._made = made.to_bytes(4, "big")
        public = b"\x40" + self._key.public_key().public_bytes_raw()
        self._body = b"\x04" + self._made + bytes([_EDDSA]) + _ED25519 + _number(public)
        self._fingerprint = hashlib.sha1(self._hashed_key(), usedforsecurity=False).digest()
        self._user = user.encode()

    def public(self) -> str:
        """The key with its name, as a block of text."""
        named = self._hashed_key() + b"\xb4" + len(self._user).to_bytes(4, "big") + self._user
        packets = _packet(6, self._body) + _packet(13, self._user) + self._signature(_CERTIFICATION, named)
        return _armour("PUBLIC KEY BLOCK", packets, "Comment: made by a test lab (mdelab)\n")

    def sign_in_clear(self, text: str) -> str:
        """The text with its signature below, as an InRelease file is. text: no line of it begins with a dash."""
        said = "\r\n".join(line.rstrip(" \t\r") for line in text.rstrip("\n").split("\n")).encode()
        signature = _armour("SIGNATURE", self._signature(_TEXT, said))
        return f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{text.rstrip(chr(10))}\n{signature}"

    def _hashed_key(self) -> bytes:
        return b"\x99" + len(self._body).to_bytes(2, "big") + self._body

    def _signature(self, kind: int, signed: bytes) -> bytes:
        subpackets = _subpacket(2, self._made) + _subpacket(33, b"\x04" + self._fingerprint)
        if kind == _CERTIFICATION:
            subpackets += _subpacket(27, bytes([_MAY_CERTIFY_AND_SIGN]))
        head = bytes([4, kind, _EDDSA, _SHA256]) + len(subpackets).to_bytes(2, "big") + subpackets
        digest = hashlib.sha256(signed + head + b"\x04\xff" + len(head).to_bytes(4, "big")).digest()
        raw = self._key.sign(digest)
        issuer = _subpacket(16, self._fingerprint[-8:])
        numbers = _number(raw[:32]) + _number(raw[32:])
        return _packet(2, head + len(issuer).to_bytes(2, "big") + issuer + digest[:2] + numbers)


def _packet(tag: int, body: bytes) -> bytes:
    return bytes([0x80 | tag << 2 | 1]) + len(body).to_bytes(2, "big") + body


def _subpacket(kind: int, body: bytes) -> bytes:
    return bytes([len(body) + 1, kind]) + body


def _number(raw: bytes) -> bytes:
    """A number as OpenPGP writes it: its length in bits, without zeros in front."""
    raw = raw.lstrip(b"\0")
    return (len(raw) * 8 - 8 + raw[0].bit_length() if raw else 0).to_bytes(2, "big") + raw


def _armour(what: str, content: bytes, headers: str = "") -> str:
    text = base64.b64encode(content).decode()
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    check = base64.b64encode(_crc24(content).to_bytes(3, "big")).decode()
    return f"-----BEGIN PGP {what}-----\n{headers}\n{lines}\n={check}\n-----END PGP {what}-----\n"


def _crc24(content: bytes) -> int:
    """RFC 4880, section 6.1."""
    crc = 0xB704CE
    for byte in content:
        crc ^= byte << 16
        for _ in range(8):
            crc <<= 1
            if crc & 0x1000000:
                crc ^= 0x1864CFB
    return crc & 0xFFFFFF
