"""Who may do what: the bearer token and the application permissions that an operation needs."""

from starlette.requests import Request

from mdelab.cloud.entra.tokens import Access, TokenRefused, Tokens
from mdelab.cloud.mde_api.failure import ApiFailure

MACHINE_READ = ("Machine.Read.All", "Machine.ReadWrite.All")
MACHINE_WRITE = ("Machine.ReadWrite.All",)
ALERT_READ = ("Alert.Read.All", "Alert.ReadWrite.All")
ALERT_WRITE = ("Alert.ReadWrite.All",)
OFFBOARD = ("Machine.Offboard",)
ISOLATE = ("Machine.Isolate",)
SCAN = ("Machine.Scan",)
CANCEL = ("Machine.CollectForensics", "Machine.Isolate", "Machine.RestrictExecution", "Machine.Scan", "Machine.Offboard",
          "Machine.StopAndQuarantine", "Machine.LiveResponse")  # fmt: skip
"""Any of these. Source: the operation pages of defender-docs api/."""


def allow(request: Request, tokens: Tokens, roles: tuple[str, ...]) -> Access:
    """Who calls. Raises ApiFailure 401 for the token and 403 for the permission."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise ApiFailure(
            "Unauthorized", "there is no bearer token. Get one from login.microsoftonline.com and send it."
        )
    try:
        access = tokens.read(token.strip())
    except TokenRefused as refused:
        raise ApiFailure("Unauthorized", f"the bearer token is not accepted: {refused}. Get a new one.") from refused
    if not access.roles.intersection(roles):
        raise ApiFailure(
            "Forbidden",
            f"the application lacks permission: it needs {' or '.join(roles)}. Grant it and get a new token.",
        )
    return access
