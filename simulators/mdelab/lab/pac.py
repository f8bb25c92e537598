"""Judges a PAC file that somebody brings: whether an engine can read it, and what it says about URLs."""

import base64
import binascii
from dataclasses import replace
from datetime import datetime

from mdelab.catalogue.pac_problems import pac_problems
from mdelab.catalogue.platforms import platform_row
from mdelab.endpoint.pac.evaluate import Resolve, Runner, View, check, evaluate
from mdelab.lab.wire import PacAnswer, PacComplaint, PacQuestion, PacVerdict
from mdelab.model.errors import LabError
from mdelab.model.pac import PacFailure, Script, decode
from mdelab.model.pac_trace import line_in, traced


def bytes_of(question: PacQuestion) -> bytes:
    """The file. Raises LabError for a `base64` that is none, or for both forms at once."""
    if (question.text is None) == (question.base64 is None):
        raise LabError("a PAC file is given as `text` or as `base64`. Give exactly one of the two.")
    if question.text is not None:
        return question.text.encode()
    try:
        return base64.b64decode(question.base64 or "", validate=True)
    except binascii.Error as error:
        raise LabError(f"the PAC file's base64 cannot be read: {error}. Encode the bytes of the file.") from error


async def judge(runner: Runner, question: PacQuestion, resolve: Resolve, now: datetime) -> PacAnswer:
    """The file's own faults first; without one, what it says about each URL. Raises LabError for a bad question."""
    is_whole = platform_row(question.platform).pac.is_whole_url.value
    view = View(resolve=resolve, my_address=question.my_address, now=now, is_whole_url=is_whole)
    content = bytes_of(question)
    script = decode(content, question.content_type)
    if isinstance(script, PacFailure):
        return PacAnswer(size_bytes=len(content), encoding="", complaint=_complaint(script), verdicts=[])
    failure = await check(runner, script)
    verdicts = [] if failure else [await _verdict(runner, script, url, view) for url in question.urls]
    complaint = _complaint(failure) if failure else None
    return PacAnswer(size_bytes=len(content), encoding=script.encoding, complaint=complaint, verdicts=verdicts)


async def _verdict(runner: Runner, script: Script, url: str, view: View) -> PacVerdict:
    said = await evaluate(runner, script, url, view)
    if isinstance(said, PacFailure):
        return PacVerdict(url=url, ways=[], complaint=_complaint(said))
    return PacVerdict(
        url=url,
        ways=[str(way) if way else "direct" for way in said.ways],
        passed_over=list(said.passed_over),
        complaint=_complaint(said.note) if said.note else None,
        line=await _deciding_line(runner, script, url, view),
    )


async def _deciding_line(runner: Runner, script: Script, url: str, view: View) -> int:
    """Asked of a copy, so that nothing which makes the copy fail can touch the verdict."""
    said = await evaluate(runner, replace(script, text=traced(script.text)), url, view)
    return 0 if isinstance(said, PacFailure) else line_in(said.passed_over)


def _complaint(failure: PacFailure) -> PacComplaint:
    row = pac_problems()[failure.problem]
    return PacComplaint(
        problem=failure.problem.value, text=failure.text, line=failure.line, winhttp=row.windows, cfnetwork=row.macos
    )
