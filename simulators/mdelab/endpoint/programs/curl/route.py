"""Which way the real curl will go for each URL, so that its connections can be led to the lab.

Pure. curl decides for itself from `-x`, the environment and `no_proxy`; this module says the same thing beforehand, because
only direct connections may be given a `connect-to` (behind a proxy it would change what is asked of the proxy).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from mdelab.endpoint.programs.curl.line import Line

_PORTS = {"http": 80, "https": 443}

VARIABLES = {
    "https": ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"),
    # Upper case HTTP_PROXY is not read: a web server would set it from a request header (curl's manual).
    "http": ("http_proxy", "all_proxy", "ALL_PROXY"),
}
NO_PROXY = ("no_proxy", "NO_PROXY")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One URL's server and the way to it."""

    host: str
    port: int
    scheme: str
    proxy: str
    """As it was configured; "" means direct."""


def target(url: str, line: Line, environment: Mapping[str, str]) -> Target:
    """environment: the variables that curl will see. A URL without a scheme is http, as curl guesses."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    scheme = parts.scheme.lower()
    host = (parts.hostname or "").rstrip(".")
    try:
        port = parts.port or _PORTS.get(scheme, 0)
    except ValueError:
        port = 0
    is_bypassed = _is_bypassed(host, bypass_list(line, environment))
    return Target(host=host, port=port, scheme=scheme, proxy="" if is_bypassed else proxy_of(scheme, line, environment))


def proxy_of(scheme: str, line: Line, environment: Mapping[str, str]) -> str:
    """The proxy for a scheme; "" for none. `-x` beats the environment."""
    if line.proxy is not None:
        return line.proxy
    return next((environment[name] for name in VARIABLES.get(scheme, ()) if environment.get(name)), "")


def bypass_list(line: Line, environment: Mapping[str, str]) -> str:
    if line.noproxy is not None:
        return line.noproxy
    return next((environment[name] for name in NO_PROXY if environment.get(name)), "")


def _is_bypassed(host: str, bypass: str) -> bool:
    """curl's rule: `*` alone, or names that match a whole tail of labels."""
    if bypass.strip() == "*":
        return True
    names = [name.strip(".").lower() for name in bypass.replace(",", " ").split()]
    return any(host.lower() == name or host.lower().endswith("." + name) for name in names if name)
