"""One run for all zones of a dairy (S1), and what it posts (3.8): every figure of the slips stands in the books."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.dues.rules import DueKind
from chain.dues.services.movements import NewMovement, add_movement
from chain.ledger.services.posting import lines_of
from chain.settlement.fortnight.services.preparing import prepare_fortnight_run
from chain.settlement.fortnight.services.terms import set_reserve
from chain.settlement.fortnight.services.zones import add_zone, place_routes
from chain.settlement.models import SettlementBlock
from chain.settlement.services.reversing import reverse_run
from chain.settlement.services.runs import account_run, approve_run
from tests.support.cast import Cast
from tests.support.dairy import (
    MARCH,
    add_producers,
    add_route,
    bring,
    set_four_prices,
    weigh,
    withhold_nothing,
)
from tests.support.settling import add_fee, balances, let_take_all

MONDAY, SUNDAY = date(2026, 3, 2), date(2026, 3, 8)


def test_all_zones_are_settled_at_once_and_the_entry_holds_every_figure(
    session: Session, cast: Cast, now: datetime
) -> None:
    actor = cast.accountant.actor
    common: dict[str, Any] = {"actor": actor, "now": now}
    set_four_prices(session)
    withhold_nothing(session)
    let_take_all(session, cast, now)
    add_fee(session, cast, now, 100)
    one, two = add_producers(session, 2)
    route = add_route(session, "R2")
    north = add_zone(session, zone_id=new_id(), code="2", name="Norte", **common)
    place_routes(session, zones={route: north.id}, **common)
    bring(session, one, MONDAY, 100)
    bring(session, two, MONDAY, 40, route=route)
    bring(session, two, SUNDAY, 10, route=route)
    weigh(session, actor, now, {MONDAY: 99_000})
    weigh(session, actor, now, {MONDAY: 41_000}, north.id)
    set_reserve(
        session, reserve_id=new_id(), fraction_ppm=10_000, valid_from=MARCH.first, valid_to=None, decided_by="Asamblea", **common
    )  # fmt: skip
    vet = NewMovement(new_id(), two, DueKind.VET, 1_000_000, MONDAY, "Vacuna")
    add_movement(session, new=vet, **common)
    before = balances(session, cast)
    run = prepare_fortnight_run(session, run_id=new_id(), first_day=MARCH.first, **common)
    blocks = session.scalars(
        select(SettlementBlock).where(SettlementBlock.run_id == run.id).order_by(SettlementBlock.position)
    )
    # 1 % of 140 l are 1.40 l, 7.00: 4.95 to zone 1 and 2.05 to zone 2
    assert [(block.zone_name, block.block, block.kinds) for block in blocks] == [
        ("Zona 1", "weekday", {"delivery": 50_000, "weighing": -500, "reserve": -495, "fee": -500}),
        (
            "Norte",
            "weekday",
            {"delivery": 20_000, "weighing": 500, "reserve": -205, "fee": -200, "movement": -20_095},
        ),
        ("Norte", "sunday", {"delivery": 4_500}),
    ]
    approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    account_run(session, run_id=run.id, **common)
    assert run.account_entry_id is not None
    posted: dict[tuple[str, Any], int] = defaultdict(int)
    for line in lines_of(session, run.account_entry_id):
        posted[str(line.account), line.party_id] += line.amount_minor
    assert posted == {
        ("purchases", None): 50_000 - 500 + 20_000 + 500 + 4_500,
        ("payable_producers", one): -48_505,
        ("payable_producers", two): -4_500,
        ("reserve", None): -700,
        ("fee_income", None): -700,
        ("receivable_producers", two): -20_095,
    }
    reverse_run(session, run_id=run.id, reason="Lectura mal anotada", **common)
    assert balances(session, cast) == before
