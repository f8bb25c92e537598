"""What the update service offers to Windows: a list with the newest version of the client, and the update itself.

The real service speaks SOAP; this list is the lab's. URLs, number and version are data in `mdelab.catalogue.windows`.
"""

from mdelab.catalogue.windows import windows
from mdelab.cloud.answer import Answer, ok
from mdelab.cloud.downloads.client_package import client_package


def windows_update(host: str, path: str) -> Answer | None:
    """None when there is nothing at that URL."""
    row, url = windows().update, f"https://{host}{path}".lower()
    if url == row.catalogue.lower():
        return ok([{"kb": row.kb, "title": row.title, "version": row.version, "location": row.package}])
    if url == row.package.lower():
        return Answer(200, client_package("sense-update", row.version), b"application/octet-stream")
    return None
