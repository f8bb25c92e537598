"""The control API's description, made from the table of calls, so that it cannot say anything else."""

import re
from typing import Any

import msgspec

from mdelab import __version__
from mdelab.lab.call import Call
from mdelab.lab.calls import CALLS
from mdelab.lab.wire import Problem

_REF = "#/components/schemas/{name}"


def describe() -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    bodies = [call.body for call in CALLS if call.body is not None]
    answers = [call.answer for call in CALLS if call.answer is not None]
    schemas, components = msgspec.json.schema_components([*bodies, *answers, Problem], ref_template=_REF)
    by_type = {repr(type_): schema for type_, schema in zip([*bodies, *answers, Problem], schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for call in CALLS:
        path = call.path.replace("{path:path}", "{path}")
        paths.setdefault(path, {})[call.method.lower()] = _operation(call, by_type)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mdelab control API",
            "version": __version__,
            "description": "Controls one running lab. It listens on loopback; the token is in the lab's state file.",
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def _operation(call: Call, by_type: dict[str, Any]) -> dict[str, Any]:
    names = re.findall(r"\{(\w+)(?::path)?\}", call.path)
    parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
    parameters += [
        {"name": name, "in": "query", "required": False, "schema": {"type": "string"}} for name in call.query
    ]
    answer = (
        {"204": {"description": "done"}}
        if call.answer is None
        else {"200": {"description": "the answer", "content": _json(by_type[repr(call.answer)])}}
    )
    operation: dict[str, Any] = {
        "summary": call.summary,
        "parameters": parameters,
        "responses": answer | {"default": {"description": "what went wrong", "content": _json(by_type[repr(Problem)])}},
    }
    if call.body is not None:
        operation["requestBody"] = {"required": True, "content": _json(by_type[repr(call.body)])}
    return operation


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
