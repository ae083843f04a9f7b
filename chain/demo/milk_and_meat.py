"""Milk of two fortnights and carcasses of two months: delivered, priced, settled by period."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.ids import new_id
from chain.demo import figures
from chain.demo.accounts import COMMITTEE, DAIRY
from chain.demo.books import open_books
from chain.demo.deliveries import add_deliveries
from chain.demo.draw import DrawnDelivery
from chain.demo.plan import Season
from chain.dues.services.rules import set_deduction
from chain.pricing.services.flat import set_price
from chain.settlement.services.runs import account_run, approve_run, pay_run, prepare_period_run

OPENING_MINOR = 12_000_000
#: How long before the first delivery the price was agreed.
AGREED_BEFORE = timedelta(days=10)


@dataclass(frozen=True, slots=True)
class Buying:
    """A house that buys from its own members by period."""

    clerk: Actor
    accountant: Actor
    treasurer: Actor
    commodity: str
    price_minor_per_unit: int
    decided_by: str
    periods: Sequence[tuple[date, date]]


def run_dairy(session: Session, season: Season) -> None:
    """Take in the milk; pay the first fortnight, leave the second for the treasurer to approve."""
    dairy = Buying(
        clerk=season.houses.actor("leche", DAIRY),
        accountant=season.houses.actor("leche.contabilidad", DAIRY),
        treasurer=season.houses.actor("leche.tesoreria", DAIRY),
        commodity="raw-milk",
        price_minor_per_unit=figures.MILK_PRICE_MINOR_PER_LITRE,
        decided_by="Acuerdo con la planta, acta 7 (demostración)",
        periods=figures.FORTNIGHTS,
    )
    first = dairy.periods[0][0]
    set_deduction(
        session,
        actor=dairy.accountant,
        now=_at(first, 15) - AGREED_BEFORE,
        rule_id=new_id(),
        name="Cuota de la asociación",
        basis_points=figures.FEE_BASIS_POINTS,
        valid_from=first,
        valid_to=None,
        decided_by="Asamblea de socios, acta 5 (demostración)",
    )
    _take_in_and_pay_first(session, dairy, season.milk)
    _prepare(session, dairy, dairy.periods[1])


def run_committee(session: Session, season: Season) -> None:
    """Take in the carcasses; pay the first month, leave the second to be prepared."""
    committee = Buying(
        clerk=season.houses.actor("carne", COMMITTEE),
        accountant=season.houses.actor("carne.contabilidad", COMMITTEE),
        treasurer=season.houses.actor("carne.tesoreria", COMMITTEE),
        commodity="llama-carcass",
        price_minor_per_unit=figures.MEAT_PRICE_MINOR_PER_KG,
        decided_by="Reunión del comité, acta 12 (demostración)",
        periods=figures.MEAT_PERIODS,
    )
    _take_in_and_pay_first(session, committee, season.meat)


def _take_in_and_pay_first(session: Session, house: Buying, deliveries: Sequence[DrawnDelivery]) -> None:
    """Open the books, agree the price, register everything, and pay the first period."""
    (first, first_end), (_, last) = house.periods
    agreed = _at(first, 15) - AGREED_BEFORE
    open_books(session, actor=house.accountant, amount_minor=OPENING_MINOR, now=agreed)
    set_price(
        session,
        actor=house.accountant,
        now=agreed,
        price_id=new_id(),
        commodity=house.commodity,
        price_minor_per_unit=house.price_minor_per_unit,
        valid_from=first,
        valid_to=date(first.year, 12, 31),
        decided_by=house.decided_by,
    )
    add_deliveries(session, deliveries, actor=house.clerk, now=_at(last, 23))
    run_id = _prepare(session, house, (first, first_end))
    approve_run(session, actor=house.treasurer, now=_at(first_end + timedelta(days=2), 15), run_id=run_id)
    account_run(session, actor=house.treasurer, now=_at(first_end + timedelta(days=2), 16), run_id=run_id)
    pay_run(session, actor=house.treasurer, now=_at(first_end + timedelta(days=3), 15), run_id=run_id)


def _prepare(session: Session, house: Buying, period: tuple[date, date]) -> UUID:
    run = prepare_period_run(
        session,
        actor=house.accountant,
        now=_at(period[1] + timedelta(days=1), 15),
        run_id=new_id(),
        commodity=house.commodity,
        period_from=period[0],
        period_to=period[1],
    )
    return run.id


def _at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
