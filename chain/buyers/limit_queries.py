"""Reads of vetting, limits and deposits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor, OrganisationKind, Permission
from chain.buyers.limit_rules import Room, Tier, room, standing
from chain.buyers.models import (
    BuyerCredit,
    BuyerDeposit,
    BuyerVetting,
    DepositReturn,
    LimitHold,
    SellerLimitRule,
    TradingLimit,
)
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, order_by, paginate, paginate_rows

NAME_SORT = {"name": Organisation.name, "code": Organisation.code}
DECISION_SORT = {"decided_at": BuyerVetting.decided_at, "valid_until": BuyerVetting.valid_until}
DEPOSIT_SORT = {
    "recorded_at": BuyerDeposit.recorded_at,
    "happened_on": BuyerDeposit.happened_on,
    "amount": BuyerDeposit.amount_minor,
}
RETURN_SORT = {
    "asked_at": DepositReturn.asked_at,
    "due_at": DepositReturn.due_at,
    "amount": DepositReturn.amount_minor,
}
#: Movements of one buyer that a page shows.
MAX_SHOWN = 100


@dataclass(frozen=True, slots=True)
class VettingRow:
    """A buying organisation and how it stands."""

    buyer: Organisation
    #: the decision that holds; None: pending
    decision: BuyerVetting | None
    #: a status or "expired"
    standing: str


@dataclass(frozen=True, slots=True)
class LimitRow:
    """A buyer, or a seller in a buyer's own list, with the room that it has."""

    organisation: Organisation
    standing: str
    room: Room


def last_decision(session: Session, buyer_id: UUID) -> BuyerVetting | None:
    """Return the decision about a buyer that holds, None while there is none."""
    return session.scalars(
        select(BuyerVetting)
        .where(BuyerVetting.buyer_id == buyer_id)
        .order_by(BuyerVetting.decided_at.desc(), BuyerVetting.id.desc())
        .limit(1)
    ).first()


def is_limit_required(session: Session, *, seller_id: UUID, buyer_id: UUID) -> bool:
    """Tell whether a limit binds: the seller asks everybody for one, or the buyer trades up to its deposit."""
    if asks_everybody(session, seller_id):
        return True
    decision = last_decision(session, buyer_id)
    return decision is not None and decision.tier == Tier.DEPOSIT


def asks_everybody(session: Session, seller_id: UUID) -> bool:
    """Tell whether a seller asks every buyer for a limit."""
    rule = session.get(SellerLimitRule, seller_id)
    return rule is not None and rule.limit_required


def _last(buyer_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    """Join the decision that holds: the last one."""
    newer = aliased(BuyerVetting)
    last = (
        select(newer.id)
        .where(newer.buyer_id == buyer_id)
        .order_by(newer.decided_at.desc(), newer.id.desc())
        .limit(1)
        .correlate(Organisation)
        .scalar_subquery()
    )
    return BuyerVetting.id == last


def list_vetting(session: Session, actor: Actor, request: PageRequest, *, today: date) -> Page[VettingRow]:
    """Return every buying organisation with the decision that holds, by name, for the operator of the platform."""
    actor.require(Permission.BUYERS_VET)
    statement = (
        select(Organisation, BuyerVetting)
        .select_from(Organisation)
        .outerjoin(BuyerVetting, _last(Organisation.id.expression))
        .where(Organisation.kind == OrganisationKind.BUYER.value)
        .order_by(Organisation.name, Organisation.id)
    )
    statement = order_by(statement, request.sort, NAME_SORT, Organisation.id.expression)
    page = paginate_rows(session, statement, request)
    rows = [VettingRow(buyer, decision, standing(decision, today)) for buyer, decision in page.items]
    return Page(rows, page.page, page.page_size, page.total)


def get_buyer_to_vet(session: Session, actor: Actor, buyer_id: UUID) -> Organisation:
    """Return a buying organisation, for the operator.

    Raises:
        NotFound: there is none.
    """
    actor.require(Permission.BUYERS_VET)
    return _buyer(session, buyer_id)


def list_decisions(session: Session, buyer_id: UUID) -> Sequence[BuyerVetting]:
    """Return the decisions about a buyer, the newest first."""
    return session.scalars(
        select(BuyerVetting)
        .where(BuyerVetting.buyer_id == buyer_id)
        .order_by(BuyerVetting.decided_at.desc(), BuyerVetting.id.desc())
        .limit(MAX_SHOWN)
    ).all()


def page_decisions(session: Session, buyer_id: UUID, request: PageRequest) -> Page[BuyerVetting]:
    """Return a page of the decisions about a buyer, the newest first; the caller has checked that the reader may."""
    statement = (
        select(BuyerVetting)
        .where(BuyerVetting.buyer_id == buyer_id)
        .order_by(BuyerVetting.decided_at.desc(), BuyerVetting.id.desc())
    )
    statement = order_by(statement, request.sort, DECISION_SORT, BuyerVetting.id.expression)
    return paginate(session, statement, request)


def list_limits(session: Session, actor: Actor, request: PageRequest, *, today: date) -> Page[LimitRow]:
    """Return the buyers that were vetted, or have a limit with the actor's organisation, with their room there."""
    actor.require(Permission.CREDITS_WRITE)
    seller = session.get_one(Organisation, actor.org)
    asks = asks_everybody(session, seller.id)
    statement = (
        select(Organisation, BuyerVetting, TradingLimit)
        .select_from(Organisation)
        .outerjoin(BuyerVetting, _last(Organisation.id.expression))
        .outerjoin(
            TradingLimit,
            and_(
                TradingLimit.buyer_id == Organisation.id,
                TradingLimit.organisation_id == seller.id,
                TradingLimit.currency == seller.currency,
            ),
        )
        .where(
            Organisation.kind == OrganisationKind.BUYER.value,
            or_(BuyerVetting.id.is_not(None), TradingLimit.buyer_id.is_not(None)),
        )
        .order_by(Organisation.name, Organisation.id)
    )
    statement = order_by(statement, request.sort, NAME_SORT, Organisation.id.expression)
    page = paginate_rows(session, statement, request)
    rows = []
    for buyer, decision, limit in page.items:
        binds = asks or (decision is not None and decision.tier == Tier.DEPOSIT)
        found = room(limit, currency=seller.currency, is_required=binds, today=today)
        rows.append(LimitRow(buyer, standing(decision, today), found))
    return Page(rows, page.page, page.page_size, page.total)


def get_limit_buyer(session: Session, actor: Actor, buyer_id: UUID) -> Organisation:
    """Return a buying organisation to whom the actor's organisation may give credit.

    Raises:
        NotFound: there is none.
    """
    actor.require(Permission.CREDITS_WRITE)
    return _buyer(session, buyer_id)


def list_own_limits(session: Session, actor: Actor, request: PageRequest, *, today: date) -> Page[LimitRow]:
    """Return the sellers with which the actor's buying organisation has a limit, with its room there."""
    actor.require(Permission.BIDS_PLACE)
    decision = last_decision(session, actor.org)
    stands = standing(decision, today)
    statement = (
        select(Organisation, TradingLimit, SellerLimitRule)
        .select_from(Organisation)
        .join(TradingLimit, TradingLimit.organisation_id == Organisation.id)
        .outerjoin(SellerLimitRule, SellerLimitRule.organisation_id == Organisation.id)
        .where(TradingLimit.buyer_id == actor.org)
        .order_by(Organisation.name, Organisation.id, TradingLimit.currency)
    )
    statement = order_by(statement, request.sort, NAME_SORT, Organisation.id.expression)
    page = paginate_rows(session, statement, request)
    is_small = decision is not None and decision.tier == Tier.DEPOSIT
    rows = []
    for seller, limit, rule in page.items:
        binds = is_small or (rule is not None and rule.limit_required)
        rows.append(
            LimitRow(seller, stands, room(limit, currency=limit.currency, is_required=binds, today=today))
        )
    return Page(rows, page.page, page.page_size, page.total)


@dataclass(frozen=True, slots=True)
class LimitBook:
    """What stands behind a limit: movements, credits, commitments, returns; the newest first."""

    deposits: Sequence[BuyerDeposit]
    credits: Sequence[BuyerCredit]
    holds: Sequence[LimitHold]
    returns: Sequence[DepositReturn]


def limit_book(session: Session, *, seller_id: UUID, buyer_id: UUID) -> LimitBook:
    """Return what stands behind a buyer's limit with a seller; the caller has checked that the reader is one of the two."""
    deposits = select(BuyerDeposit).where(
        BuyerDeposit.organisation_id == seller_id, BuyerDeposit.buyer_id == buyer_id
    )
    credits_ = select(BuyerCredit).where(
        BuyerCredit.organisation_id == seller_id, BuyerCredit.buyer_id == buyer_id
    )
    holds = select(LimitHold).where(
        LimitHold.organisation_id == seller_id,
        LimitHold.buyer_id == buyer_id,
        LimitHold.released_at.is_(None),
    )
    returns = select(DepositReturn).where(
        DepositReturn.organisation_id == seller_id, DepositReturn.buyer_id == buyer_id
    )
    return LimitBook(
        session.scalars(deposits.order_by(BuyerDeposit.recorded_at.desc()).limit(MAX_SHOWN)).all(),
        session.scalars(credits_.order_by(BuyerCredit.granted_at.desc()).limit(MAX_SHOWN)).all(),
        session.scalars(holds.order_by(LimitHold.held_at.desc()).limit(MAX_SHOWN)).all(),
        session.scalars(returns.order_by(DepositReturn.asked_at.desc()).limit(MAX_SHOWN)).all(),
    )


def list_deposits(
    session: Session, actor: Actor, request: PageRequest, *, buyer_id: UUID
) -> Page[BuyerDeposit]:
    """Return the movements of a buyer's deposit with the actor's organisation, the newest first."""
    actor.require(Permission.CREDITS_WRITE)
    statement = (
        select(BuyerDeposit)
        .where(BuyerDeposit.organisation_id == actor.org, BuyerDeposit.buyer_id == buyer_id)
        .order_by(BuyerDeposit.recorded_at.desc(), BuyerDeposit.id.desc())
    )
    statement = order_by(statement, request.sort, DEPOSIT_SORT, BuyerDeposit.id.expression)
    return paginate(session, statement, request)


def list_returns(session: Session, actor: Actor, request: PageRequest) -> Page[DepositReturn]:
    """Return the deposits that buyers asked back from the actor's organisation, the newest first."""
    actor.require(Permission.CREDITS_WRITE)
    statement = (
        select(DepositReturn)
        .where(DepositReturn.organisation_id == actor.org)
        .order_by(DepositReturn.asked_at.desc(), DepositReturn.id.desc())
    )
    statement = order_by(statement, request.sort, RETURN_SORT, DepositReturn.id.expression)
    return paginate(session, statement, request)


def _buyer(session: Session, buyer_id: UUID) -> Organisation:
    found = session.get(Organisation, buyer_id)
    if found is None or found.kind != OrganisationKind.BUYER:
        raise NotFound
    return found
