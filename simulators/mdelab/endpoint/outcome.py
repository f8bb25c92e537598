"""What comes back of a request: an answer, or the step at which it failed, as curl would put it."""

from dataclasses import dataclass, field

from mdelab.model.evidence import Step


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, whatever its status."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    """Names in lower case; a name that came twice has its values joined by `, `."""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer came."""

    step: Step
    """Where it failed."""
    curl_code: int
    """The exit code that curl documents for this failure (5, 6, 7, 28, 35, 52, 56, 60, 63)."""
    text: str
    """In curl's and OpenSSL's words."""
    verify_code: int = 0
    """OpenSSL's X509_V_ERR_* when the chain was refused."""
    alert: str = ""
    """The TLS alert that was sent or received, as OpenSSL spells it (`unknown ca`)."""
    connect_status: int = 0
    """The proxy's answer to CONNECT, when it was not 2xx."""
    presented_by: str = ""
    """The issuer of the leaf that was presented, when a probe could read it."""
