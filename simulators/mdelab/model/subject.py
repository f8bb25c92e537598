"""The user's own artefacts as the subject of a test: what kinds there are, and what makes one unfit for any test.

A file that is too large, in another encoding or not of its kind is a mistake of whoever runs the test. What a sound artefact
does wrong is for scenarios to say. Reading the files is the affair of `mdelab.bdd.subjects`.
"""

import codecs
import hashlib
from dataclasses import dataclass
from typing import Literal, get_args

from mdelab.model.errors import LabError
from mdelab.model.exemptions import Exemptions, parse_exemptions
from mdelab.model.pac import MOST_BYTES
from mdelab.model.preferences import Preferences, parse_preferences
from mdelab.model.script import Script, parse_script

SubjectKind = Literal["pac", "bypass", "prefs", "script"]

SUBJECT_KINDS: tuple[SubjectKind, ...] = get_args(SubjectKind)
NAMES: dict[SubjectKind, str] = {
    "pac": "PAC file",
    "bypass": "bypass list",
    "prefs": "preferences file",
    "script": "onboarding script",
}

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One artefact that was read."""

    kind: SubjectKind
    file: str
    """As it was given."""
    content: bytes

    def __str__(self) -> str:
        return f"{self.kind}={self.file} (sha256 {self.sha256})"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def place(self, line: int) -> str:
        """`file:line`, or the file where no line is known."""
        return f"{self.file}:{line}" if line else self.file

    @property
    def text(self) -> str:
        """Its text, of the kinds that are text."""
        return _text(self.kind, self.file, self.content)

    def bypass(self) -> Exemptions:
        """A bypass list, read."""
        return parse_exemptions(self.text, self.file)

    def script(self) -> Script:
        """An onboarding script, read."""
        return parse_script(self.text, self.file, has_mark=self.content.startswith(codecs.BOM_UTF8))

    def preferences(self) -> Preferences:
        """Preferences, read."""
        return parse_preferences(self.content, self.file)


def make_subject(kind: SubjectKind, file: str, content: bytes) -> Subject:
    """The artefact, checked. Raises LabError for one that no test can use."""
    if len(content) > MOST_BYTES:
        raise LabError(
            f"the {NAMES[kind]} under test, {file!r}, is larger than {MOST_BYTES:,} bytes, and no client takes such a one. "
            "Shorten it, or check that it is the file that you meant."
        )
    if not content.strip():
        raise LabError(f"the {NAMES[kind]} under test, {file!r}, is empty. Check that it is the file that you meant.")
    subject = Subject(kind=kind, file=file, content=content)
    match kind:
        case "pac":
            _text(kind, file, content)
        case "bypass":
            subject.bypass()
        case "prefs":
            subject.preferences()
        case "script":
            subject.script()
    return subject


def _text(kind: SubjectKind, file: str, content: bytes) -> str:
    if content.startswith(_UTF16):
        raise LabError(
            f"the {NAMES[kind]} under test, {file!r}, is UTF-16, which not every client can read. Save it as UTF-8: "
            f"iconv -f UTF-16 -t UTF-8 {file} > utf8.txt"
        )
    if b"\0" in content:
        line = content[: content.index(b"\0")].count(b"\n") + 1
        raise LabError(
            f"the {NAMES[kind]} under test, {file!r}, is no text: line {line} holds a zero byte. "
            "Check that it is the file that you meant, and save it as UTF-8."
        )
    text = content.removeprefix(codecs.BOM_UTF8)
    try:
        return text.decode()
    except UnicodeDecodeError:
        # What browsers take a PAC file for whose charset nobody says (Chromium's proxy.md).
        return text.decode("latin-1")
