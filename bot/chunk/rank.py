"""Which files matter to a file: personalised PageRank over who names whose definitions.

After aider's repository map (https://aider.chat/2023/10/22/repomap.html), with its slowness on large
repositories left out: the graph is the file's own neighbourhood, bounded, and ranked once a file. The power
iteration is written out because networkx wants scipy for it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from operator import sub
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bot.chunk.index import RepoIndex

__all__ = ["neighbourhood", "pagerank", "weight"]

_DAMPING = 0.7  # restarts more often than the usual 0.85: what is near matters most, and it settles sooner
_ROUNDS = 30
_CLOSE = 1e-3  # change of all shares together; what follows is the order of files, not their shares
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
    place = {node: number for number, node in enumerate(nodes)}
    total = sum(personal.values())
    restart = [personal.get(node, 0.0) / total for node in nodes]
    flows = []
    for source in sorted(graph):
        whole = sum(graph[source].values())
        if whole:
            shares = [
                (place[target], _DAMPING * value / whole) for target, value in sorted(graph[source].items())
            ]
            flows.append((place[source], shares))
    rank = restart
    for _ in range(_ROUNDS):
        stays = _DAMPING * sum(rank[source] for source, _ in flows)
        following = [
            (1.0 - stays) * share for share in restart
        ]  # sinks send their visitors back to the start
        for source, shares in flows:
            visits = rank[source]
            for target, share in shares:
                following[target] += visits * share
        change = sum(map(abs, map(sub, following, rank)))
        rank = following
        if change < _CLOSE:
            break
    return dict(zip(nodes, rank, strict=True))


def neighbourhood(index: RepoIndex, file: int, companions: Collection[int] = ()) -> dict[int, float]:
    """Return file id -> usefulness to `file`, the best other file at 1.0; unrelated files are absent.

    At most `EDGES` edges are ranked, however large the repository.
    """
    graph: _Graph = defaultdict(lambda: defaultdict(float))
    _outwards(index, file, graph)
    _inwards(index, file, graph)
    for companion in companions:
        graph[file][companion] += 1.0
    kept = sorted(graph[file].items(), key=lambda item: (-item[1], item[0]))[:_NEIGHBOURS]
    local: dict[int, dict[int, float]] = {file: dict(kept)}
    budget = EDGES - len(kept)
    for source, _ in kept:
        targets = index.imported(source)[: max(budget, 0)]
        local[source] = dict.fromkeys(targets, 0.5)
        if back := graph[source].get(file):
            local[source][file] = back
        budget -= len(local[source])
    rank = pagerank(local, {**dict.fromkeys(companions, 0.3), file: 1.0})
    rank.pop(file, None)
    best = max(rank.values(), default=0.0)
    return {node: value / best for node, value in rank.items() if value > 0.0} if best else {}


def _outwards(index: RepoIndex, file: int, graph: _Graph) -> None:
    """Add the edges to files that define what this one names."""
    imported = set(index.imported(file))
    for target in imported:
        graph[file][target] += 0.5
    for name, count in index.used_names(file):
        definers = index.definers(name)
        if 0 < len(definers) <= _COMMON and file not in definers:
            for target in definers:
                graph[file][target] += weight(name, len(definers), count, imported=target in imported)


def _inwards(index: RepoIndex, file: int, graph: _Graph) -> None:
    """Add the edges from files that name what this one defines."""
    for name in index.defined_names(file):
        definers, users = index.definers(name), index.referrers(name)
        if len(definers) > _COMMON or len(users) > _NEIGHBOURS:
            continue
        for user in users:
            if user != file:
                value = weight(name, len(definers), imported=file in index.imported(user))
                graph[user][file] += value
                graph[file][user] += value / 2  # who uses it explains it, a little less than what it uses
