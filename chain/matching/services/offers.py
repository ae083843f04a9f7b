"""Offering own lots to matching and taking them back. An offer reserves nothing: the lots stay graded and free."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.core.ids import new_id
from chain.lots.models import Lot
from chain.lots.queries import lock_lots
from chain.lots.rules import LotState
from chain.lots.stock import check_available
from chain.matching.errors import LotInProposal, LotNotConfirmed, NoLotsChosen, TooManyLotsToOffer
from chain.matching.models import MatchOffer
from chain.matching.proposing import MAX_LOTS, MAX_OFFER, MAX_PRICE_MINOR, OfferState
from chain.matching.queries.offers import open_offers_of, proposals_holding
from chain.matching.services.tags import MatchAudit


@dataclass(frozen=True, slots=True)
class OfferTerms:
    """On what terms lots are offered. The reserve is what must be left for a kilogram or litre after freight."""

    reserve_minor_per_unit: int
    is_divisible: bool
    #: the last day, included
    valid_to: date


@dataclass(frozen=True, slots=True)
class Offered:
    """What became of the lots of one step."""

    new: int
    changed: int
    unchanged: int


def offer_lots(
    session: Session, *, actor: Actor, now: datetime, lot_ids: Collection[UUID], terms: OfferTerms
) -> Offered:
    """Offer own lots with a confirmed class to matching, in the organisation's currency.

    Lots that are offered on other terms change them; the same terms again change nothing, so that a second click is harmless.

    Raises:
        Forbidden: the actor may not offer lots.
        NoLotsChosen, TooManyLotsToOffer: how many there are.
        ValidationFailed: reserve or last day are out of bounds.
        NotFound: a lot does not exist here.
        LotNotConfirmed: a lot has no confirmed class.
        LotOffered, LotHeld, LotSold …: a lot is not free.
        LotInProposal: a lot whose terms would change waits in a proposal.
    """
    actor.require(Permission.TENDERS_WRITE)
    house = get_own_organisation(session, actor)
    _check_terms(terms, local_date(now, house.timezone))
    lots = lock_lots(session, actor.org, _chosen(lot_ids))
    for lot in lots:
        check_available(lot)
        if lot.state != LotState.GRADED or not lot.grade_confirmed:
            raise LotNotConfirmed(number=lot.number)
    open_offers = open_offers_of(session, [lot.id for lot in lots])
    kept = {lot_id for lot_id, offer in open_offers.items() if _terms_of(offer) == terms}
    changed = {lot_id: offer for lot_id, offer in open_offers.items() if lot_id not in kept}
    _refuse_in_proposal(session, [lot for lot in lots if lot.id in changed])
    _close(session, now, [offer.id for offer in changed.values()], OfferState.WITHDRAWN)
    rows = [
        {
            "id": new_id(),
            "organisation_id": actor.org,
            "lot_id": lot.id,
            "reserve_minor_per_unit": terms.reserve_minor_per_unit,
            "currency": house.currency,
            "is_divisible": terms.is_divisible,
            "valid_to": terms.valid_to,
            "state": OfferState.OPEN.value,
            "created_at": now,
            "created_by": actor.user_id,
        }
        for lot in lots
        if lot.id not in kept
    ]
    if rows:
        session.execute(insert(MatchOffer), rows)
        _note(session, MatchAudit.LOTS_OFFERED, actor, now, [lot for lot in lots if lot.id not in kept])
    return Offered(len(rows) - len(changed), len(changed), len(kept))


def withdraw_lots(session: Session, *, actor: Actor, now: datetime, lot_ids: Collection[UUID]) -> int:
    """Take own lots back from matching; return how many were offered. Those that are not stay as they are.

    Raises:
        Forbidden: the actor may not offer lots.
        NoLotsChosen, TooManyLotsToOffer: how many there are.
        NotFound: a lot does not exist here.
        LotInProposal: a lot waits in a proposal, which must be refused first.
    """
    actor.require(Permission.TENDERS_WRITE)
    lots = lock_lots(session, actor.org, _chosen(lot_ids))
    offers = open_offers_of(session, [lot.id for lot in lots])
    offered = [lot for lot in lots if lot.id in offers]
    _refuse_in_proposal(session, offered)
    _close(session, now, [offer.id for offer in offers.values()], OfferState.WITHDRAWN)
    if offered:
        _note(session, MatchAudit.LOTS_WITHDRAWN, actor, now, offered)
    return len(offered)


def _chosen(lot_ids: Collection[UUID]) -> list[UUID]:
    wanted = sorted(set(lot_ids))
    if not wanted:
        raise NoLotsChosen
    if len(wanted) > MAX_LOTS:
        raise TooManyLotsToOffer(limit=MAX_LOTS)
    return wanted


def _check_terms(terms: OfferTerms, today: date) -> None:
    errors = FieldErrors()
    if not 0 <= terms.reserve_minor_per_unit <= MAX_PRICE_MINOR:
        errors.add("reserve", N_("This price is not believable."))
    if terms.valid_to < today:
        errors.add("valid_to", N_("The last day is already over."))
    elif terms.valid_to - today > MAX_OFFER:
        errors.add("valid_to", N_("Lots are offered for at most a year. Check the year."))
    errors.raise_any()


def _terms_of(offer: MatchOffer) -> OfferTerms:
    return OfferTerms(offer.reserve_minor_per_unit, offer.is_divisible, offer.valid_to)


def _refuse_in_proposal(session: Session, lots: Sequence[Lot]) -> None:
    held = proposals_holding(session, [lot.id for lot in lots])
    for lot in lots:
        if lot.id in held:
            raise LotInProposal(number=lot.number, proposal=held[lot.id])


def _close(session: Session, now: datetime, offer_ids: Sequence[UUID], to: OfferState) -> None:
    if offer_ids:
        session.execute(
            update(MatchOffer).where(MatchOffer.id.in_(offer_ids)).values(state=to.value, closed_at=now)
        )


def _note(session: Session, tag: MatchAudit, actor: Actor, now: datetime, lots: Sequence[Lot]) -> None:
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="organisation",
        subject_id=actor.org,
        after={"lots": [lot.id for lot in lots], "quantity": sum(lot.quantity for lot in lots)},
    )
