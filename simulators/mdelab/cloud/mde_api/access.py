"""Who may do what: the bearer token, the application permissions that an operation needs, and how often it may be called."""

from starlette.requests import Request

from mdelab.catalogue.quotas import QuotaName
from mdelab.catalogue.resources import DEFENDER, resource
from mdelab.cloud.entra.tokens import Access, TokenRefused, Tokens
from mdelab.cloud.mde_api.failure import ApiFailure
from mdelab.cloud.mde_api.limits import Limits

MACHINE_READ = ("Machine.Read.All", "Machine.ReadWrite.All")
MACHINE_WRITE = ("Machine.ReadWrite.All",)
ALERT_READ = ("Alert.Read.All", "Alert.ReadWrite.All")
ALERT_WRITE = ("Alert.ReadWrite.All",)
OFFBOARD = ("Machine.Offboard",)
ISOLATE = ("Machine.Isolate",)
SCAN = ("Machine.Scan",)
RESTRICT = ("Machine.RestrictExecution",)
QUARANTINE = ("Machine.StopAndQuarantine",)
COLLECT = ("Machine.CollectForensics",)
LIVE_RESPONSE = ("Machine.LiveResponse",)
CANCEL = (*COLLECT, *ISOLATE, *RESTRICT, *SCAN, *OFFBOARD, *QUARANTINE, *LIVE_RESPONSE)
"""Any of these. Source: the operation pages of defender-docs api/."""


class Gate:
    """Every operation asks it first."""

    def __init__(self, tokens: Tokens, limits: Limits) -> None:
        self._tokens = tokens
        self._limits = limits

    def admit(self, request: Request, roles: tuple[str, ...], quota: QuotaName = "default") -> Access:
        """Who calls. Raises ApiFailure: 401 for the token, 429 beyond the quota, 403 for the permission."""
        access = self._access(request)
        tenant = access.estate.tenant
        wait_s = self._limits.admit(tenant.id, access.app_id, quota, tenant.clock.now())
        if wait_s:
            raise ApiFailure(
                "TooManyRequests",
                f"the application has used up its {quota} quota. Wait {wait_s} s of the tenant's time.",
                {"Retry-After": str(wait_s)},
            )
        if not access.roles.intersection(roles):
            raise ApiFailure(
                "Forbidden",
                f"the application lacks permission: it needs {' or '.join(roles)}. Grant it and get a new token.",
            )
        return access

    def _access(self, request: Request) -> Access:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ApiFailure(
                "Unauthorized", "there is no bearer token. Get one from login.microsoftonline.com and send it."
            )
        try:
            return self._tokens.read(token.strip(), resource(DEFENDER))
        except TokenRefused as refused:
            raise ApiFailure(
                "Unauthorized", f"the bearer token is not accepted: {refused}. Get a new one."
            ) from refused
