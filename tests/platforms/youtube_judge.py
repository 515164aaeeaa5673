"""Judge calls and answers by Google's own discovery documents, made into JSON schemas.

The documents come with google-api-python-client: nobody here has written down what YouTube's resources look like.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias

from googleapiclient.discovery_cache import get_static_doc
from jsonschema import Draft202012Validator, FormatChecker

Schema: TypeAlias = dict[str, Any]

_NUMBERS = {"int64": r"^-?\d+$", "uint64": r"^\d+$"}
_REFUSED: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "errors"],
            "properties": {
                "code": {"type": "integer"},
                "message": {"type": "string"},
                "status": {"type": "string"},
                "errors": {
                    "type": "array",
                    "minItems": 1,
                    "items": {"type": "object", "required": ["message", "domain", "reason"]},
                },
            },
        }
    },
}
"""Refusals are the one thing that the documents do not describe; after the documentation of errors, read 2026-11."""

_checks = FormatChecker()


@dataclass(frozen=True)
class Call:
    """One call as it arrived, and the stage's answer before any fault."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    status: int
    answer: bytes

    @property
    def goes_on(self) -> bool:
        """A chunk of an upload that has begun, whose session knows the rest."""
        return "upload_id" in self.query


def judge(call: Call) -> None:
    """Path, parameters, body and answer. Raises AssertionError with everything that does not fit."""
    if not call.path.startswith("/youtube/"):
        return
    api = "youtubeAnalytics v2" if call.path.endswith("/v2/reports") else "youtube v3"
    method = _method(api, call)
    _assert_fits(_asked(call), _parameters(api, method["id"], call.goes_on), f"the query of {method['id']}")
    if (sent := _sent(call)) is not None:
        _assert_fits(sent, _schema(api, method["request"]["$ref"]), f"what {method['id']} was sent")
    if not call.goes_on and call.path.startswith("/youtube/upload/"):
        assert "mediaUpload" in method, f"{method['id']} takes no upload"
    if call.status < 300 and call.answer:
        _assert_fits(json.loads(call.answer), _schema(api, method["response"]["$ref"]), f"the answer of {method['id']}")
    if call.status >= 400:
        refused = json.loads(call.answer)
        _assert_fits(refused, _REFUSED, f"the refusal of {method['id']}")
        assert refused["error"]["code"] == call.status


def _method(api: str, call: Call) -> Schema:
    """Chunks of an upload that began with POST are its calls too."""
    path = call.path.removeprefix("/youtube/").removeprefix("upload/")
    verbs = {call.method, "POST"} if call.goes_on else {call.method}
    methods = [each for kind in _document(api)["resources"].values() for each in kind.get("methods", {}).values()]
    found = [each for each in methods if each["path"] == path and each["httpMethod"] in verbs]
    assert found, f"{call.method} {path} is not in the discovery document"
    return dict(found[0])


def _asked(call: Call) -> dict[str, Any]:
    """The query without what belongs to the upload protocol; a parameter that came once is no list."""
    own = {name: values for name, values in call.query.items() if name not in ("uploadType", "upload_id")}
    return {name: values if len(values) > 1 else values[0] for name, values in own.items()}


def _sent(call: Call) -> Any:
    kind = call.headers.get("content-type", "")
    if kind.startswith("application/json") and call.body and call.status < 300:
        return json.loads(call.body)
    if kind.startswith("multipart/related") and call.status < 300:
        found = re.search(rb"(?s)\r?\n\r?\n(\{.*?\})\s*\r?\n--", call.body)
        assert found, "the first part is no resource"
        return json.loads(found[1])
    return None


def _assert_fits(value: Any, schema: Schema, what: str) -> None:
    wrong = list(Draft202012Validator(schema, format_checker=_checks).iter_errors(value))
    assert not wrong, f"{what}: " + "; ".join(f"{each.json_path} {each.message}" for each in wrong)


@cache
def _document(api: str) -> Schema:
    document: Schema = json.loads(get_static_doc(*api.split()))
    return document


@cache
def _schema(api: str, name: str) -> Schema:
    defined = {each: _as_schema(schema) for each, schema in _document(api)["schemas"].items()}
    return {"$ref": f"#/$defs/{name}", "$defs": defined}


@cache
def _parameters(api: str, method_id: str, goes_on: bool) -> Schema:
    """In a query everything is text; a repeated parameter may come once."""
    document = _document(api)
    methods = (each for kind in document["resources"].values() for each in kind.get("methods", {}).values())
    own = next(each for each in methods if each["id"] == method_id)["parameters"]
    known = {**document["parameters"], **own}
    return {
        "type": "object",
        "properties": {name: _in_query(schema) for name, schema in known.items()},
        "required": [name for name, schema in own.items() if schema.get("required") and not goes_on],
        "additionalProperties": False,
    }


def _in_query(schema: Schema) -> Schema:
    pattern = {"integer": r"^-?\d+$", "boolean": "^(true|false)$"}.get(schema["type"], schema.get("pattern", ""))
    one: Schema = {"type": "string", "pattern": pattern}
    if "enum" in schema:
        one["enum"] = schema["enum"]
    return {"anyOf": [one, {"type": "array", "items": one}]} if schema.get("repeated") else one


def _as_schema(told: Schema) -> Schema:
    """A discovery schema as a JSON schema in which nothing that is not named may stand."""
    if "$ref" in told:
        return {"$ref": f"#/$defs/{told['$ref']}"}
    kind = told.get("type", "any")
    if kind == "any":
        return {}
    schema: Schema = {"type": kind}
    if "enum" in told:
        schema["enum"] = told["enum"]
    if kind == "array":
        schema["items"] = _as_schema(told["items"])
    if kind == "object":
        schema["properties"] = {name: _as_schema(each) for name, each in told.get("properties", {}).items()}
        more = told.get("additionalProperties")
        schema["additionalProperties"] = _as_schema(more) if more else False
    if (form := told.get("format")) in _NUMBERS:
        schema["pattern"] = _NUMBERS[form]
    elif form in ("date-time", "google-datetime"):
        schema["format"] = "date-time"
    return schema


@_checks.checks("date-time", raises=ValueError)
def _is_a_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None
