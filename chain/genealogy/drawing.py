"""The drawing of a trace: nodes and edges in, SVG out. Pure; the page's style sheet gives the colours (`.drawing` classes).

Layers lie left to right on a desk and top to bottom on a phone. Long edges run between the boxes through places that are
kept free for them. Within a layer the order is that of the neighbours' middles, a few times forth and back.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from chain.genealogy.layers import EVENT, Graph, Node, ranks_of

#: How often the order of the layers is improved, forth and back.
SWEEPS = 4
MARGIN = 6
#: The thickest edge carries the whole of what the lot asked for weighs.
THINNEST, THICKEST = 1.5, 7.0
#: How wide a letter is at most, so that texts stay inside of their boxes.
LETTER = 7.0
ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a drawing, in pixels. Along is the direction in which time runs, across the other one."""

    is_down: bool
    width: int
    height: int
    event_width: int
    event_height: int
    #: between layers, and between boxes of one layer
    gap_along: int
    gap_across: int
    #: what is kept free for an edge that passes a layer
    lane: int


DESK = Shape(
    is_down=False,
    width=142,
    height=66,
    event_width=118,
    event_height=48,
    gap_along=28,
    gap_across=14,
    lane=14,
)
PHONE = Shape(
    is_down=True,
    width=100,
    height=66,
    event_width=132,
    event_height=48,
    gap_along=34,
    gap_across=6,
    lane=10,
)


@dataclass(frozen=True, slots=True)
class Box:
    """Where a node, or the passage of a long edge (node None), stands."""

    node: Node | None
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        """The middle of the box."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Line:
    """An edge as the places that it passes, both ends included."""

    boxes: tuple[Box, ...]
    quantity: int
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A laid-out graph."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: float
    height: float
    shape: Shape


def draw(graph: Graph, *, shape: Shape, title: str, desc: str, name: str, words: Mapping[str, str]) -> str:
    """Return the SVG of a graph. `name` makes its ids unique on the page; `words` says how much an edge carries, by unit.

    All texts are escaped here. `words` maps the key of an edge, "source>target", to its text.
    """
    return render(lay_out(graph, shape, words), title=title, desc=desc, name=name)


def lay_out(graph: Graph, shape: Shape, words: Mapping[str, str]) -> Drawing:
    """Give every node and edge its place."""
    ranks = ranks_of(graph)
    chains = _with_passages(graph, ranks)
    layers = _ordered(ranks, chains)
    nodes = {node.key: node for node in graph.nodes}
    boxes, width, height = _places(layers, nodes, shape)
    lines = []
    for edge in sorted(graph.edges, key=lambda one: (-one.quantity, one.source, one.target)):
        path = tuple(boxes[key] for key in chains[edge.source, edge.target])
        text = words.get(f"{edge.source}>{edge.target}", "")
        lines.append(Line(path, edge.quantity, text))
    shown = tuple(boxes[key] for layer in layers for key in layer if boxes[key].node is not None)
    return Drawing(shown, tuple(lines), width, height, shape)


def _with_passages(graph: Graph, ranks: dict[str, int]) -> dict[tuple[str, str], list[str]]:
    """Return for each edge the keys that it passes; a passage per layer in between is added to the ranks."""
    chains = {}
    for edge in graph.edges:
        between = [
            f"{edge.source}>{edge.target}>{rank}"
            for rank in range(ranks[edge.source] + 1, ranks[edge.target])
        ]
        ranks |= {key: step for step, key in enumerate(between, ranks[edge.source] + 1)}
        chains[edge.source, edge.target] = [edge.source, *between, edge.target]
    return chains


def _ordered(ranks: Mapping[str, int], chains: Mapping[tuple[str, str], Sequence[str]]) -> list[list[str]]:
    """Return the layers, each ordered so that edges cross little."""
    first, last = min(ranks.values(), default=0), max(ranks.values(), default=-1)
    layers: list[list[str]] = [[] for _ in range(first, last + 1)]
    for key, rank in ranks.items():
        layers[rank - first].append(key)
    before: dict[str, list[str]] = defaultdict(list)
    after: dict[str, list[str]] = defaultdict(list)
    for chain in chains.values():
        for source, target in pairwise(chain):
            before[target].append(source)
            after[source].append(target)
    for sweep in range(SWEEPS):
        forth = sweep % 2 == 0
        for number in range(1, len(layers)) if forth else range(len(layers) - 2, -1, -1):
            _sort_layer(
                layers[number], layers[number - 1 if forth else number + 1], before if forth else after
            )
    return layers


def _sort_layer(layer: list[str], fixed: Sequence[str], towards: Mapping[str, Sequence[str]]) -> None:
    """Sort a layer by the middle of each node's neighbours in the one beside it; those without keep their place."""
    place = {key: number for number, key in enumerate(fixed)}
    scale = max(len(fixed), 1) / max(len(layer), 1)
    middles = {}
    for number, key in enumerate(layer):
        found = [place[other] for other in towards.get(key, ()) if other in place]
        middles[key] = sum(found) / len(found) if found else number * scale
    layer.sort(key=middles.__getitem__)


def _places(
    layers: Sequence[Sequence[str]], nodes: Mapping[str, Node], shape: Shape
) -> tuple[dict[str, Box], float, float]:
    """Return the boxes by key and the size of the drawing; layers are centred across."""
    sizes = {key: _size(nodes.get(key), shape) for layer in layers for key in layer}
    spans = [
        sum(sizes[key][1] for key in layer) + shape.gap_across * (len(layer) - 1) for layer in layers
    ] or [0]
    across, along = max(spans), float(MARGIN)
    boxes = {}
    for layer, span in zip(layers, spans, strict=False):
        depth = max(sizes[key][0] for key in layer)
        offset = MARGIN + (across - span) / 2
        for key in layer:
            long, wide = sizes[key]
            start = along + (depth - long) / 2
            x, y = (offset, start) if shape.is_down else (start, offset)
            width, height = (wide, long) if shape.is_down else (long, wide)
            boxes[key] = Box(nodes.get(key), x, y, width, height)
            offset += wide + shape.gap_across
        along += depth + shape.gap_along
    total = along - shape.gap_along + MARGIN if boxes else 2.0 * MARGIN
    size = (across + 2 * MARGIN, total)
    return (boxes, *size) if shape.is_down else (boxes, size[1], size[0])


def _size(node: Node | None, shape: Shape) -> tuple[float, float]:
    """Return how long and wide a node is, along and across."""
    if node is None:
        return 0, shape.lane
    is_event = node.kind == EVENT
    width = shape.event_width if is_event else shape.width
    height = shape.event_height if is_event else shape.height
    return (height, width) if shape.is_down else (width, height)


def render(drawing: Drawing, *, title: str, desc: str, name: str) -> str:
    """Return a laid-out graph as SVG."""
    width, height = _number(drawing.width), _number(drawing.height)
    most = max((line.quantity for line in drawing.lines), default=1)
    parts = [
        f'<svg class="drawing__svg" xmlns="http://www.w3.org/2000/svg" role="group" aria-labelledby="{name}-title {name}-desc"',
        f' width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(desc)}</desc>',
        *(_line(line, drawing.shape, most) for line in drawing.lines),
        *(_box(box) for box in drawing.boxes),
        "</svg>",
    ]
    return "\n".join(parts)


def _line(line: Line, shape: Shape, most: int) -> str:
    thick = THINNEST + (THICKEST - THINNEST) * line.quantity / max(most, 1)
    points = [_ends(box, shape) for box in line.boxes]
    start = points[0][1]
    steps = [f"M{_number(start[0])} {_number(start[1])}"]
    for (_, leaving), (entering, _) in pairwise(points):
        steps.append(_curve(leaving, entering, is_down=shape.is_down))
    tip = f"<title>{escape(line.text)}</title>" if line.text else ""
    return f'<path class="drawing__edge" fill="none" stroke-width="{_number(thick)}" d="{"".join(steps)}">{tip}</path>'


def _ends(box: Box, shape: Shape) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return where edges enter and leave a box."""
    x, y = box.middle
    if shape.is_down:
        return (x, box.y), (x, box.y + box.height)
    return (box.x, y), (box.x + box.width, y)


def _curve(start: tuple[float, float], end: tuple[float, float], *, is_down: bool) -> str:
    (x1, y1), (x2, y2) = start, end
    if is_down:
        half = (y1 + y2) / 2
        points = (x1, half, x2, half, x2, y2)
    else:
        half = (x1 + x2) / 2
        points = (half, y1, half, y2, x2, y2)
    return "C" + " ".join(_number(point) for point in points)


def _box(box: Box) -> str:
    node = box.node
    assert node is not None  # noqa: S101 - only nodes are drawn
    style = f"drawing__node drawing__node--{node.kind}" + (" drawing__node--focus" if node.is_focus else "")
    x, y, width, height = (_number(value) for value in (box.x, box.y, box.width, box.height))
    round_ = _number(box.height / 2 if node.kind == EVENT else 6)
    texts = [node.title, *node.lines]
    middle = _number(box.x + box.width / 2)
    letters = int((box.width - 12) / LETTER)
    first = box.y + box.height / 2 - (len(texts) - 1) * 9 + 4.5
    written = "".join(
        f'<text class="drawing__{"title" if number == 0 else "text"}" text-anchor="middle" x="{middle}" '
        f'y="{_number(first + number * 18)}">{escape(shorten(text, letters))}</text>'
        for number, text in enumerate(texts)
    )
    whole = escape(" · ".join(texts))
    stack = ""
    if node.kind == "group":  # a second sheet behind it: more than one
        stack = f'<rect class="drawing__shadow" x="{_number(box.x + 4)}" y="{_number(box.y + 4)}" width="{width}" height="{height}" rx="6"/>'
    inner = (
        f'<title>{whole}</title>{stack}<rect class="drawing__box" x="{x}" y="{y}" width="{width}" height="{height}" '
        f'rx="{round_}"/>{written}'
    )
    if node.href:
        return f'<a class="{style}" href="{escape(node.href)}">{inner}</a>'
    return f'<g class="{style}">{inner}</g>'


def shorten(text: str, letters: int) -> str:
    """Return a text that fits into a box; the whole of it stands in the box's title."""
    return text if len(text) <= letters else text[: letters - 1].rstrip() + ELLIPSIS


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
