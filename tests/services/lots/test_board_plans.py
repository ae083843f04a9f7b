"""What the databases do for a page of the board: no reading of the whole table, nothing sorted that an index holds in order."""

import re
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from chain.certification.rules import Claim
from chain.lots.filters import Availability, BoardFilters, BoardQuery
from chain.lots.queries import board_page
from tests.support.cast import Cast
from tests.support.lots import make_producer
from tests.support.many_lots import insert_many_lots

ROWS = 12_000
ALL = Availability.ALL
#: query, index that must be read
ORDERED: dict[str, tuple[BoardQuery, str]] = {
    "in stock": (BoardQuery(), "ix_lot_in_stock"),
    "available": (BoardQuery(filters=BoardFilters(availability=Availability.AVAILABLE)), "ix_lot_in_stock"),
    "all": (BoardQuery(filters=BoardFilters(availability=ALL)), "ix_lot_organisation_id_delivered_at"),
    "oldest": (
        BoardQuery(filters=BoardFilters(availability=ALL), sort="delivered"),
        "ix_lot_organisation_id_delivered_at",
    ),
    "number": (
        BoardQuery(filters=BoardFilters(availability=ALL), sort="number"),
        "uq_lot_organisation_id_number|sqlite_autoindex_lot",
    ),
    "quantity": (
        BoardQuery(filters=BoardFilters(availability=ALL), sort="-quantity"),
        "ix_lot_organisation_id_quantity",
    ),
    "micron": (BoardQuery(filters=BoardFilters(availability=ALL), sort="micron"), "ix_lot_micron"),
    "class": (BoardQuery(filters=BoardFilters(availability=ALL), sort="class"), "ix_lot_grade"),
    "product": (
        BoardQuery(filters=BoardFilters(availability=ALL, commodity="raw-milk")),
        "ix_lot_organisation_id_commodity",
    ),
    "grade": (BoardQuery(filters=BoardFilters(availability=ALL, grade_key="royal")), "ix_lot_grade"),
    "colour": (
        BoardQuery(filters=BoardFilters(availability=ALL, colours=("true_black",))),
        "ix_lot_colour",
    ),
    "organic": (BoardQuery(filters=BoardFilters(availability=ALL, claim=Claim.ORGANIC)), "ix_lot_claim"),
}
#: Few enough rows that sorting them costs nothing, found by an index.
SELECTIVE: dict[str, BoardQuery] = {
    "microns": BoardQuery(filters=BoardFilters(availability=ALL, micron_from=180, micron_to=182)),
    "heavy": BoardQuery(filters=BoardFilters(availability=ALL, quantity_from=59_900)),
    "number": BoardQuery(filters=BoardFilters(availability=ALL, text="4711")),
    "name": BoardQuery(filters=BoardFilters(availability=ALL, text="productora 7")),
    "cancelled": BoardQuery(filters=BoardFilters(availability=Availability.CANCELLED)),
}


@pytest.fixture
def many(session: Session, now: datetime) -> None:
    """Thousands of lots of thirty producers, with fresh statistics."""
    producers = [make_producer(session, now, name=f"Productora {number}") for number in range(30)]
    insert_many_lots(session, ROWS, producers)
    session.execute(text("ANALYZE"))


def plans(session: Session, cast: Cast, query: BoardQuery) -> list[str]:
    """Return what the database says of each statement on lots behind the page after the first one."""
    page = board_page(session, cast.clerk.actor, query)
    later = (
        query if page.after is None else BoardQuery(filters=query.filters, sort=query.sort, after=page.after)
    )
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if "FROM lot" in statement and "count(" not in statement:
            seen.append((statement, parameters))

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    try:
        board_page(session, cast.clerk.actor, later)
    finally:
        event.remove(connection, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    assert seen
    found = []
    for statement, parameters in seen:
        rows = connection.exec_driver_sql(explain + statement, parameters).all()
        found.append("\n".join(" ".join(str(cell) for cell in row) for row in rows))
    return found


@pytest.mark.usefixtures("many")
def test_the_orders_and_main_filters_read_an_index_in_order(session: Session, cast: Cast) -> None:
    wrong = []
    for name, (query, index) in ORDERED.items():
        for plan in plans(session, cast, query):
            is_ordered = re.search(index, plan) and not re.search(r"Seq Scan|SCAN lot\b(?! USING)", plan)
            if not is_ordered or re.search(r"TEMP B-TREE|\bSort\b", plan):
                wrong.append(f"{name}:\n{plan}")
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.usefixtures("many")
def test_selective_filters_never_read_the_whole_table(session: Session, cast: Cast) -> None:
    wrong = []
    for name, query in SELECTIVE.items():
        wrong += [
            f"{name}:\n{plan}"
            for plan in plans(session, cast, query)
            if re.search(r"Seq Scan on lot\b|SCAN lot\b(?! USING)", plan)
        ]
    assert not wrong, "\n\n".join(wrong)
