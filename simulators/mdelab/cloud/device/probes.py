"""The answers to the connectivity test's URLs, byte for byte as the catalogue has them."""

from urllib.parse import urlsplit

from mdelab.catalogue.services import read_services
from mdelab.cloud.answer import TEXT, Answer

_STORAGE = ".blob.core.windows.net"
_STORAGE_REFUSAL = (
    b'<?xml version="1.0" encoding="utf-8"?><Error><Code>InvalidQueryParameterValue</Code>'
    b"<Message>Value for one of the query parameters specified in the request URI is invalid.</Message></Error>"
)

PROBE_METHODS = ("GET", "HEAD")


def probe_answers() -> dict[tuple[str, str, str], Answer]:
    """(host, path, query) -> answer. HEAD gets the same, without the body."""
    answers = {}
    for row in read_services().probe:
        url = urlsplit(row.url)
        answers[url.netloc, url.path, url.query] = Answer(row.status, row.body.encode(), TEXT)
    # Azure's storage accounts take no request without a container; the XMDE connectivity tester expects their refusal.
    for service in read_services().service:
        if service.host.endswith(_STORAGE):
            answers[service.host, "/", ""] = Answer(400, _STORAGE_REFUSAL, b"application/xml")
    return answers
