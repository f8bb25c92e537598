"""`mdatp connectivity test`: asks each documented URL and looks at status and body of what comes back."""

from urllib.parse import urlsplit

from mdelab.catalogue.mdatp import mdatp_text
from mdelab.catalogue.services import Probe, probes, service_for
from mdelab.endpoint.outcome import Failure, Reply
from mdelab.endpoint.program import Device
from mdelab.endpoint.programs.mdatp.call import FAILED, OK, Call, Command
from mdelab.model.evidence import Purpose
from mdelab.model.trust import Trust

_GEOGRAPHY = "US"
"""What a device without a package tests for."""


async def _test(call: Call) -> int:
    results = [await _probe(call, row) for row in _rows(call.device)]
    return OK if all(results) else FAILED


def _rows(device: Device) -> tuple[Probe, ...]:
    package = device.agent.onboarding
    connectivity = package.connectivity if package else "standard"
    geography = (package.geography if package else "") or _GEOGRAPHY
    return probes(connectivity, device.machine.spec.platform, geography)


async def _probe(call: Call, row: Probe) -> bool:
    """Print the lines of one URL; whether it is well."""
    service = service_for(urlsplit(row.url).hostname or "")
    trust = service.trust if service else Trust.ROOT_SET
    answer = await call.device.fetch(row.url, purpose=Purpose.TEST, trust=trust, method=row.method)
    reason = _reason(row, answer)
    call.say(mdatp_text("testing").format(url=row.url, mark="ERROR" if reason else "OK"))
    if reason:
        call.say(reason)
    return not reason


def _reason(row: Probe, answer: Reply | Failure) -> str:
    """The line below a failed test; "" when the answer is the right one."""
    match answer:
        case Failure():
            return mdatp_text("test_failed").format(code=answer.curl_code, reason=answer.text)
        case Reply() if answer.status != row.status:
            return mdatp_text("test_answered").format(status=answer.status)
        case Reply() if row.body and answer.body != row.body.encode():
            # A captive portal or a block page answers 200 as well.
            return mdatp_text("test_answered").format(status=f"{answer.status} with another body than {row.body!r}")
    return ""


COMMANDS = {"connectivity test": Command(run=_test)}
