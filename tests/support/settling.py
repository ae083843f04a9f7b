"""Rows for tests of settlement: members with lots, sold in one sale or waiting for a fortnight's payment.

Written straight into the tables, so that a test of settlement says in numbers what it settles and needs no tender.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.core.money import amount_for, split_largest_remainder
from chain.dues.models import Movement
from chain.dues.services.movements import give_advance
from chain.dues.services.rules import set_deduction, set_recovery_cap
from chain.ledger.models import LedgerAccount
from chain.lots.models import Lot
from chain.pricing.services.flat import set_price
from chain.producers.models import Membership, Producer
from chain.sales.models import Sale, SaleLine
from chain.settlement.models import SettlementRun
from chain.settlement.services.runs import account_run, approve_run, prepare_period_run, prepare_sale_run
from tests.support.cast import CENTRE, MILL, SINCE, Cast, House

DAY = date(2026, 3, 2)


@dataclass(frozen=True, slots=True)
class Member:
    """A producer in the roll of a house."""

    id: UUID
    name: str
    code: str


def add_members(
    session: Session, count: int, house: House = CENTRE, user_id: UUID | None = None
) -> list[Member]:
    """Add producers named Productora 1, 2 …; the first may have a sign-in."""
    before = session.scalar(
        select(func.count()).select_from(Membership).where(Membership.organisation_id == house.id)
    )
    members: list[Member] = []
    for number in range((before or 0) + 1, (before or 0) + count + 1):
        member = Member(new_id(), f"Productora Número {number:03d}", f"{house.code}-{number:04d}")
        session.add(
            Producer(
                id=member.id,
                full_name=member.name,
                search_name=member.name.lower().replace("ú", "u"),
                sex="female",
                country=house.country.value,
                user_id=user_id if not members else None,
                created_at=SINCE,
            )
        )
        members.append(member)
    session.flush()
    session.add_all(
        Membership(
            producer_id=one.id, organisation_id=house.id, member_code=one.code, joined_on=date(2020, 1, 1)
        )
        for one in members
    )
    session.flush()
    return members


def add_lot(
    session: Session,
    member: Member,
    quantity: int,
    *,
    house: House = CENTRE,
    commodity: str = "alpaca-fibre",
    day: date = DAY,
    state: str = "graded",
    grade_key: str | None = None,
    claim: str = "conventional",
    colour: str | None = None,
) -> Lot:
    """Add a lot of one member."""
    lot_id = new_id()
    lot = Lot(
        id=lot_id,
        organisation_id=house.id,
        number=f"{house.code}-{lot_id.hex[:24]}",  # the part that follows the order: time and counter
        commodity=commodity,
        producer_id=member.id,
        delivered_at=datetime.combine(day, time(14), UTC),
        delivered_on=day,
        quantity=quantity,
        unit="ml" if commodity == "raw-milk" else "g",
        attributes={},
        grade_scheme="ntp-231.301" if grade_key else None,
        grade_edition="2014" if grade_key else None,
        grade_key=grade_key,
        state=state,
        claim=claim,
        colour=colour,
        registered_at=SINCE,
        content_hash="0" * 64,
    )
    session.add(lot)
    session.flush()
    return lot


def add_sale(
    session: Session,
    lots: Sequence[Lot],
    price_minor: int = 4500,
    house: House = CENTRE,
    buyer: House = MILL,
    **changes: Any,
) -> Sale:
    """Sell lots to a buyer at one price; their parts sum to the proceeds. `changes` are of the sale, such as another currency."""
    quantity = sum(lot.quantity for lot in lots)
    proceeds = amount_for(quantity, price_minor)
    number = (
        session.scalar(select(func.count()).select_from(Sale).where(Sale.organisation_id == house.id)) or 0
    )
    facts: dict[str, Any] = {
        "price_minor_per_unit": price_minor,
        "currency": house.currency,
        "proceeds_minor": proceeds,
        "book_currency": house.currency,
        "book_minor": proceeds,
        "rate_millionths": 1_000_000,
    }
    sale = Sale(
        id=new_id(),
        method="tender",
        organisation_id=house.id,
        buyer_id=buyer.id,
        number=number + 1,
        commodity=lots[0].commodity,
        quantity=quantity,
        unit=lots[0].unit,
        terms={},
        state="agreed",
        agreed_at=datetime(2026, 3, 10, 15, tzinfo=UTC),
        **facts | changes,
    )
    session.add(sale)
    session.flush()
    parts = split_largest_remainder(proceeds, [lot.quantity for lot in lots], [lot.id for lot in lots])
    session.add_all(
        SaleLine(
            sale_id=sale.id,
            lot_id=lot.id,
            quantity=lot.quantity,
            price_minor_per_unit=price_minor,
            amount_minor=part,
        )
        for lot, part in zip(lots, parts, strict=True)
    )
    for lot in lots:
        lot.state = "sold"
    session.flush()
    return sale


def sold_lots(
    session: Session, weights: Sequence[Sequence[int]], price_minor: int = 4500
) -> tuple[Sale, list[Member]]:
    """Sell the lots of new members: one list of grams per member."""
    members = add_members(session, len(weights))
    lots = [
        add_lot(session, member, grams) for member, row in zip(members, weights, strict=True) for grams in row
    ]
    return add_sale(session, lots, price_minor), members


def add_fee(session: Session, cast: Cast, now: datetime, basis_points: int, name: str = "Aporte") -> UUID:
    """Set a fee that the assembly decided."""
    rule = set_deduction(
        session,
        actor=cast.accountant.actor,
        now=now,
        rule_id=new_id(),
        name=name,
        basis_points=basis_points,
        valid_from=date(2026, 1, 1),
        valid_to=None,
        decided_by="Asamblea del 5 de enero de 2026",
    )
    return rule.id


def add_advance(
    session: Session, cast: Cast, now: datetime, member: Member, minor: int, day: int = 1
) -> Movement:
    """Give an advance in February."""
    return give_advance(
        session,
        actor=cast.accountant.actor,
        now=now,
        advance_id=new_id(),
        producer_id=member.id,
        amount_minor=minor,
        given_on=date(2026, 2, day),
        note=f"Esquila {day}",
    )


def let_take_all(session: Session, cast: Cast, now: datetime) -> None:
    """Let payments be taken wholly, as the assembly decided."""
    set_recovery_cap(
        session,
        actor=cast.accountant.actor,
        now=now,
        cap_id=new_id(),
        left_basis_points=0,
        valid_from=date(2026, 1, 1),
        decided_by="Asamblea",
    )


def add_price(
    session: Session,
    cast: Cast,
    now: datetime,
    minor: int,
    first: date,
    last: date,
    commodity: str = "raw-milk",
) -> None:
    """Set a price per litre or kilogram."""
    set_price(
        session,
        actor=cast.accountant.actor,
        now=now,
        price_id=new_id(),
        commodity=commodity,
        price_minor_per_unit=minor,
        valid_from=first,
        valid_to=last,
        decided_by="Acuerdo con la planta",
    )


def prepare_sale(session: Session, cast: Cast, now: datetime, sale: Sale) -> SettlementRun:
    """Prepare the run of a sale."""
    return prepare_sale_run(session, actor=cast.accountant.actor, now=now, run_id=new_id(), sale_id=sale.id)


def prepare_fortnight(session: Session, cast: Cast, now: datetime) -> SettlementRun:
    """Prepare the run of the first fortnight of March at the prices of the days."""
    return prepare_period_run(
        session,
        actor=cast.accountant.actor,
        now=now,
        run_id=new_id(),
        commodity="raw-milk",
        period_from=date(2026, 3, 1),
        period_to=date(2026, 3, 15),
    )


def book(session: Session, cast: Cast, now: datetime, run: SettlementRun) -> SettlementRun:
    """Approve a run and bring it into the books."""
    approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    return account_run(session, actor=cast.accountant.actor, now=now, run_id=run.id)


def balances(session: Session, cast: Cast) -> dict[str, int]:
    """Return the balance of each account of the centre that has one."""
    rows = session.execute(
        select(LedgerAccount.code, LedgerAccount.balance_minor).where(
            LedgerAccount.organisation_id == cast.centre.id, LedgerAccount.balance_minor != 0
        )
    )
    return {row.code: row.balance_minor for row in rows}
