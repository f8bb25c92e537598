"""Web Proxy Autodiscovery: the URL of a PAC file that the network announces, by DHCP first and then by DNS."""

from mdelab.catalogue.suffixes import public_suffixes
from mdelab.endpoint.pac.evaluate import Resolve
from mdelab.model.attachment import Attachment
from mdelab.model.pac import PacFailure, Problem
from mdelab.model.pac_file import PATHS
from mdelab.model.site import Site, wpad_names


async def discover(site: Site, attachment: Attachment, resolve: Resolve) -> str | PacFailure:
    """The URL that is announced. A DHCP answer wins, right or wrong: then DNS is not asked."""
    if site.dhcp_pac_url:
        return attachment.pac_urls.get(site.dhcp_pac_url, site.dhcp_pac_url)
    names = wpad_names(site.suffix, public_suffixes())
    for name in names:
        if await resolve(name) is not None:
            return f"http://{name}{PATHS[1]}"
    text = f"nothing announces a PAC file: no DHCP option 252, and DNS has no {' and no '.join(names) or 'wpad'}"
    return PacFailure(problem=Problem.NOT_FOUND, text=text)
