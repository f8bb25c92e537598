"""Leads a download to what it names.

aka.ms answers with the file itself instead of a redirect, so that a client finds it with and without following; where the
real links lead is not documented. The forward link for definitions does redirect (docs/contracts.md section 5).
"""

from urllib.parse import parse_qs

from mdelab.cloud.answer import TEXT, Answer, ok, refusal
from mdelab.cloud.call import Call
from mdelab.cloud.device.probes import PROBE_METHODS
from mdelab.cloud.dispatch import Bare
from mdelab.cloud.downloads.definitions import DEFINITIONS_URL, LINK_ID, latest
from mdelab.cloud.downloads.edr_test import LINUX_ZIP, MAC_ZIP, linux_test_zip, mac_test_zip
from mdelab.cloud.downloads.eicar import eicar
from mdelab.cloud.downloads.mac_client import mac_download
from mdelab.cloud.downloads.windows_update import windows_update
from mdelab.model.clock import Clock

_ZIP = b"application/zip"
_XML = b"application/xml"
_PACKAGE = b"application/octet-stream"
_EDR_TESTS = {
    "/linuxdiy": (LINUX_ZIP, linux_test_zip),
    "/mde-linux-edr-diy": (LINUX_ZIP, linux_test_zip),
    "/mdatpmacosdiy": (MAC_ZIP, mac_test_zip),
}
"""Path at aka.ms, which does not mind case -> file name and content. Source: defender-docs edr-detection.md."""


def downloads() -> Bare:
    """The service of go.microsoft.com, definitionupdates, aka.ms, officecdnmac, the update service and secure.eicar.org."""

    async def answer(call: Call) -> Answer:
        if call.method not in PROBE_METHODS:
            return refusal(
                405, "MethodNotAllowed", f"{call.path!r} takes GET, not {call.method}.", (b"allow", b"GET, HEAD")
            )
        match call.host, call.path.lower():
            case "go.microsoft.com", "/fwlink" | "/fwlink/":
                link = parse_qs(call.query.lower()).get("linkid", [""])[0]
                if link == LINK_ID:
                    return Answer(302, headers=((b"location", DEFINITIONS_URL.encode()),))
            case "definitionupdates.microsoft.com", "/definitions/linux/latest.json":
                clock = call.caller.tenant.clock if call.caller else Clock()
                return ok(latest(clock.now()))
            case "aka.ms", path if path in _EDR_TESTS:
                name, content = _EDR_TESTS[path]
                disposition = (b"content-disposition", f'attachment; filename="{name}"'.encode())
                return Answer(200, content(), _ZIP, (disposition,))
            case "secure.eicar.org", "/eicar.com.txt" | "/eicar.com":
                return Answer(200, eicar(), TEXT)
            case "officecdnmac.microsoft.com", path if found := mac_download(call.host, path):
                return Answer(200, found, _XML if path.endswith(".xml") else _PACKAGE)
            case host, path if found_update := windows_update(host, path):
                return found_update
            case _:
                pass
        query = f"?{call.query}" if call.query else ""
        return refusal(
            404, "NotFound", f"this lab has no download at https://{call.host}{call.path}{query}. Check the URL."
        )

    return answer
