"""Which files matter to a file: personalised PageRank over who names whose definitions.

After aider's repository map (https://aider.chat/2023/10/22/repomap.html), with its slowness on large
repositories left out: the graph is the file's own neighbourhood, bounded, and ranked once a file. The power
iteration is written out because networkx wants scipy for it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bot.chunk.index import RepoIndex

__all__ = ["neighbourhood", "pagerank", "weight"]

_DAMPING = 0.85
_ROUNDS = 30
_CLOSE = 1e-6
EDGES = 2000
_NEIGHBOURS = 150
_COMMON = 20  # files: a name defined in more of them says nothing about which is meant
_IMPORTED = 5.0
_PRIVATE = 0.1
_Graph = dict[int, dict[int, float]]


def weight(name: str, definers: int, count: int = 1, *, imported: bool = False) -> float:
    """Return how strongly `count` references to a name tie a file to one of its `definers` files."""
    value = math.sqrt(count) / (1.0 + math.log(definers)) / definers
    if name.startswith("_"):
        value *= _PRIVATE
    return value * _IMPORTED if imported else value


def pagerank(graph: Mapping[int, Mapping[int, float]], personal: Mapping[int, float]) -> dict[int, float]:
    """Return each node's share of the visits of a walk that restarts at `personal`; the shares sum to 1.

    Args:
        graph: weights of the edges, source -> target -> weight > 0. Targets need no entry of their own.
        personal: where the walk restarts, node -> weight > 0; not empty.
    """
    nodes = sorted({*graph, *personal, *(t for edges in graph.values() for t in edges)})
    total = sum(personal.values())
    restart = {node: personal.get(node, 0.0) / total for node in nodes}
    edges = []
    for source in nodes:
        out = graph.get(source)
        if out:
            whole = sum(out.values())
            edges.append((source, [(target, value / whole) for target, value in sorted(out.items())]))
    sinks = [node for node in nodes if not graph.get(node)]
    rank = dict(restart)
    for _ in range(_ROUNDS):
        lost = 1.0 - _DAMPING + _DAMPING * sum(rank[node] for node in sinks)
        following = {node: lost * share for node, share in restart.items()}
        for source, out_edges in edges:
            flow = _DAMPING * rank[source]
            for target, share in out_edges:
                following[target] += flow * share
        change = sum(abs(following[node] - rank[node]) for node in nodes)
        rank = following
        if change < _CLOSE:
            break
    return rank


def neighbourhood(index: RepoIndex, file: int, companions: Collection[int] = ()) -> dict[int, float]:
    """Return file id -> usefulness to `file`, the best other file at 1.0; unrelated files are absent.

    At most `EDGES` edges are looked at, however large the repository.
    """
    graph: _Graph = defaultdict(lambda: defaultdict(float))
    imported = set(index.imported(file))
    for target in imported:
        graph[file][target] += 0.5
    for name, count in index.used_names(file):
        definers = index.definers(name)
        if 0 < len(definers) <= _COMMON and file not in definers:
            for target in definers:
                graph[file][target] += weight(name, len(definers), count, imported=target in imported)
    for name in index.defined_names(file):
        definers = index.definers(name)
        users = index.referrers(name)
        if len(definers) > _COMMON or len(users) > _NEIGHBOURS:
            continue
        for user in users:
            if user != file:
                value = weight(name, len(definers), imported=file in index.imported(user))
                graph[user][file] += value
                graph[file][user] += value / 2  # who uses it explains it, a little less than what it uses
    for companion in companions:
        graph[file][companion] += 1.0
    kept = sorted(graph[file].items(), key=lambda item: (-item[1], item[0]))[:_NEIGHBOURS]
    graph[file] = dict(kept)
    near = [file, *(node for node, _ in kept)]
    allowed = set(near)
    for source in list(graph):
        if source not in allowed:
            del graph[source]
    budget = EDGES - sum(len(edges) for edges in graph.values())
    for source in near[1:]:
        for target in index.imported(source)[: max(budget, 0)]:
            graph[source][target] += 0.5
            budget -= 1
    personal = {file: 1.0, **dict.fromkeys(companions, 0.3)}
    personal[file] = 1.0
    rank = pagerank(graph, personal)
    rank.pop(file, None)
    best = max(rank.values(), default=0.0)
    return {node: value / best for node, value in rank.items() if value > 0.0} if best else {}
