"""Showing own lots to buyers outside of an event, and hiding them again."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import FieldErrors, NotFound
from chain.core.i18n import N_
from chain.core.money import Money
from chain.lots.queries import lock_lots
from chain.negotiation.errors import LotNotForOffer
from chain.negotiation.models import OpenLot
from chain.negotiation.queries.free import is_free
from chain.negotiation.rules import MAX_LOTS, PRICE_HIGH, PRICE_LOW
from chain.negotiation.services.steps import NegotiationAudit


def _wanted(lot_ids: Collection[UUID]) -> list[UUID]:
    wanted = sorted(set(lot_ids))
    if not 1 <= len(wanted) <= MAX_LOTS:
        errors = FieldErrors()
        errors.add("lots", N_("Choose from 1 to %(limit)s lots, each once."), limit=MAX_LOTS)
        errors.raise_any()
    return wanted


def show_lots(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    lot_ids: Collection[UUID],
    asking_minor_per_unit: int | None = None,
) -> int:
    """Show free lots with a confirmed class to all buyers, with an asking price or without; shown again, the price changes.

    Raises:
        Forbidden: the actor may not offer lots.
        NotFound: a lot is not the organisation's.
        LotNotForOffer: a lot has no confirmed class or is not free.
        ValidationFailed: no lot, too many, or an asking price that cannot be meant.
    """
    actor.require(Permission.TENDERS_WRITE)
    wanted = _wanted(lot_ids)
    if asking_minor_per_unit is not None and not PRICE_LOW <= asking_minor_per_unit <= PRICE_HIGH:
        errors, currency = FieldErrors(), get_organisation(session, actor.org).currency
        low, high = Money(PRICE_LOW, currency), Money(PRICE_HIGH, currency)
        errors.add("asking", N_("Each price must lie from %(low)s to %(high)s."), low=low, high=high)
        errors.raise_any()
    for lot in lock_lots(session, actor.org, wanted):
        if not is_free(lot):
            raise LotNotForOffer(number=lot.number)
    session.execute(delete(OpenLot).where(OpenLot.lot_id.in_(wanted)))
    session.execute(
        insert(OpenLot),
        [
            {
                "lot_id": lot_id,
                "organisation_id": actor.org,
                "asking_minor_per_unit": asking_minor_per_unit,
                "shown_at": now,
                "shown_by": actor.user_id,
            }
            for lot_id in wanted
        ],
    )
    _note(session, NegotiationAudit.LOTS_SHOWN, actor, now, wanted)
    return len(wanted)


def hide_lots(session: Session, *, actor: Actor, now: datetime, lot_ids: Collection[UUID]) -> int:
    """Hide own lots from buyers again and return how many were shown; offers that were made for them stand.

    Raises:
        Forbidden: the actor may not offer lots.
        NotFound: a lot is not the organisation's.
        ValidationFailed: no lot, or too many.
    """
    actor.require(Permission.TENDERS_WRITE)
    wanted = _wanted(lot_ids)
    lock_lots(session, actor.org, wanted)
    shown = session.scalars(
        select(OpenLot.lot_id).where(OpenLot.lot_id.in_(wanted), OpenLot.organisation_id == actor.org)
    ).all()
    if not shown:
        return 0
    session.execute(delete(OpenLot).where(OpenLot.lot_id.in_(shown)))
    _note(session, NegotiationAudit.LOTS_HIDDEN, actor, now, shown)
    return len(shown)


def _note(
    session: Session, tag: NegotiationAudit, actor: Actor, now: datetime, lot_ids: Collection[UUID]
) -> None:
    if actor.organisation_id is None:
        raise NotFound
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="organisation",
        subject_id=actor.organisation_id,
        after={"lots": sorted(lot_ids)},
    )
