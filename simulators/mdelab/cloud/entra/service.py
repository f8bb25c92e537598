"""Entra's endpoints: discovery, keys and tokens. Source: the msal library's authority.py; entra-docs."""

from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mdelab.catalogue.permissions import permissions
from mdelab.cloud.asgi import App
from mdelab.cloud.body import BODY_REFUSALS, bounded_body
from mdelab.cloud.entra.failure import EntraFailure
from mdelab.cloud.entra.grant import audience_of
from mdelab.cloud.entra.tokens import AUTHORITY, Tokens, issuer
from mdelab.cloud.estate import Estate, Estates

_COMMON = ("common", "organizations")


class EntraService:
    """login.microsoftonline.com and login.windows.net."""

    def __init__(self, estates: Estates) -> None:
        self._estates = estates
        self.tokens = Tokens(estates)
        routes = [
            Route("/common/discovery/instance", self._instance),
            Route("/error", self._error),
            Route("/{tenant}/v2.0/.well-known/openid-configuration", self._configuration_v2),
            Route("/{tenant}/.well-known/openid-configuration", self._configuration_v1),
            Route("/{tenant}/discovery/v2.0/keys", self._keys),
            Route("/{tenant}/discovery/keys", self._keys),
            Route("/{tenant}/oauth2/v2.0/token", self._token_v2, methods=["POST"]),
            Route("/{tenant}/oauth2/token", self._token_v1, methods=["POST"]),
        ]
        self.app: App = Starlette(routes=routes, exception_handlers=BODY_REFUSALS)

    async def _instance(self, request: Request) -> Response:
        endpoint = request.query_params.get("authorization_endpoint", "")
        tenant = endpoint.removeprefix("https://").split("/")[1:2]
        return JSONResponse(
            {
                "tenant_discovery_endpoint": f"{AUTHORITY}/{''.join(tenant)}/v2.0/.well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": [
                    {
                        "preferred_network": "login.microsoftonline.com",
                        "preferred_cache": "login.windows.net",
                        "aliases": ["login.microsoftonline.com", "login.windows.net"],
                    }
                ],
            }
        )

    async def _error(self, request: Request) -> Response:
        code = request.query_params.get("code", "")
        return JSONResponse({"code": code, "see": "entra-docs reference-error-codes.md"})

    async def _configuration_v2(self, request: Request) -> Response:
        return self._configuration(request, "2.0")

    async def _configuration_v1(self, request: Request) -> Response:
        return self._configuration(request, "1.0")

    def _configuration(self, request: Request, version: str) -> Response:
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
                "jwks_uri": f"{base}/discovery{middle}/keys",
                "issuer": issuer(estate.tenant, version) if estate else f"{AUTHORITY}/{{tenantid}}{middle}",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
                "subject_types_supported": ["pairwise"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
                "tenant_region_scope": "NA",
                "cloud_instance_name": "microsoftonline.com",
            }
        )

    async def _keys(self, request: Request) -> Response:
        return JSONResponse({"keys": [self.tokens.key.as_dict(private=False)]})

    async def _token_v2(self, request: Request) -> Response:
        return await self._token(request, "2.0")

    async def _token_v1(self, request: Request) -> Response:
        return await self._token(request, "1.0")

    async def _token(self, request: Request, version: str) -> Response:
        body = await bounded_body(request)
        form = dict(parse_qsl(body.decode("utf-8", "replace")))
        estate = None
        try:
            estate = self._estate(request.path_params["tenant"])
            audience = audience_of(form, request.headers.get("authorization", ""), estate, version)
        except EntraFailure as failure:
            return failure.response(estate.tenant.clock.now() if estate else None)
        token, lifetime_s = self.tokens.issue(estate, audience, permissions().roles)
        if version == "2.0":
            told = {"expires_in": lifetime_s - 1, "ext_expires_in": lifetime_s - 1}
            return JSONResponse({"token_type": "Bearer", **told, "access_token": token})
        now = int(estate.tenant.clock.now().timestamp())
        # Version 1 writes its numbers as strings.
        return JSONResponse(
            {
                "token_type": "Bearer",
                "expires_in": str(lifetime_s - 1),
                "ext_expires_in": str(lifetime_s - 1),
                "expires_on": str(now + lifetime_s),
                "not_before": str(now),
                "resource": audience,
                "access_token": token,
            }
        )

    def _estate(self, named: str) -> Estate:
        estate = self._estates.of(named.lower())
        if estate is None:
            raise EntraFailure(90002, f"Tenant '{named}' not found. Check to make sure you have the correct tenant ID.")
        return estate
