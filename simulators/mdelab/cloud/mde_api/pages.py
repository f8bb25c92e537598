"""Answers of the API: lists in pages, single objects, and numbers, each with its `@odata.context`."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mdelab.cloud.estate import Estate
from mdelab.cloud.mde_api import odata
from mdelab.cloud.mde_api.failure import ApiFailure


def listed(
    request: Request,
    estate: Estate,
    kind: str,
    rows: Sequence[odata.Row],
    filterable: frozenset[str],
    *,
    expandable: tuple[str, ...] = (),
) -> Response:
    """A list. kind: of the objects, such as `Machines`. Raises ApiFailure ODataError."""
    try:
        found = odata.page(
            rows, dict(request.query_params), filterable, expandable=expandable, size=estate.api_page_size
        )
    except odata.ODataError as error:
        raise ApiFailure("ODataError", str(error)) from error
    body: dict[str, Any] = {"@odata.context": _context(request, kind)}
    if found.count is not None:
        body["@odata.count"] = found.count
    body["value"] = found.rows
    if found.next is not None:
        body["@odata.nextLink"] = (
            f"https://{request.url.hostname}{request.scope['path']}?{urlencode(found.next, safe='$')}"
        )
    return JSONResponse(body)


def counted(request: Request, rows: Sequence[odata.Row], filterable: frozenset[str]) -> Response:
    """How many objects fit the filter: a bare number. Source: defender-docs api/exposed-apis-odata-samples.md, example 7."""
    try:
        odata.check_options(dict(request.query_params))
        return JSONResponse(len(odata.matching(rows, dict(request.query_params), filterable)))
    except odata.ODataError as error:
        raise ApiFailure("ODataError", str(error)) from error


def single(request: Request, kind: str, row: odata.Row, status: int = 200) -> Response:
    return JSONResponse({"@odata.context": _context(request, f"{kind}/$entity"), **row}, status)


def _context(request: Request, kind: str) -> str:
    return f"https://{request.url.hostname}/api/$metadata#{kind}"
