"""A small client of the Defender API, as a customer's automation is one: a real token over real HTTPS."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import msgspec

from mdelab.lab.wire import ApiApp
from mdelab.model.errors import LabError

if TYPE_CHECKING:
    from mdelab.lab.client import Answer

_BASE = "https://api.securitycenter.microsoft.com"

Rows = list[dict[str, Any]]
"""As the API answers; the fields are documented there, so they are not repeated as types here."""


class MdeApi:
    """The Defender API of one tenant."""

    def __init__(self, fetch: "Callable[..., Answer]", tenant_id: str, app: ApiApp) -> None:
        """fetch: sends a request to a simulated host, as `LabClient.fetch` does."""
        self._fetch = fetch
        self._tenant_id = tenant_id
        self._app = app
        self._token = ""

    def machines(self, odata_filter: str = "") -> Rows:
        return self._list("/api/machines", odata_filter)

    def machine(self, name: str) -> dict[str, Any]:
        """One machine by id or computerDnsName."""
        found: dict[str, Any] = self.get(f"/api/machines/{quote(name, safe='')}")
        return found

    def alerts(self, odata_filter: str = "") -> Rows:
        return self._list("/api/alerts", odata_filter)

    def get(self, path: str) -> Any:
        return self._call("GET", path, b"")

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self._call("POST", path, msgspec.json.encode(body))

    def _list(self, path: str, odata_filter: str) -> Rows:
        query = f"?{urlencode({'$filter': odata_filter})}" if odata_filter else ""
        rows: Rows = self.get(path + query)["value"]
        return rows

    def _call(self, method: str, path: str, body: bytes) -> Any:
        answer = self._send(method, path, body)
        if answer.status == 401:
            # The tenant's clock has moved past the token's life.
            self._token = ""
            answer = self._send(method, path, body)
        if answer.status >= 300:
            raise LabError(
                f"the Defender API answered {answer.status} to {method} {path}: {answer.body.decode(errors='replace')}"
            )
        return msgspec.json.decode(answer.body) if answer.body else None

    def _send(self, method: str, path: str, body: bytes) -> "Answer":
        headers = {"Authorization": f"Bearer {self._token or self._sign_in()}", "Content-Type": "application/json"}
        return self._fetch(_BASE + path, method=method, headers=headers, body=body)

    def _sign_in(self) -> str:
        form = urlencode(
            {
                "grant_type": "client_credentials",
                "client_id": self._app.client_id,
                "client_secret": self._app.client_secret,
                "scope": f"{_BASE}/.default",
            }
        )
        answer = self._fetch(
            f"https://login.microsoftonline.com/{self._tenant_id}/oauth2/v2.0/token",
            method="POST",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=form.encode(),
        )
        if answer.status != 200:
            raise LabError(f"no token for the Defender API: {answer.status} {answer.body.decode(errors='replace')}")
        self._token = str(msgspec.json.decode(answer.body)["access_token"])
        return self._token
