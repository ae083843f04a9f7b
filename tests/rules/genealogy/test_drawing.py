"""The drawing of a trace: known pictures, and what bounds them."""

import itertools
import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

import pytest

from chain.genealogy.drawing import DESK, PHONE, Shape, draw, lay_out, shorten
from chain.genealogy.layers import EVENT, GROUP, LOT, Edge, Graph, Limits, Node, ranks_of, summarise

SVG = "{http://www.w3.org/2000/svg}"


def lot(key: str, quantity: int = 10_000, **more: object) -> Node:
    return Node(key, LOT, key.upper(), (f"{quantity} g",), f"/lots/{key}", quantity, **more)  # type: ignore[arg-type]  # of Node


def event(key: str) -> Node:
    return Node(key, EVENT, key)


def group(members: Sequence[Node]) -> Node:
    return Node("", GROUP, f"{len(members)} together", quantity=sum(one.quantity for one in members))


def merged(count: int) -> Graph:
    """Return `count` deliveries, one event, one lot."""
    parents = [lot(f"p{number}", 1_000 + number, is_primary=True) for number in range(count)]
    total = sum(one.quantity for one in parents)
    edges = [Edge(one.key, "e", one.quantity) for one in parents]
    return Graph((*parents, event("e"), lot("m", total, is_focus=True)), (*edges, Edge("e", "m", total)))


def test_what_is_made_stands_after_what_it_is_made_of() -> None:
    graph = Graph(
        (lot("a"), lot("b"), event("e"), lot("c"), event("f"), lot("d"), lot("late")),
        (
            *(Edge(source, "e", 1) for source in "ab"),
            Edge("e", "c", 2),
            Edge("c", "f", 2),
            Edge("late", "f", 1),
            Edge("f", "d", 3),
        ),
    )
    # a delivery that only the second event uses stands beside that event
    assert ranks_of(graph) == {"a": 0, "b": 0, "e": 1, "c": 2, "late": 2, "f": 3, "d": 4}


def test_a_circle_is_not_drawn() -> None:
    with pytest.raises(ValueError, match="made of itself"):
        ranks_of(Graph((lot("a"), lot("b")), (Edge("a", "b", 1), Edge("b", "a", 1))))


@pytest.mark.parametrize(("shape", "time_axis", "other_axis"), [(DESK, "x", "y"), (PHONE, "y", "x")])
def test_time_runs_to_the_right_on_a_desk_and_down_on_a_phone(
    shape: Shape, time_axis: str, other_axis: str
) -> None:
    drawing = lay_out(merged(2), shape, {})
    places = {box.node.key: box for box in drawing.boxes if box.node is not None}
    along = [getattr(places[key], time_axis) for key in ("p0", "e", "m")]
    assert along == sorted(along)
    assert getattr(places["p0"], time_axis) == getattr(places["p1"], time_axis)
    middles = [places[key].middle["xy".index(other_axis)] for key in ("e", "m")]
    assert middles[0] == middles[1] == drawing_middle(drawing.width, drawing.height, other_axis)


def drawing_middle(width: float, height: float, axis: str) -> float:
    return (width if axis == "x" else height) / 2


def test_no_box_lies_on_another_and_all_lie_inside() -> None:
    layers = [[lot(f"l{rank}-{number}") for number in range(5)] for rank in range(4)]
    edges = [
        Edge(one.key, other.key, 100 + place)
        for before, after in itertools.pairwise(layers)
        for place, one in enumerate(before)
        for other in after[place % 3 :: 2]
    ]
    edges.append(Edge("l0-0", "l3-4", 5))  # a long one
    for shape in (DESK, PHONE):
        drawing = lay_out(Graph(tuple(one for layer in layers for one in layer), tuple(edges)), shape, {})
        for number, box in enumerate(drawing.boxes):
            assert box.x >= 0
            assert box.x + box.width <= drawing.width
            assert box.y >= 0
            assert box.y + box.height <= drawing.height
            for other in drawing.boxes[number + 1 :]:
                apart = (
                    box.x + box.width <= other.x
                    or other.x + other.width <= box.x
                    or box.y + box.height <= other.y
                    or other.y + other.height <= box.y
                )
                assert apart, (box, other)
        long = next(line for line in drawing.lines if line.quantity == 5)
        assert len(long.boxes) == 4


def test_the_order_of_a_layer_follows_what_it_came_from() -> None:
    graph = Graph(
        (lot("a"), lot("b"), lot("c"), lot("x"), lot("y"), lot("z")),
        (Edge("a", "z", 1), Edge("b", "y", 1), Edge("c", "x", 1)),
    )
    places = {box.node.key: box.y for box in lay_out(graph, DESK, {}).boxes if box.node is not None}
    assert [places[key] for key in "abc"] == [places[key] for key in "zyx"]


def test_the_picture_is_well_formed_escaped_and_without_style() -> None:
    graph = Graph(
        (
            Node("a", LOT, "<b>&", ("12.5 kg",), "/lots/a?x=1&y=2", 5),
            Node("e", EVENT, "Merge", quantity=5),
            lot("m", is_focus=True),
        ),
        (Edge("a", "e", 5), Edge("e", "m", 5)),
    )
    text = draw(graph, shape=DESK, title="<T>", desc="d & e", name="one", words={"a>e": "A → E: 5 g"})
    root = ET.fromstring(text)
    assert root.find(f"{SVG}title").text == "<T>"  # type: ignore[union-attr]  # it is there
    assert root.attrib["aria-labelledby"] == "one-title one-desc"
    assert root.attrib["role"] == "group"  # an img may hold no links
    links = [one.attrib["href"] for one in root.iter(f"{SVG}a")]
    assert links == ["/lots/a?x=1&y=2", "/lots/m"]
    assert "A → E: 5 g" in text
    assert "style=" not in text
    assert not re.search(r"\son\w+=", text)
    assert text == draw(graph, shape=DESK, title="<T>", desc="d & e", name="one", words={"a>e": "A → E: 5 g"})


def test_the_thickest_edge_carries_most() -> None:
    graph = Graph((lot("a"), lot("b"), lot("c")), (Edge("a", "c", 90), Edge("b", "c", 10)))
    text = draw(graph, shape=DESK, title="t", desc="d", name="n", words={})
    assert re.findall(r'stroke-width="([\d.]+)"', text) == ["7", "2.1"]


def test_many_deliveries_become_one_box_that_adds_up() -> None:
    small = summarise(merged(40), Limits(), group)
    assert [(one.title, one.quantity) for one in small.nodes if one.kind == GROUP] == [
        ("40 together", 40_780)
    ]
    assert [(one.target, one.quantity) for one in small.edges] == [("e", 40_780), ("m", 40_780)]
    few = merged(6)
    assert summarise(few, Limits(), group) == few


def test_the_lot_that_is_asked_for_never_disappears_in_a_group() -> None:
    parents = tuple(lot(f"s{number}", number + 1, is_focus=number == 3) for number in range(30))
    graph = Graph(
        (lot("m"), event("e"), *parents),
        (Edge("m", "e", 1), *(Edge("e", one.key, one.quantity) for one in parents)),
    )
    for limits in (Limits(), Limits(twins=2, per_layer=3)):
        small = summarise(graph, limits, group)
        assert [one.key for one in small.nodes if one.is_focus] == ["s3"]


def test_a_crowded_layer_keeps_the_heaviest() -> None:
    nodes = [lot(f"l{number}", 100 + number) for number in range(10)]
    ends = [lot(f"m{number}", 100 + number) for number in range(10)]
    graph = Graph((*nodes, *ends), tuple(Edge(f"l{n}", f"m{n}", 100 + n) for n in range(10)))
    small = summarise(graph, Limits(per_layer=4), group)
    kept = {one.key for one in small.nodes if one.kind == LOT}
    assert kept == {f"{letter}{number}" for letter in "lm" for number in (7, 8, 9)}
    assert sum(one.quantity for one in small.edges) == sum(range(100, 110))


def test_a_long_history_shows_what_is_near() -> None:
    nodes = tuple(lot(f"l{number:03}", is_focus=number == 150) for number in range(300))
    edges = tuple(Edge(f"l{number:03}", f"l{number + 1:03}", 10) for number in range(299))
    small = summarise(Graph(nodes, edges), Limits(layers=5), group)
    assert len(small.nodes) == 13
    assert sorted(one.title for one in small.nodes if one.kind == GROUP) == ["144 together", "145 together"]


@pytest.mark.parametrize("shape", [DESK, PHONE])
def test_twenty_thousand_deliveries_through_ten_levels_stay_small(shape: Shape) -> None:
    nodes: list[Node] = [lot(f"p{number}", 1_000, is_primary=True) for number in range(20_000)]
    edges: list[Edge] = []
    level = [one.key for one in nodes]
    for depth, width in enumerate((200, 50, 20, 10, 8, 6, 4, 3, 2, 1)):
        made = [f"d{depth}-{number}" for number in range(width)]
        for number, key in enumerate(made):
            nodes += [event(f"e{key}"), lot(key, 5_000, is_focus=width == 1)]
            edges += [Edge(one, f"e{key}", 1_000) for one in level[number::width]]
            edges.append(Edge(f"e{key}", key, 5_000))
        level = made
    small = summarise(Graph(tuple(nodes), tuple(edges)), Limits(twins=3, per_layer=4), group)
    text = draw(small, shape=shape, title="t", desc="d", name="n", words={})
    assert len(small.nodes) <= 4 * 21
    assert len(text) < 60_000


def test_texts_that_do_not_fit_are_shortened() -> None:
    assert shorten("Fibra de alpaca", 15) == "Fibra de alpaca"
    assert shorten("Fibra de alpaca blanca", 15) == "Fibra de alpac…"
