"""The user's own artefacts under test: read once, at the start, so that a wrong file is told before anything runs.

What makes an artefact unfit for any test is a mistake of usage, told by `mdelab.model.subject`; what is wrong about a sound one
(a host that it forgets) is for scenarios.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mdelab.bdd.verdict import Inconclusive, Unmet
from mdelab.catalogue.services import documented_urls
from mdelab.lab.wire import PacAnswer, PacQuestion, PacVerdict
from mdelab.model.errors import LabError
from mdelab.model.pac import MOST_BYTES, Problem
from mdelab.model.platform import Platform
from mdelab.model.subject import NAMES, SUBJECT_KINDS, Subject, SubjectKind, make_subject

if TYPE_CHECKING:
    import pytest

    from mdelab.lab.client import TenantClient

TAGS: dict[str, SubjectKind] = {f"subject-{kind}": kind for kind in SUBJECT_KINDS}
"""Tag of a scenario -> the artefact that it is about."""

_UNTESTABLE = (Problem.OUT_OF_TIME, Problem.OUT_OF_MEMORY, Problem.TOO_DEEP)
"""The script's own doing; an engine that is lost otherwise is the lab's."""

_HOW = "Write it as KIND=FILE, such as pac=corp.pac; kinds are " + ", ".join(
    f"{kind} ({name})" for kind, name in NAMES.items()
)


def read_subjects(given: Sequence[str]) -> dict[SubjectKind, Subject]:
    """Read what `--subject` named. Raises LabError, with the place and the mend, for what cannot be tested."""
    found: dict[SubjectKind, Subject] = {}
    for text in given:
        kind, file = _split(text)
        if kind in found:
            raise LabError(
                f"--subject {text!r}: a {NAMES[kind]} is under test already, {found[kind].file!r}. "
                "Give one of each kind, and run the command once for each of the others."
            )
        found[kind] = make_subject(kind, file, _read(kind, file))
    return found


def skip_without_subject(items: Sequence[pytest.Item], subjects: Mapping[SubjectKind, Subject]) -> None:
    """A scenario about an artefact that was not given is skipped with its reason."""
    import pytest

    for item in items:
        for mark in item.iter_markers():
            kind = TAGS.get(mark.name)
            if kind is not None and kind not in subjects:
                reason = f"no {NAMES[kind]} is under test: give one with --subject {kind}=FILE"
                item.add_marker(pytest.mark.skip(reason=reason))
                item.user_properties.append(("mdelab_not_applicable", True))


def skip_without_shell(items: Sequence[pytest.Item], subjects: Mapping[SubjectKind, Subject], backend: str) -> None:
    """A shell's script is run by a real shell or not at all."""
    import pytest

    if backend == "docker" or "script" not in subjects or subjects["script"].script().platform is Platform.WINDOWS:
        return
    reason = (
        "the onboarding script under test needs a real shell, which only containers have: run it with "
        "`mdelab verify --backend docker` or `pytest --lab-backend docker`"
    )
    for item in items:
        if any(TAGS.get(mark.name) == "script" for mark in item.iter_markers()):
            item.add_marker(pytest.mark.skip(reason=reason))


def of_kind(subjects: Mapping[SubjectKind, Subject], kind: SubjectKind) -> Subject:
    """The artefact. Raises LabError with advice when none was given."""
    if kind not in subjects:
        raise LabError(f"no {NAMES[kind]} is under test. Give one: --subject {kind}=FILE")
    return subjects[kind]


def judged(tenant: TenantClient, subject: Subject, urls: Sequence[str] = ()) -> PacAnswer:
    """What the lab's engine makes of a PAC file."""
    content = base64.b64encode(subject.content).decode()
    return tenant.judge_pac(PacQuestion(base64=content, urls=list(urls)))


def ways(tenant: TenantClient, subject: Subject, urls: Sequence[str]) -> list[PacVerdict]:
    """What a PAC file says about each URL. Raises Unmet when it cannot be read at all."""
    answer = judged(tenant, subject, urls)
    if answer.complaint:
        raise Unmet(
            f"{subject.place(answer.complaint.line)}: {answer.complaint.text}, so it says nothing about any URL."
        )
    return answer.verdicts


def proxies(said: Sequence[PacVerdict]) -> set[tuple[str, int]]:
    """Host and port of each proxy that a PAC file names. Raises Inconclusive for one that is named by address."""
    found = {urlsplit(way) for verdict in said for way in verdict.ways if way != "direct"}
    places = {(one.hostname or "", one.port or 0) for one in found}
    for host, port in sorted(places):
        if not host.rpartition(".")[2].isalpha():
            raise Inconclusive(
                f"the PAC file under test names the proxy {host}:{port} by address, and the lab can stand in for names only. "
                "Give it a name in the file to have devices connect by it."
            )
    return places


def check_runnable(tenant: TenantClient, subjects: Mapping[SubjectKind, Subject]) -> None:
    """Raise LabError for a PAC file that takes its engine down: what it says cannot be tested."""
    if "pac" not in subjects:
        return
    subject = subjects["pac"]
    answer = judged(tenant, subject, documented_urls()[:1])
    complaints = (answer.complaint, *(verdict.complaint for verdict in answer.verdicts))
    for wrong in complaints:
        if wrong is not None and wrong.problem in _UNTESTABLE:
            raise LabError(
                f"the PAC file under test cannot be tested: {subject.place(wrong.line)}: {wrong.text}. Clients end such a script "
                "and go on without it. Correct it before it is tested."
            )


def _split(text: str) -> tuple[SubjectKind, str]:
    name, has_file, file = text.partition("=")
    for kind in SUBJECT_KINDS:
        if kind == name and file:
            return kind, file
    if not has_file:
        raise LabError(f"--subject {text!r} does not say what kind of artefact it is. {_HOW}.")
    if name in SUBJECT_KINDS:
        raise LabError(f"--subject {text!r} names no file. {_HOW}.")
    near = get_close_matches(name, SUBJECT_KINDS, n=1)
    guess = f" Did you mean {near[0]!r}?" if near else ""
    raise LabError(f"--subject {text!r}: nothing is known of a kind {name!r}.{guess} {_HOW}.")


def _read(kind: SubjectKind, file: str) -> bytes:
    try:
        with Path(file).open("rb") as opened:
            # One byte more than is taken, whatever the file's size says: it may be a pipe or a device.
            return opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise LabError(
            f"the {NAMES[kind]} under test, {file!r}, cannot be read: {error.strerror}. "
            f"Check the path; a relative one begins in {str(Path.cwd())!r}."
        ) from error
