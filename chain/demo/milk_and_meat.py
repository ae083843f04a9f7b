"""Milk of two fortnights and carcasses of two months: delivered, priced, settled by period."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.demo import figures
from chain.demo.accounts import COMMITTEE, DAIRY
from chain.demo.books import open_books
from chain.demo.deliveries import add_deliveries
from chain.demo.plan import Season
from chain.settlement.services.deductions import set_deduction
from chain.settlement.services.prepare import prepare_period_run
from chain.settlement.services.prices import set_price
from chain.settlement.services.runs import approve_run, pay_run

OPENING_MINOR = 12_000_000


def _at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def run_dairy(session: Session, season: Season) -> None:
    """Take in the milk; pay the first fortnight, leave the second for the treasurer to approve."""
    clerk = season.houses.actor("leche", DAIRY)
    accountant = season.houses.actor("leche.contabilidad", DAIRY)
    treasurer = season.houses.actor("leche.tesoreria", DAIRY)
    (first, first_end), (second, second_end) = figures.FORTNIGHTS
    before = _at(first, 15) - timedelta(days=10)
    open_books(session, actor=accountant, amount_minor=OPENING_MINOR, now=before)
    set_price(
        session,
        actor=accountant,
        now=before,
        price_id=new_id(),
        commodity="raw-milk",
        price_minor_per_unit=figures.MILK_PRICE_MINOR_PER_LITRE,
        valid_from=first,
        valid_to=date(first.year, 12, 31),
        decided_by="Acuerdo con la planta, acta 7 (demostración)",
    )
    set_deduction(
        session,
        actor=accountant,
        now=before,
        rule_id=new_id(),
        name="Cuota de la asociación",
        basis_points=figures.FEE_BASIS_POINTS,
        valid_from=first,
        valid_to=None,
        decided_by="Asamblea de socios, acta 5 (demostración)",
    )
    add_deliveries(session, season.milk, actor=clerk, now=_at(second_end, 23))
    paid = prepare_period_run(
        session,
        actor=accountant,
        now=_at(second, 15),
        run_id=new_id(),
        commodity="raw-milk",
        period_from=first,
        period_to=first_end,
    )
    approve_run(session, actor=treasurer, now=_at(second, 20), run_id=paid.id)
    pay_run(session, actor=treasurer, now=_at(second + timedelta(days=1), 15), run_id=paid.id)
    prepare_period_run(
        session,
        actor=accountant,
        now=_at(second_end + timedelta(days=2), 15),
        run_id=new_id(),
        commodity="raw-milk",
        period_from=second,
        period_to=second_end,
    )


def run_committee(session: Session, season: Season) -> None:
    """Take in the carcasses; pay the first month, leave the second to be prepared."""
    clerk = season.houses.actor("carne", COMMITTEE)
    accountant = season.houses.actor("carne.contabilidad", COMMITTEE)
    treasurer = season.houses.actor("carne.tesoreria", COMMITTEE)
    (first, first_end), (_, second_end) = figures.MEAT_PERIODS
    before = _at(first, 15) - timedelta(days=10)
    open_books(session, actor=accountant, amount_minor=OPENING_MINOR, now=before)
    set_price(
        session,
        actor=accountant,
        now=before,
        price_id=new_id(),
        commodity="llama-carcass",
        price_minor_per_unit=figures.MEAT_PRICE_MINOR_PER_KG,
        valid_from=first,
        valid_to=date(first.year, 12, 31),
        decided_by="Reunión del comité, acta 12 (demostración)",
    )
    add_deliveries(session, season.meat, actor=clerk, now=_at(second_end, 23))
    paid = prepare_period_run(
        session,
        actor=accountant,
        now=_at(first_end + timedelta(days=1), 15),
        run_id=new_id(),
        commodity="llama-carcass",
        period_from=first,
        period_to=first_end,
    )
    approve_run(session, actor=treasurer, now=_at(first_end + timedelta(days=2), 15), run_id=paid.id)
    pay_run(session, actor=treasurer, now=_at(first_end + timedelta(days=3), 15), run_id=paid.id)
