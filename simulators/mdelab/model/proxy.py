"""An HTTP proxy by its address, and how people write one."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from mdelab.model.errors import LabError

Form = Literal["url", "host-port"]
"""How a setting takes its proxy: `http://host:port`, or `host:port` without a scheme."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """An HTTP proxy that is asked for tunnels."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"http://{self.host}:{self.port}"

    def written(self, form: Form) -> str:
        """As a setting of that form takes it."""
        return str(self) if form == "url" else str(self).removeprefix("http://")


def parse_proxy(text: str, *, where: str, form: Form = "url") -> Proxy:
    """Read `http://host:port` or `http://host:port/`; for the other form `host:port`.

    where: names the setting for the message. Raises LabError for an empty value, another scheme, a missing port,
    credentials or a path.
    """
    sample = "http://HOST:PORT, for example http://10.0.0.6:8080"
    hint = f"Write {where} as {sample if form == 'url' else sample.replace('http://', '')}."
    if not text.strip():
        raise LabError(f"{where} is empty. Take the setting away for no proxy. {hint}")
    if form == "host-port" and "://" in text:
        raise LabError(f"{where} {text!r} begins with a scheme, which this setting does not take. {hint}")
    try:
        parts = urlsplit(text if form == "url" else f"http://{text}")
        port = parts.port
    except ValueError as error:
        raise LabError(f"{where} {text!r} is not a proxy URL: {error}. {hint}") from error
    if parts.scheme != "http":
        raise LabError(
            f"{where} {text!r} has scheme {parts.scheme or 'none'!r}; the agent speaks http to a proxy. {hint}"
        )
    if not parts.hostname or port is None:
        raise LabError(f"{where} {text!r} lacks a host or a port. {hint}")
    if parts.username is not None:
        # The text is not quoted: messages end up in logs, where no password belongs.
        raise LabError(f"{where} holds credentials; authenticated proxies are not supported. {hint}")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise LabError(f"{where} {text!r} has a path. {hint}")
    return Proxy(host=parts.hostname, port=port)
