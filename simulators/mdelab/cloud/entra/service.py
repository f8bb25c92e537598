"""Entra's endpoints: discovery, keys and tokens. Source: the msal library's authority.py; entra-docs."""

from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mdelab.catalogue.aadsts import codes
from mdelab.cloud.asgi import App
from mdelab.cloud.body import BODY_REFUSALS, bounded_body
from mdelab.cloud.entra.authentication import authenticate
from mdelab.cloud.entra.failure import EntraFailure
from mdelab.cloud.entra.grant import check_grant_type, target_of
from mdelab.cloud.entra.issuers import AUTHORITY, Version, issuer
from mdelab.cloud.entra.keys import Keys
from mdelab.cloud.entra.tokens import Tokens
from mdelab.cloud.estate import Estate, Estates

_COMMON = ("common", "organizations")
_HOSTS = ("login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net")
"""The names of the one authority. Source: msal's authority.py."""
_DOMAIN = ".onmicrosoft.com"
_ANY_ISSUER = {"1.0": "https://sts.windows.net/{tenantid}/", "2.0": f"{AUTHORITY}/{{tenantid}}/v2.0"}
"""What the documents of /common have in the issuer's place."""


class EntraService:
    """login.microsoftonline.com and login.windows.net."""

    def __init__(self, estates: Estates) -> None:
        self._estates = estates
        self.keys = Keys()
        self.tokens = Tokens(estates, self.keys)
        routes = [
            Route("/common/discovery/instance", self._instance),
            Route("/error", self._error),
            Route("/{tenant}/v2.0/.well-known/openid-configuration", self._configuration_v2),
            Route("/{tenant}/.well-known/openid-configuration", self._configuration_v1),
            Route("/{tenant}/discovery/v2.0/keys", self._keys),
            Route("/{tenant}/discovery/keys", self._keys),
            Route("/{tenant}/oauth2/v2.0/token", self._token_v2, methods=["POST", "GET"]),
            Route("/{tenant}/oauth2/token", self._token_v1, methods=["POST", "GET"]),
        ]
        self.app: App = Starlette(routes=routes, exception_handlers=BODY_REFUSALS)

    async def _instance(self, request: Request) -> Response:
        endpoint = request.query_params.get("authorization_endpoint", "").removeprefix("https://")
        host, _, path = endpoint.partition("/")
        if host.partition(":")[0].lower() not in _HOSTS:
            told = f"AADSTS50049: Unknown or invalid instance: {host!r} is not one of {', '.join(_HOSTS)}."
            return JSONResponse({"error": "invalid_instance", "error_description": told}, 400)
        tenant = path.partition("/")[0]
        return JSONResponse(
            {
                "tenant_discovery_endpoint": f"{AUTHORITY}/{tenant}/v2.0/.well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": [
                    {
                        "preferred_network": "login.microsoftonline.com",
                        "preferred_cache": "login.windows.net",
                        "aliases": list(_HOSTS),
                    }
                ],
            }
        )

    async def _error(self, request: Request) -> Response:
        code = request.query_params.get("code", "")
        row = codes().get(int(code)) if code.isascii() and code.isdigit() and len(code) < 10 else None
        return JSONResponse(
            {"code": code, "meaning": row.meaning if row else None, "see": "entra-docs reference-error-codes.md"}
        )

    async def _configuration_v2(self, request: Request) -> Response:
        return self._configuration(request, "2.0")

    async def _configuration_v1(self, request: Request) -> Response:
        return self._configuration(request, "1.0")

    def _configuration(self, request: Request, version: Version) -> Response:
        named = request.path_params["tenant"]
        try:
            estate = None if named in _COMMON else self._estate(named)
        except EntraFailure as failure:
            return failure.response(None)
        middle = "/v2.0" if version == "2.0" else ""
        base = f"{AUTHORITY}/{named}"
        return JSONResponse(
            {
                "authorization_endpoint": f"{base}/oauth2{middle}/authorize",
                "token_endpoint": f"{base}/oauth2{middle}/token",
                "device_authorization_endpoint": f"{base}/oauth2{middle}/devicecode",
                # Version 1 of the document names the keys of all tenants.
                "jwks_uri": f"{base if version == '2.0' else f'{AUTHORITY}/common'}/discovery{middle}/keys",
                "issuer": issuer(estate.tenant, version) if estate else _ANY_ISSUER[version],
                "token_endpoint_auth_methods_supported": [
                    "client_secret_post",
                    "private_key_jwt",
                    "client_secret_basic",
                ],
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
                "subject_types_supported": ["pairwise"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
                "tenant_region_scope": "NA",
                "cloud_instance_name": "microsoftonline.com",
            }
        )

    async def _keys(self, request: Request) -> Response:
        named = request.path_params["tenant"]
        try:
            tenant = None if named in _COMMON else self._estate(named).tenant
        except EntraFailure as failure:
            return failure.response(None)
        return JSONResponse({"keys": [key.as_dict(private=False) for key in self.keys.published(tenant)]})

    async def _token_v2(self, request: Request) -> Response:
        return await self._token(request, "2.0")

    async def _token_v1(self, request: Request) -> Response:
        return await self._token(request, "1.0")

    async def _token(self, request: Request, version: Version) -> Response:
        body = await bounded_body(request)
        form = dict(parse_qsl(body.decode("utf-8", "replace")))
        estate = None
        try:
            if request.method != "POST":
                raise EntraFailure(
                    900561, f"The endpoint only accepts POST requests. Received a {request.method} request."
                )
            estate = self._estate(request.path_params["tenant"])
            check_grant_type(form)
            application, proof = authenticate(form, request.headers.get("authorization", ""), estate)
            target = target_of(form, estate, version)
        except EntraFailure as failure:
            now = estate.tenant.clock.now() if estate else None
            return failure.response(now, request.headers.get("client-request-id", ""))
        token, lifetime_s = self.tokens.issue(estate, application, proof, target)
        if version == "2.0":
            told = {"expires_in": lifetime_s - 1, "ext_expires_in": lifetime_s - 1}
            return JSONResponse({"token_type": "Bearer", **told, "access_token": token})
        now_s = int(estate.tenant.clock.now().timestamp())
        # Version 1 writes its numbers as strings.
        return JSONResponse(
            {
                "token_type": "Bearer",
                "expires_in": str(lifetime_s - 1),
                "ext_expires_in": str(lifetime_s - 1),
                "expires_on": str(now_s + lifetime_s),
                "not_before": str(now_s),
                "resource": form["resource"],
                "access_token": token,
            }
        )

    def _estate(self, named: str) -> Estate:
        """The tenant by its id or its first domain, `<name>.onmicrosoft.com`. Raises EntraFailure."""
        if named.lower() in _COMMON:
            raise EntraFailure(
                50194, f"The application is not configured as a multi-tenant application. Usage of the /{named} endpoint is "
                "not supported for such applications. Use the endpoint of the application's tenant.",
            )  # fmt: skip
        estate = self._estates.of(named.lower()) or self._estates.called(named.lower().removesuffix(_DOMAIN))
        if estate is None:
            raise EntraFailure(90002, f"Tenant '{named}' not found. Check to make sure you have the correct tenant ID.")
        return estate
