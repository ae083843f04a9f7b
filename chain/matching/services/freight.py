"""Writing down what the way from a seller to a buyer costs."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import SELLER_KINDS, Actor, OrganisationKind, Permission
from chain.core import audit
from chain.core.errors import FieldErrors, IdempotencyConflict
from chain.core.i18n import N_
from chain.core.text import tidy_lines
from chain.matching.errors import NotATradingPair
from chain.matching.models import FreightRate
from chain.matching.proposing import MAX_PRICE_MINOR
from chain.matching.services.tags import MatchAudit
from chain.sales.rules import MAX_NOTE


def enter_freight(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - the name that every command of the product uses
    partner_id: UUID,
    minor_per_unit: int,
    valid_from: date,
    note: str | None = None,
) -> tuple[FreightRate, bool]:
    """Write down what a kilogram or litre costs on the way to a partner, in the seller's currency; tell whether it is new.

    A seller names a buyer, a buyer names a seller. Nothing is changed: a later note takes the place of an earlier one.

    Raises:
        Forbidden: the actor may not.
        NotATradingPair: the two are not a seller and a buyer.
        ValidationFailed: the price is not believable, the note too long.
        IdempotencyConflict: the id came before with other content.
    """
    is_buyer = actor.organisation_kind is OrganisationKind.BUYER
    actor.require(Permission.DEMANDS_WRITE if is_buyer else Permission.TENDERS_WRITE)
    own, partner = get_own_organisation(session, actor), session.get(Organisation, partner_id)
    seller, buyer = (partner, own) if is_buyer else (own, partner)
    if seller is None or buyer is None or not _is_pair(seller, buyer):
        raise NotATradingPair
    errors = FieldErrors()
    if not 0 <= minor_per_unit <= MAX_PRICE_MINOR:
        errors.add("minor_per_unit", N_("This price is not believable."))
    text = tidy_lines(note) or None
    if len(text or "") > MAX_NOTE:
        errors.add("note", N_("Write at most %(high)s letters."), high=MAX_NOTE)
    errors.raise_any()
    content = {
        "organisation_id": actor.org,
        "seller_id": seller.id,
        "buyer_id": buyer.id,
        "minor_per_unit": minor_per_unit,
        "currency": seller.currency,
        "valid_from": valid_from,
        "note": text,
    }
    known = session.get(FreightRate, id)
    if known is not None:
        if all(getattr(known, name) == value for name, value in content.items()):
            return known, False
        raise IdempotencyConflict
    rate = FreightRate(id=id, entered_at=now, entered_by=actor.user_id, **content)
    session.add(rate)
    session.flush()
    audit.record(
        session,
        tag=MatchAudit.FREIGHT_ENTERED,
        actor=actor,
        now=now,
        subject_type="freight_rate",
        subject_id=rate.id,
        after=content,
    )
    return rate, True


def _is_pair(seller: Organisation, buyer: Organisation) -> bool:
    return seller.kind in SELLER_KINDS and buyer.kind == OrganisationKind.BUYER
