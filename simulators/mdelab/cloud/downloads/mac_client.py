"""What Microsoft AutoUpdate and an administrator download for a Mac: each channel's feed, and the client's package.

The feed has the shape of a real one (a list of dictionaries); its URL and the package's place beside it are data in
`mdelab.catalogue.macos`.
"""

import plistlib

from mdelab.catalogue.macos import Channel, macos
from mdelab.cloud.downloads.client_package import client_package

APPLICATION_ID = "WDAV00"


def mac_download(host: str, path: str) -> bytes | None:
    """The feed or package at that URL, in whatever case it is written; None when there is none."""
    url = f"https://{host}{path}".lower()
    for channel in macos().channel:
        if url == channel.feed.lower():
            return _feed(channel)
        if url == channel.package.lower():
            return client_package("wdav-pkg", channel.version)
    return None


def _feed(channel: Channel) -> bytes:
    newest = {
        "Application ID": APPLICATION_ID,
        "Title": f"Microsoft Defender Update {channel.version}",
        "Update Version": channel.version,
        "Location": channel.package,
    }
    return plistlib.dumps([newest])
