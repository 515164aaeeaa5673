"""Insights, which Facebook and Instagram share: named figures, of which one bad name fails the whole call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from pydantic import BaseModel

from platforms.contract import Measurement
from platforms.errors import Refused, TooSoon, Unreachable
from platforms.graph import Graph, Page
from platforms.graph_faults import Missing, NotPermitted

_FAILURES = 3

Figure = int | float | Mapping[str, int | float]


class _Value(BaseModel):
    value: int | float | dict[str, int | float] | None = None


class _Insight(BaseModel):
    name: str
    period: str = "lifetime"
    values: list[_Value] = []


def figures(graph: Graph, path: str, names: tuple[str, ...]) -> dict[str, Figure]:
    """Lifetime figures by name. What the network does not give is absent; no names asks for all there are.

    One bad name fails the whole call, so a group that is refused is asked again in two halves.
    """
    asked = {"metric": ",".join(names)} if names else {}
    try:
        answer = graph.glance(path, Page[_Insight], **asked)
    except (Missing, NotPermitted):
        return {}
    except Refused:
        middle = len(names) // 2
        return figures(graph, path, names[:middle]) | figures(graph, path, names[middle:]) if middle else {}
    return {
        each.name: value
        for each in answer.data
        if each.period == "lifetime" and each.values and (value := each.values[-1].value) is not None
    }


def each_measured(
    graph: Graph, remote_ids: Sequence[str], measured: Callable[[str], Iterable[Measurement]]
) -> dict[str, Sequence[Measurement]]:
    """Figures by id as `measured` gives them.

    One post that fails does not hide the others; what came before a closed window or a dead line is kept. Where
    little is left of what Meta allows, the rest is not asked for: measuring can wait, a post's hour cannot.
    """
    found: dict[str, Sequence[Measurement]] = {}
    failures, refusal = 0, None
    for number, remote_id in enumerate(remote_ids):
        if number and graph.spares_nothing:
            break
        try:
            found[remote_id] = tuple(measured(remote_id))
        except Missing:
            continue
        except (Refused, NotPermitted) as error:
            refusal = error
        except (TooSoon, Unreachable) as error:
            failures += 1
            if isinstance(error, Unreachable) and failures < _FAILURES:
                continue
            if not found:
                raise
            break
    if refusal and not found:
        raise refusal
    return {remote_id: measurements for remote_id, measurements in found.items() if measurements}
