"""One call to the emulated Graph API: its parameters read as strictly as Meta's types, its answer put together."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from platforms.rehearsal.stage import Document, Stage

Kind = Literal["string", "boolean", "integer", "list", "object"]

LISTED: Mapping[str, Kind] = {"fields": "string", "limit": "integer", "after": "string", "summary": "boolean"}
"""What every list may be asked for."""

FRESH = timedelta(minutes=15)
"""How long the audience must have had a post before insights say anything about it; Meta promises no moment."""


class GraphError(Exception):
    """An answer in Meta's error envelope."""

    def __init__(
        self, code: int, message: str, *, subcode: int = 0, status: int = 400, error_data: object = None
    ) -> None:
        self.code, self.message, self.subcode = code, message, subcode
        self.status, self.error_data = status, error_data
        super().__init__(message)

    def envelope(self, trace: str) -> Document:
        error: Document = {"message": f"(#{self.code}) {self.message}", "type": "OAuthException"}
        error |= {"code": self.code, "is_transient": self.code in (1, 2), "fbtrace_id": trace}
        if self.subcode:
            error |= {"error_subcode": self.subcode}
        if self.error_data is not None:
            error |= {"error_data": json.dumps(self.error_data)}
        return {"error": error}


@dataclass(kw_only=True)
class Call:
    """A call of a signed-in account to `/{node}/{edge}`."""

    stage: Stage
    method: str
    node: str
    edge: str
    account: str
    parameters: dict[str, str]
    files: dict[str, bytes] = field(default_factory=dict)

    def read(self, **kinds: Kind) -> Document:
        """The parameters by their kinds; one that the edge does not know is refused."""
        if strange := self.parameters.keys() - kinds.keys():
            raise GraphError(100, f"Unknown parameter {sorted(strange)[0]} on /{self.edge}")
        return {name: _parsed(name, text, kinds[name]) for name, text in self.parameters.items()}

    def choose(self, known: Mapping[str, object]) -> Document:
        """The `fields` asked for, out of those that there are; one without a value is left out."""
        chosen: Document = {}
        for name in {"id": None} | dict.fromkeys(_top_names(self.parameters.get("fields", "id"))):
            if name not in known:
                raise GraphError(100, f"Tried accessing nonexisting field ({name})")
            if known[name] is not None:
                chosen[name] = known[name]
        return chosen

    def page_of(self, documents: Iterable[Document], show: Callable[[Document], Document]) -> Document:
        """One page, newest first, with cursors; `next` carries no token, as the call's came in a header."""
        everything = sorted(documents, key=lambda each: int(each["id"].rpartition("_")[2]), reverse=True)
        limit, after = int(self.parameters.get("limit", "25")), self.parameters.get("after")
        if limit > 100:
            raise GraphError(100, "Param limit must be at most 100")
        ids = [each["id"] for each in everything]
        start = ids.index(after) + 1 if after in ids else 0
        shown = everything[start : start + limit]
        if not shown:
            return {"data": []}
        paging: Document = {"cursors": {"before": shown[0]["id"], "after": shown[-1]["id"]}}
        if self.stage.records.get("graph.cut", self.account) is not None:
            paging = {"next": f"https://graph.facebook.com/v26.0/{self.node}/{self.edge}"}
        elif start + limit < len(everything):
            paging["next"] = f"https://graph.facebook.com/v26.0/{self.node}/{self.edge}?after={ids[start]}"
        return {"data": [show(each) for each in shown], "paging": paging}

    def visible(self, collection: str) -> list[Document]:
        """This account's documents that a list shows by now."""
        now = self.stage.now()
        return [
            each
            for each in self.stage.records.all(collection)
            if each["account"] == self.account and datetime.fromisoformat(each["created"]) + self.stage.lag <= now
        ]

    def insights(self, figures: Mapping[str, object], created: str, *, named: bool = True) -> Document:
        """Named lifetime figures: all or an error, and nothing at all while the post is fresh."""
        names = _listed(self.read(metric="string", period="string", summary="boolean").get("metric", ""))
        if named and not names:
            raise GraphError(3001, "Invalid query", subcode=1504028)
        if any(name not in figures for name in names):
            raise GraphError(100, "The value must be a valid insights metric")
        if self.stage.age(created) < FRESH:
            return {"data": []}
        return {
            "data": [
                {"name": name, "period": "lifetime", "values": [{"value": figures[name]}], "id": f"{self.node}/{name}"}
                for name in names or figures
            ]
        }


Handler: TypeAlias = Callable[[Call, Document], Document]
Edges: TypeAlias = dict[tuple[str, str, str], Handler]
"""By kind of node, method and edge."""


def missing(node: str) -> GraphError:
    text = f"Object with ID '{node}' does not exist, cannot be loaded due to missing permissions"
    return GraphError(100, text, subcode=33)


def graph_time(moment: str) -> str:
    return datetime.fromisoformat(moment).strftime("%Y-%m-%dT%H:%M:%S+0000")


def _parsed(name: str, text: str, kind: Kind) -> Any:
    """Meta reads JSON; Python's own `True` or `['1']` are words to it, and are refused here."""
    if kind == "string":
        return text
    try:
        value = json.loads(text)
    except ValueError:
        raise GraphError(100, f"Param {name} must be a {kind}") from None
    wanted = {"boolean": bool, "integer": int, "list": list, "object": dict}[kind]
    if not isinstance(value, wanted) or (kind == "integer" and isinstance(value, bool)):
        raise GraphError(100, f"Param {name} must be a {kind}")
    return value


def _listed(text: str) -> list[str]:
    """Names with commas between them, or as a JSON list: Meta takes both."""
    return json.loads(text) if text.startswith("[") else [name for name in text.split(",") if name]


def _top_names(fields: str) -> list[str]:
    """`id,attachments{target},comments.limit(0)` → id, attachments, comments."""
    names: list[str] = []
    name, depth, named = "", 0, True
    for letter in fields:
        depth += (letter in "{(") - (letter in "})")
        if letter == "," and not depth:
            names, name, named = [*names, name], "", True
        elif letter in ".{(":
            named = False
        elif named:
            name += letter
    return [*names, name]
