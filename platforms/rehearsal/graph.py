"""Meta's Graph API on the stage: `/{version}/{node}/{edge}` with versions, sign-in, usage and strict forms."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from platforms.rehearsal import account_of, graph_facebook, graph_instagram
from platforms.rehearsal.graph_call import Call, GraphError, missing
from platforms.rehearsal.graph_upload import rupload_routes
from platforms.rehearsal.stage import Document, Stage

__all__ = ["refuse", "routes", "rupload_routes"]

LIVE = ("v21.0", "v22.0", "v23.0", "v24.0", "v25.0", "v26.0")
"""As of 2026-11, the oldest first: it answers for every version that is not live."""
USAGE_AFTER = 20
"""Calls of an account after which the usage headers appear; Meta says "once enough calls have been made"."""

_LARGEST_FILE = 16_000_000
"""Bytes of one part of a form; films come in chunks, or by the upload host, which writes to the disk as they come."""

_EDGES = graph_facebook.EDGES | graph_instagram.EDGES
_COLLECTIONS = ("posts", "videos", "containers", "media")


def routes(stage: Stage) -> list[BaseRoute]:
    calls: Counter[str] = Counter()

    async def serve(request: Request) -> Response:
        pairs, files = await _form(request)
        return await run_in_threadpool(_answer, stage, request, pairs, files, calls)

    return [Route("/{path:path}", serve, methods=["GET", "POST", "DELETE"])]


def refuse(
    stage: Stage,
    path: str,
    *,
    code: int,
    subcode: int = 0,
    status: int = 400,
    method: str = "POST",
    query: str = "",
    after: bool = False,
    regain: int = 0,
    html: bool = False,
    times: int = 1,
) -> None:
    """Have the next `times` calls to a path ending so answered by this error, `after` the write or instead of it.

    `query` must stand in the call's query. `regain` minutes stand in the usage header, `html` sends a
    gateway's page in place of the envelope.
    """
    error = GraphError(code, "refused by the stage", subcode=subcode).envelope(secrets.token_hex(6))
    key = secrets.token_hex(6)
    refusal: Document = {"key": key, "path": path, "method": method, "query": query, "status": status, "after": after}
    refusal |= {"regain": regain, "html": html, "times": times, "answer": error}
    stage.records.put("graph.refusals", key, refusal)


def used(stage: Stage, account: str, *, percent: int) -> None:
    """Have every answer to this account say from now on that so much of all limits is used."""
    stage.records.put("graph.usage", account, {"percent": percent})


def cut(stage: Stage, account: str) -> None:
    """Have this account's lists say from now on that there is more, and not where it is."""
    stage.records.put("graph.cut", account, {})


def _answer(
    stage: Stage,
    request: Request,
    pairs: list[tuple[str, str]],
    files: dict[str, bytes],
    calls: Counter[str],
) -> Response:
    version, _, path = request.path_params["path"].partition("/")
    headers = {"facebook-api-version": version if version in LIVE else LIVE[0]}
    refusal = _due_refusal(stage, request.method, path, request.url.query)
    if refusal and not refusal["after"]:
        return _refused(refusal, headers)
    try:
        call = _read_call(stage, request, path, pairs, files)
        calls[call.account] += 1
        headers |= _usage(call, calls[call.account])
        answer = _carry_out(call)
    except GraphError as error:
        return JSONResponse(error.envelope(secrets.token_hex(6)), error.status, headers)
    return _refused(refusal, headers) if refusal else JSONResponse(answer, headers=headers)


def _carry_out(call: Call) -> Document:
    kind, document = _node(call)
    handler = _EDGES.get((kind, call.method, call.edge))
    if handler is None:
        raise GraphError(100, f"Unsupported {call.method.lower()} request: /{call.node}/{call.edge}")
    return handler(call, document)


def _node(call: Call) -> tuple[str, Document]:
    """What kind of thing a node is; another account's are not shown."""
    if call.node in {"me", f"page-{call.account}"}:
        return "page", {}
    if call.node == f"ig-{call.account}":
        return "user", {}
    for kind in _COLLECTIONS:
        document = call.stage.records.get(f"graph.{kind}", call.node)
        if document and document["account"] == call.account:
            return kind, document
    raise missing(call.node)


def _read_call(
    stage: Stage, request: Request, path: str, pairs: list[tuple[str, str]], files: dict[str, bytes]
) -> Call:
    node, _, edge = path.strip("/").partition("/")
    parameters = dict(pairs)
    account = _account(request.headers.get("authorization", ""), parameters.pop("access_token", ""))
    parameters.pop("appsecret_proof", None)
    _refuse_loose(pairs)
    if not node and "ids" in parameters:
        raise GraphError(100, "The ids query parameter is deprecated in v26.0+")
    return Call(
        stage=stage,
        method=request.method,
        node=node,
        edge=edge.strip("/"),
        account=account,
        parameters=parameters,
        files=files,
    )


def _account(authorization: str, token: str) -> str:
    word, _, secret = authorization.partition(" ")
    secret = secret if word in {"Bearer", "OAuth"} else token
    if not secret:
        raise GraphError(104, "An access token is required to request this resource.", status=401)
    account = account_of(secret)
    if account is None:
        # Meta does repeat a malformed token like this.
        raise GraphError(190, f"Malformed access token {secret}", status=401)
    return account


def _refuse_loose(pairs: list[tuple[str, str]]) -> None:
    """What facebook-sdk's plain form encoding makes of lists and truth values is not what anybody meant."""
    for name, count in Counter(name for name, _ in pairs).items():
        if count > 1:
            raise GraphError(100, f"Param {name} is given {count} times: send a list as JSON")
    for name, value in pairs:
        if value in {"True", "False", "None"}:
            raise GraphError(100, f"Param {name} must be JSON, not {value}")
        if name == "date_format":
            raise GraphError(100, "The date_format parameter is no longer supported")


async def _form(request: Request) -> tuple[list[tuple[str, str]], dict[str, bytes]]:
    """Every name and value from query and body, and the files. A larger file than any edge takes is not read."""
    pairs, files = list(request.query_params.multi_items()), {}
    async with request.form() as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                files[name] = await value.read(_LARGEST_FILE)
            else:
                pairs.append((name, value))
    return pairs, files


def _usage(call: Call, calls: int) -> dict[str, str]:
    set_to = call.stage.records.get("graph.usage", call.account)
    if calls < USAGE_AFTER and not set_to:
        return {}
    percent = set_to["percent"] if set_to else min(calls // 50, 99)
    shares = {"call_count": percent, "total_cputime": percent, "total_time": percent}
    business = {"type": "pages", **shares, "estimated_time_to_regain_access": 0}
    return {
        "x-app-usage": json.dumps(shares),
        "x-business-use-case-usage": json.dumps({f"page-{call.account}": [business]}),
    }


def _due_refusal(stage: Stage, method: str, path: str, query: str) -> Document | None:
    with stage.records.lock:
        for refusal in stage.records.all("graph.refusals"):
            if refusal["method"] != method or not path.endswith(refusal["path"]):
                continue
            if refusal["query"] not in query:
                continue
            left = {**refusal, "times": refusal["times"] - 1}
            stage.records.put("graph.refusals", refusal["key"], left)
            if not left["times"]:
                stage.records.remove("graph.refusals", refusal["key"])
            return refusal
    return None


def _refused(refusal: Document, headers: Mapping[str, str]) -> Response:
    if refusal["html"]:
        return Response("<html><body>Bad Gateway</body></html>", refusal["status"], headers, "text/html")
    usage = {}
    if refusal["regain"]:
        entry = {"type": "pages", "call_count": 100, "estimated_time_to_regain_access": refusal["regain"]}
        usage = {"x-business-use-case-usage": json.dumps({"1": [entry]})}
    return JSONResponse(refusal["answer"], refusal["status"], {**headers, **usage})
