"""Putting a graph of lots and operations into layers, few enough to be looked at. Pure.

The graph has no cycles: what is made comes after what it is made of. A node's rank is the length of the longest way to it;
a source moves next to what it feeds. Nodes that nobody could tell apart in a picture become one ("18,240 deliveries").
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

#: What a node stands for.
LOT, EVENT, GROUP = "lot", "event", "group"


@dataclass(frozen=True, slots=True)
class Node:
    """One box of the picture. `quantity` is in grams or millilitres, by `unit`; texts are ready to be read."""

    key: str
    kind: str
    title: str
    lines: tuple[str, ...] = ()
    href: str | None = None
    quantity: int = 0
    unit: str = "g"
    is_focus: bool = False
    #: lots that one producer brought
    is_primary: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """How much went from one node to another."""

    source: str
    target: str
    quantity: int
    unit: str = "g"


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and the edges between them."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one picture shows."""

    #: nodes side by side that feed and are fed by the same, before they become one
    twins: int = 6
    per_layer: int = 8
    #: layers on each side of the lot that is asked for
    layers: int = 24


#: Says what a group is: its members, to the one node that stands for them.
Grouper = Callable[[Sequence[Node]], Node]


def ranks_of(graph: Graph) -> dict[str, int]:
    """Return the layer of each node, from 0: after everything that it is made of, sources next to what they feed."""
    after, before = neighbours(graph)
    waiting = {node.key: len(before[node.key]) for node in graph.nodes}
    ready = [key for key, count in waiting.items() if not count]
    ranks = dict.fromkeys(ready, 0)
    order: list[str] = []
    while ready:
        key = ready.pop()
        order.append(key)
        for target in after[key]:
            ranks[target] = max(ranks.get(target, 0), ranks[key] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    if len(order) != len(graph.nodes):
        message = "a lot cannot be made of itself"
        raise ValueError(message)
    for key in reversed(order):
        if not before[key] and after[key]:
            ranks[key] = min(ranks[target] for target in after[key]) - 1
    return ranks


def neighbours(graph: Graph) -> tuple[Mapping[str, set[str]], Mapping[str, set[str]]]:
    """Return what comes right after and right before each node."""
    after: dict[str, set[str]] = defaultdict(set)
    before: dict[str, set[str]] = defaultdict(set)
    for edge in graph.edges:
        after[edge.source].add(edge.target)
        before[edge.target].add(edge.source)
    return after, before


def summarise(graph: Graph, limits: Limits, grouper: Grouper) -> Graph:
    """Return a graph of bounded size: twins become one, then what is too far, then what is too much in one layer."""
    graph = _merged(graph, _twins(graph, limits.twins), grouper)
    graph = _merged(graph, _far(graph, limits.layers), grouper)
    return _merged(graph, _crowded(graph, limits.per_layer), grouper)


def _twins(graph: Graph, most: int) -> Iterable[list[str]]:
    """Find the nodes of one layer that have the same neighbours, where they are more than `most`."""
    after, before = neighbours(graph)
    ranks = ranks_of(graph)
    same: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for node in graph.nodes:
        if not node.is_focus:
            place = (ranks[node.key], node.kind, node.unit, node.is_primary)
            same[(*place, frozenset(before[node.key]), frozenset(after[node.key]))].append(node.key)
    return [keys for keys in same.values() if len(keys) > most]


def _far(graph: Graph, most: int) -> Iterable[list[str]]:
    """Find what lies more than `most` layers from the focus: one group before it and one after."""
    ranks = ranks_of(graph)
    middle = next((ranks[node.key] for node in graph.nodes if node.is_focus), 0)
    early = [key for key, rank in ranks.items() if rank < middle - most]
    late = [key for key, rank in ranks.items() if rank > middle + most]
    return [keys for keys in (early, late) if keys]


def _crowded(graph: Graph, most: int) -> Iterable[list[str]]:
    """Find in each layer what does not fit, the smallest first."""
    ranks = ranks_of(graph)
    layers: dict[int, list[Node]] = defaultdict(list)
    for node in graph.nodes:
        layers[ranks[node.key]].append(node)
    crowded = [nodes for nodes in layers.values() if len(nodes) > most]
    kept_first = [
        sorted(nodes, key=lambda one: (not one.is_focus, one.kind == LOT, -one.quantity, one.key))
        for nodes in crowded
    ]
    return [[node.key for node in nodes[most - 1 :]] for nodes in kept_first]


def _merged(graph: Graph, groups: Iterable[Collection[str]], grouper: Grouper) -> Graph:
    """Return the graph with one node in the place of each group; edges between the same two nodes add up."""
    by_key = {node.key: node for node in graph.nodes}
    stands_for: dict[str, str] = {}
    made: list[Node] = []
    for number, keys in enumerate(groups):
        members = [by_key[key] for key in keys]
        node = replace(grouper(members), key=f"group-{number}-{min(keys)}", kind=GROUP)
        made.append(node)
        stands_for.update(dict.fromkeys(keys, node.key))
    if not made:
        return graph
    sums: dict[tuple[str, str, str], int] = defaultdict(int)
    for edge in graph.edges:
        source = stands_for.get(edge.source, edge.source)
        target = stands_for.get(edge.target, edge.target)
        if source != target:
            sums[source, target, edge.unit] += edge.quantity
    rest = [node for node in graph.nodes if node.key not in stands_for]
    edges = tuple(Edge(source, target, sums[source, target, unit], unit) for source, target, unit in sums)
    return Graph((*rest, *made), edges)
