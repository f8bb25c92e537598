"""What a web server answers when it is asked for a PAC file: its bytes, or whatever comes in their place."""

import base64
import binascii

import msgspec

from mdelab.model.errors import LabError

PAC_TYPE = "application/x-ns-proxy-autoconfig"
PATHS = ("/proxy.pac", "/wpad.dat")
"""The second is the one that discovery by DNS asks for."""


class PacFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One answer, the same on both paths."""

    text: str = ""
    base64: str = ""
    """The file's bytes, where it is no UTF-8 text; then `text` is empty."""
    status: int = 200
    content_type: str = PAC_TYPE
    location: str = ""
    """Where a redirect leads."""

    def content(self) -> bytes:
        """Raises LabError for a `base64` that is none."""
        if not self.base64:
            return self.text.encode()
        try:
            return base64.b64decode(self.base64, validate=True)
        except binascii.Error as error:
            raise LabError(f"the PAC file's base64 cannot be read: {error}. Encode the bytes of the file.") from error

    def check(self) -> None:
        """Raise LabError for an answer that no server gives. Whether the script is any good is not asked here."""
        if self.text and self.base64:
            raise LabError("a PAC file has `text` or `base64`, not both. Leave one out.")
        self.content()
        if not 200 <= self.status <= 599:
            raise LabError(f"the PAC file's status {self.status} is none of an answer. Give one from 200 to 599.")
        for name, value in (("content_type", self.content_type), ("location", self.location)):
            if not value.isascii() or not value.isprintable():
                raise LabError(f"the PAC file's {name} {value!r} cannot stand in a header. Use printable ASCII.")
