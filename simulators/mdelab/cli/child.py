"""The settings that lead a client into the lab: its forward proxy and its CA, by the variables that clients know.

They are given to one child process (`mdelab run`) or printed for a shell (`mdelab env`); nothing on the machine is changed.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mdelab.lab.wire import LabInfo

_PROXY = ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy")
_EMPTY = ("NO_PROXY", "no_proxy")
"""An exception that the host made for itself would lead past the lab, to the real service."""
_GONE = ("ALL_PROXY", "all_proxy")
_CA = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")

MARK = "MDELAB_SHELL_LAB"
"""The lab's id, by which settings are recognised that outlived it."""

NAMES = (*_PROXY, *_EMPTY, *_CA, MARK)
"""Every variable that is set."""


def settings(lab: "LabInfo") -> dict[str, str]:
    """Variable -> value for a client of `lab`."""
    return {
        **dict.fromkeys(_PROXY, lab.entrance),
        **dict.fromkeys(_EMPTY, ""),
        **dict.fromkeys(_CA, lab.ca_file),
        MARK: lab.id,
    }


def environment(lab: "LabInfo", host: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a child of ours: `host` with the lab's settings in place of its own."""
    return {name: value for name, value in host.items() if name not in _GONE} | settings(lab)
