"""A buyer's premium for a claim is traced in the currency of the books, and by class and colour."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.sales.models import SaleLine
from chain.settlement.models import SettlementItem
from tests.services.settlement.test_second_payment import class_scheme
from tests.support.cast import Cast
from tests.support.settling import add_lot, add_members, add_sale, book, prepare_sale

DOLLARS: dict[str, Any] = {
    "currency": "USD",
    "proceeds_minor": 25_000,
    "price_minor_per_unit": 2_500,
    "book_minor": 92_500,
    "rate_millionths": 3_700_000,
    "rate_on": date(2026, 3, 1),
    "rate_source": "SBS",
}


def premiums(session: Session) -> list[SettlementItem]:
    return list(session.scalars(select(SettlementItem).where(SettlementItem.kind == "premium")))


def test_a_premium_in_dollars_is_counted_and_told_in_the_currency_of_the_books(
    session: Session, cast: Cast, now: datetime
) -> None:
    class_scheme(session, cast, now, {"baby": 2_000})
    (ana,) = add_members(session, 1)
    organic = add_lot(session, ana, 10_000, grade_key="baby", claim="organic")
    sale = add_sale(session, [organic], 2_500, **DOLLARS)
    run = prepare_sale(session, cast, now, sale)
    (premium,) = premiums(session)
    # 25.00 USD at 3.70 are 92.50 a kilogram; without the claim the class counts 20.00
    assert (premium.amount_minor, premium.price_minor_per_unit) == (72_500, 7_250)
    assert premium.explanation is not None
    told = premium.explanation["params"]
    assert (told["price_minor"], told["base_minor"]) == (9_250, 2_000)
    assert (run.currency, run.gross_minor) == ("PEN", 92_500)
    assert book(session, cast, now, run).state == "accounted"


def test_a_colour_that_brings_more_is_no_premium_for_the_claim(
    session: Session, cast: Cast, now: datetime
) -> None:
    ana, berta = add_members(session, 2)
    white = add_lot(session, ana, 10_000, grade_key="baby", claim="organic", colour="blanco")
    brown = add_lot(session, berta, 10_000, grade_key="baby", colour="marron")
    sale = add_sale(session, [brown], 1_500)
    session.add(
        SaleLine(
            sale_id=sale.id, lot_id=white.id, quantity=10_000, price_minor_per_unit=2_200, amount_minor=22_000
        )
    )
    white.state = "sold"
    session.flush()
    assert prepare_sale(session, cast, now, sale).gross_minor == 37_000
    assert premiums(session) == []
