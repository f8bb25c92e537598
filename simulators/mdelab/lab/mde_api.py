"""A small client of the Defender API, as a customer's automation is one: a real token over real HTTPS."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from mdelab.lab.answer import Answer
from mdelab.lab.wire import ApiApp
from mdelab.model.errors import LabError

BASE = "https://api.securitycenter.microsoft.com"

Rows = list[dict[str, Any]]
"""As the API answers; the fields are documented there, so they are not repeated as types here."""


class MdeApi:
    """The Defender API of one tenant, for one of its applications."""

    def __init__(self, fetch: Callable[..., Answer], tenant_id: str, app: ApiApp) -> None:
        """fetch: sends a request to a simulated host, as `LabClient.fetch` does."""
        self._fetch = fetch
        self._tenant_id = tenant_id
        self._app = app
        self.token = ""
        """The token that it holds, good or not; "" before the first sign-in."""

    def machines(self, odata_filter: str = "") -> Rows:
        return self._list("/api/machines", odata_filter)

    def machine(self, name: str) -> dict[str, Any]:
        """One machine by id or computerDnsName."""
        found: dict[str, Any] = self.get(f"/api/machines/{quote(name, safe='')}")
        return found

    def alerts(self, odata_filter: str = "") -> Rows:
        return self._list("/api/alerts", odata_filter)

    def actions(self, odata_filter: str = "") -> Rows:
        return self._list("/api/machineactions", odata_filter)

    def pages(self, path: str) -> list[Rows]:
        """A list, page by page, by the links that lead from one to the next."""
        found: list[Rows] = []
        following: str | None = path
        while following is not None:
            answer = self.get(following)
            found.append(answer["value"])
            link = answer.get("@odata.nextLink")
            following = None if link is None else f"{urlsplit(link).path}?{urlsplit(link).query}"
        return found

    def get(self, path: str) -> Any:
        return self._call("GET", path, b"")

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self._call("POST", path, msgspec.json.encode(body))

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        return self._call("PATCH", path, msgspec.json.encode(body))

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        """One request with the token that it holds, and its answer whatever it is."""
        return self._send(method, path, msgspec.json.encode(body) if body is not None else b"")

    def sign_in(self, scope: str = BASE) -> None:
        """Get a new token. scope: the API that it is for. Raises LabError with Entra's answer."""
        answer = self.ask_for_token(scope=f"{scope}/.default")
        if answer.status != 200:
            raise LabError(f"no token for {scope}: {answer.status} {answer.body.decode(errors='replace')}")
        self.token = str(msgspec.json.decode(answer.body)["access_token"])

    def ask_for_token(self, *, tenant_id: str = "", **changes: str) -> Answer:
        """Entra's answer to a token request. changes: of the form's fields; "" leaves one out. tenant_id: "" for the own."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self._app.client_id,
            "client_secret": self._app.client_secret,
            "scope": f"{BASE}/.default",
        } | changes
        return self._fetch(
            f"https://login.microsoftonline.com/{tenant_id or self._tenant_id}/oauth2/v2.0/token",
            method="POST",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode({name: value for name, value in form.items() if value}).encode(),
        )

    def _list(self, path: str, odata_filter: str) -> Rows:
        query = f"?{urlencode({'$filter': odata_filter})}" if odata_filter else ""
        rows: Rows = self.get(path + query)["value"]
        return rows

    def _call(self, method: str, path: str, body: bytes) -> Any:
        answer = self._send(method, path, body)
        if answer.status == 401:
            # The tenant's clock has moved past the token's life.
            self.sign_in()
            answer = self._send(method, path, body)
        if answer.status >= 300:
            raise LabError(
                f"the Defender API answered {answer.status} to {method} {path}: {answer.body.decode(errors='replace')}"
            )
        return msgspec.json.decode(answer.body) if answer.body else None

    def _send(self, method: str, path: str, body: bytes) -> Answer:
        if not self.token:
            self.sign_in()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        return self._fetch(BASE + path, method=method, headers=headers, body=body)
