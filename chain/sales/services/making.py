"""The sale that a confirmed award becomes: its lines, its frozen terms and rate, its contract."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation, User
from chain.accounts.rules import Actor
from chain.core import audit
from chain.core.clock import local_date
from chain.core.hashing import content_hash, plain
from chain.core.ids import new_id
from chain.lots.models import Lot
from chain.sales.errors import RateMissing
from chain.sales.models import Award, AwardAnswer, AwardLine, Sale, SaleContract, SaleLine, SaleTerms
from chain.sales.rules import SaleState
from chain.sales.services.audit_tags import SalesAudit
from chain.sales.services.numbers import Series, next_number
from chain.sales.terms import MILLION, Rate, Terms, in_books, kept_terms, read_terms


def insert_sale(session: Session, *, actor: Actor, now: datetime, award: Award) -> Sale:
    """Make the sale of an award that was confirmed, with its contract.

    Raises:
        RateMissing: the price is in another currency than the seller's books, and nobody wrote the rate.
    """
    lines = session.scalars(
        select(AwardLine).where(AwardLine.award_id == award.id).order_by(AwardLine.lot_id)
    ).all()
    seller = session.get_one(Organisation, award.organisation_id)
    terms = read_terms(award.terms)
    rate = _rate(session, award, seller, terms)
    millionths = rate.millionths if rate else MILLION
    prices = {line.price_minor_per_unit for line in lines}
    sale = Sale(
        id=new_id(),
        organisation_id=award.organisation_id,
        buyer_id=award.buyer_id,
        number=next_number(session, award.organisation_id, Series.SALE),
        method=award.method,
        event_id=award.event_id,
        award_id=award.id,
        bid_id=award.bid_id,
        commodity=award.commodity,
        quantity=award.quantity,
        unit=award.unit,
        price_minor_per_unit=prices.pop() if len(prices) == 1 else None,
        currency=award.currency,
        proceeds_minor=award.proceeds_minor,
        terms=kept_terms(terms),
        book_currency=seller.currency,
        book_minor=in_books(award.proceeds_minor, millionths),
        rate_millionths=millionths,
        rate_on=rate.on if rate else None,
        rate_source=rate.source if rate else None,
        state=SaleState.AGREED.value,
        agreed_at=now,
        agreed_by=actor.user_id,
    )
    session.add(sale)
    session.flush()
    session.execute(
        insert(SaleLine),
        [
            {
                "sale_id": sale.id,
                "lot_id": line.lot_id,
                "quantity": line.quantity,
                "price_minor_per_unit": line.price_minor_per_unit,
                "amount_minor": line.amount_minor,
            }
            for line in lines
        ],
    )
    write_contract(session, sale=sale, seller=seller, award=award, now=now)
    audit.record(
        session,
        tag=SalesAudit.SALE_MADE,
        actor=actor,
        now=now,
        subject_type="sale",
        subject_id=sale.id,
        after={"award_id": award.id, "number": sale.number, "proceeds_minor": sale.proceeds_minor},
    )
    return sale


def _rate(session: Session, award: Award, seller: Organisation, terms: Terms) -> Rate | None:
    """Return the rate of a price in another currency: that of the award, or that of the seller's terms by now."""
    if award.currency == seller.currency:
        return None
    found = terms.rates.get(award.currency)
    if found is None:
        own = session.get(SaleTerms, seller.id)
        found = read_terms(own.terms).rates.get(award.currency) if own else None
    if found is None:
        raise RateMissing(currency=award.currency, books=seller.currency)
    return found


def write_contract(
    session: Session, *, sale: Sale, seller: Organisation, award: Award, now: datetime
) -> SaleContract:
    """Freeze what the contract of a sale says, and its hash."""
    content = plain(_content(session, sale, seller, award, now))
    row = SaleContract(sale_id=sale.id, content=content, content_hash=content_hash(content), made_at=now)
    session.add(row)
    session.flush()
    return row


def _content(
    session: Session, sale: Sale, seller: Organisation, award: Award, now: datetime
) -> Mapping[str, Any]:
    buyer = session.get_one(Organisation, sale.buyer_id)
    officers = session.scalars(
        select(User.display_name)
        .join(AwardAnswer, AwardAnswer.user_id == User.id)
        .where(AwardAnswer.award_id == award.id, AwardAnswer.answer == "confirm")
        .order_by(AwardAnswer.answered_at)
    ).all()
    return {
        "number": sale.number,
        "agreed_on": local_date(now, seller.timezone),
        "method": sale.method,
        "seller": _house(seller),
        "buyer": _house(buyer),
        "officers": officers,
        "commodity": sale.commodity,
        "quantity": sale.quantity,
        "unit": sale.unit,
        "currency": sale.currency,
        "proceeds_minor": sale.proceeds_minor,
        "book_currency": sale.book_currency,
        "book_minor": sale.book_minor,
        "rate_millionths": sale.rate_millionths,
        "rate_on": sale.rate_on,
        "rate_source": sale.rate_source,
        "classes": _classes(session, sale.id),
        "lots": session.scalars(
            select(Lot.number)
            .join(SaleLine, SaleLine.lot_id == Lot.id)
            .where(SaleLine.sale_id == sale.id)
            .order_by(Lot.number)
        ).all(),
        "terms": sale.terms,
    }


def _classes(session: Session, sale_id: UUID) -> Sequence[Mapping[str, Any]]:
    """Return the sold goods by class and price, the dearest first."""
    keys = (Lot.grade_scheme, Lot.grade_edition, Lot.grade_key, Lot.claim, SaleLine.price_minor_per_unit)
    rows = session.execute(
        select(
            *keys,
            func.count().label("lots"),
            func.sum(SaleLine.quantity).label("quantity"),
            func.sum(SaleLine.amount_minor).label("amount"),
        )
        .join(Lot, Lot.id == SaleLine.lot_id)
        .where(SaleLine.sale_id == sale_id)
        .group_by(*keys)
        .order_by(SaleLine.price_minor_per_unit.desc(), Lot.grade_key, Lot.claim)
    )
    return [
        {
            "scheme": row.grade_scheme,
            "edition": row.grade_edition,
            "key": row.grade_key,
            "claim": row.claim,
            "price": row.price_minor_per_unit,
            "lots": row.lots,
            "quantity": int(row.quantity),
            "amount": int(row.amount),
        }
        for row in rows
    ]


def _house(organisation: Organisation) -> Mapping[str, Any]:
    return {
        "name": organisation.name,
        "code": organisation.code,
        "tax_id": organisation.tax_id,
        "place": organisation.place,
    }
