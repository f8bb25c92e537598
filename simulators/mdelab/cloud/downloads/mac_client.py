"""What Microsoft AutoUpdate and an administrator download for a Mac: each channel's feed, and the client's package.

The feed has the shape of a real one (a list of dictionaries); its URL and the package's place beside it are data in
`mdelab.catalogue.macos`. The real package is not handed out: the lab's Macs know this one by its marker line.
"""

import plistlib

from mdelab.catalogue.macos import Channel, macos

APPLICATION_ID = "WDAV00"

_PACKAGE = """#!/bin/sh
# mdelab program: wdav-pkg
# version: {version}
# Made by a test lab (mdelab). It does nothing on a real machine.
echo "This package was made by a test lab (mdelab) and is for its simulated endpoints only." >&2
exit 1
"""


def mac_download(host: str, path: str) -> bytes | None:
    """The feed or package at that URL, in whatever case it is written; None when there is none."""
    url = f"https://{host}{path}".lower()
    for channel in macos().channel:
        if url == channel.feed.lower():
            return _feed(channel)
        if url == channel.package.lower():
            return _PACKAGE.format(version=channel.version).encode()
    return None


def _feed(channel: Channel) -> bytes:
    newest = {
        "Application ID": APPLICATION_ID,
        "Title": f"Microsoft Defender Update {channel.version}",
        "Update Version": channel.version,
        "Location": channel.package,
    }
    return plistlib.dumps([newest])
