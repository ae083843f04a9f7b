from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chain.core.errors import IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.grading import queries
from chain.grading.models import OwnPriceGrid
from chain.grading.pricing import Priced, PriceRow, Refused, price
from chain.grading.services import save_own_grid, withdraw_own_grid
from tests.support.cast import Cast, Person
from tests.support.own_schemes import grid_document


def save(session: Session, person: Person, now: datetime, **changes: Any) -> OwnPriceGrid:
    wanted: dict[str, Any] = {"document": grid_document(), "word": "precios", **changes}
    return save_own_grid(session, actor=person.actor, now=now, **wanted)


def test_an_own_grid_prices_and_refuses(session: Session, cast: Cast, now: datetime) -> None:
    row = save(session, cast.buyer, now)
    grid = queries.load_own_grid(session, cast.mill.id, row.key)
    assert grid is not None
    paid = price(grid, PriceRow(grade="baby", colour="white", quantity=2_500))
    assert isinstance(paid, Priced)
    assert paid.amount_minor == 7_500
    assert isinstance(price(grid, PriceRow(grade="gruesa")), Refused)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"currency": "XXX"}, "document.currency"),
        ({"cells": []}, "document.cells"),
        ({"grades_from": {"scheme": "none", "edition": "1"}}, "document.grades_from.scheme"),
        (
            {"cells": [{"grade": "unknown", "outcome": "priced", "price": "1.00"}]},
            "document.cells[0].grade",
        ),
        ({"cells": [{"grade": "baby", "outcome": "priced", "price": None}]}, "document.cells[0].price"),
        ({"cells": [{"grade": "baby", "outcome": "priced", "price": "1e99999"}]}, "document.cells[0].price"),
    ],
)
def test_a_wrong_grid_is_refused_at_the_cell(
    session: Session, cast: Cast, now: datetime, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationFailed) as refused:
        save(session, cast.buyer, now, document=grid_document(**changes))
    assert list(refused.value.errors) == [field]


def test_a_grid_is_its_organisations_own(session: Session, cast: Cast, now: datetime) -> None:
    row = save(session, cast.buyer, now)
    with pytest.raises(NotFound):
        queries.get_own_grid_for(session, cast.rival_buyer.actor, row.key, "1")
    with pytest.raises(NotFound):
        save(session, cast.rival_buyer, now, key=row.key)
    with pytest.raises(NotFound):
        withdraw_own_grid(session, actor=cast.rival_buyer.actor, now=now, key=row.key, edition="1")
    assert queries.list_own_grids(session, cast.rival_buyer.actor) == []


def test_sending_twice_saves_once_and_a_withdrawn_grid_prices_nothing(
    session: Session, cast: Cast, now: datetime
) -> None:
    grid_id = new_id()
    row = save(session, cast.buyer, now, grid_id=grid_id)
    assert save(session, cast.buyer, now, grid_id=grid_id) is row
    with pytest.raises(IdempotencyConflict):
        save(session, cast.buyer, now, grid_id=grid_id, word="otra")
    assert save(session, cast.buyer, now, key=row.key).edition == "2"
    for edition in ("1", "2"):
        withdraw_own_grid(session, actor=cast.buyer.actor, now=now, key=row.key, edition=edition)
    assert queries.load_own_grid(session, cast.mill.id, row.key) is None
