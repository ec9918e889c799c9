"""The OpenAPI 3.1 document of the API, from the operations that answer."""

from typing import Any, Dict

from runtime import __version__
from runtime.api.json_schema import schema_of
from runtime.api.operations import EVENT_STREAM, JSON, OPERATIONS, PREFIX, Operation
from runtime.api.problem import CONTENT_TYPE, TITLES, Problem

ALWAYS = (400, 401, 403, 429)
"""Statuses of refusals that any operation may answer."""


def document() -> Dict[str, Any]:
    """Plain JSON."""
    named: Dict[str, Any] = {}
    problem = {CONTENT_TYPE: {"schema": schema_of(Problem, named)}}
    paths = {PREFIX + one.path: {"get": _operation(one, problem, named)} for one in OPERATIONS}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Shelfsight",
            "version": __version__,
            "description": "What the camera sees, saw, and how fast. Times are RFC 3339 in UTC. On localhost without a "
            "token; elsewhere with it, as a bearer or as ?token=.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"bearer": []}, {"query": []}],
        "paths": paths,
        "components": {
            "schemas": named,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "query": {"type": "apiKey", "in": "query", "name": "token"},
            },
        },
    }


def _operation(one: Operation, problem: Dict[str, Any], named: Dict[str, Any]) -> Dict[str, Any]:
    responses: Dict[str, Any] = {
        "200": {"description": one.summary, "content": {one.content_type: _content(one, named)}}
    }
    for status in sorted(set(ALWAYS + tuple(one.failures))):
        responses[str(status)] = {"description": TITLES[status], "content": dict(problem)}
    # a request that is too long, or no HTTP, is refused before it is read that far
    responses["400"]["content"]["text/plain"] = {"schema": {"type": "string"}}
    return {
        "operationId": one.name,
        "summary": one.summary,
        "parameters": [
            {
                "name": parameter.name,
                "in": parameter.place,
                "required": parameter.is_required,
                "description": parameter.description,
                "schema": parameter.schema,
            }
            for parameter in one.parameters
        ],
        "responses": responses,
    }


def _content(one: Operation, named: Dict[str, Any]) -> Dict[str, Any]:
    if one.content_type == JSON:
        return {"schema": schema_of(one.kind, named)}
    if one.content_type == EVENT_STREAM:
        # OpenAPI 3.1 has no word for the parts of a stream: that of 'data:' stands among the schemas
        reference = schema_of(one.kind, named)["$ref"]
        return {"schema": {"type": "string", "description": "The data of each event is a {}.".format(reference)}}
    return {"schema": {"type": "string", "contentMediaType": one.content_type}}
