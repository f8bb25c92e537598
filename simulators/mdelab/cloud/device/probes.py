"""The answers to the connectivity test's URLs, byte for byte as the catalogue has them."""

from urllib.parse import urlsplit

from mdelab.catalogue.services import read_services
from mdelab.cloud.answer import TEXT, Answer

PROBE_METHODS = ("GET", "HEAD")


def probe_answers() -> dict[tuple[str, str, str], Answer]:
    """(host, path, query) -> answer. HEAD gets the same, without the body."""
    answers = {}
    for row in read_services().probe:
        url = urlsplit(row.url)
        answers[url.netloc, url.path, url.query] = Answer(row.status, row.body.encode(), TEXT)
    return answers
