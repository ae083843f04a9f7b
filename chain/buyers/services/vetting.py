"""The platform's decisions about buyers, and a seller's rule about limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import SELLER_KINDS, Actor, OrganisationKind, Permission
from chain.buyers.errors import NotASeller
from chain.buyers.limit_rules import Tier, VettingStatus
from chain.buyers.models import BuyerVetting, SellerLimitRule
from chain.buyers.services.audit_tags import BuyersAudit
from chain.core import audit
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.i18n import N_
from chain.core.text import tidy, tidy_lines

MAX_NOTE = 2000
MAX_DOCUMENTS = 20


@dataclass(frozen=True, slots=True)
class Decision:
    """What the operator decides about a buyer."""

    status: str
    tier: str = Tier.FULL.value
    #: papers that were seen
    documents: Sequence[str] = ()
    note: str | None = None
    #: last day, included; None: until somebody decides again
    valid_until: date | None = None


def vet_buyer(
    session: Session, *, actor: Actor, now: datetime, decision_id: UUID, buyer_id: UUID, decision: Decision
) -> BuyerVetting:
    """Keep a decision about a buying organisation, once per id; the last one holds.

    Raises:
        NotFound: no such buying organisation.
        ValidationFailed: the decision cannot be right.
        IdempotencyConflict: the id was used with other content.
    """
    actor.require(Permission.BUYERS_VET)
    buyer = session.get(Organisation, buyer_id)
    if buyer is None or buyer.kind != OrganisationKind.BUYER:
        raise NotFound
    documents = [text for one in decision.documents if (text := tidy(one))]
    content = {
        "buyer_id": buyer_id,
        "status": decision.status,
        "tier": decision.tier,
        "documents": documents,
        "note": tidy_lines(decision.note) or None,
        "valid_until": decision.valid_until,
    }
    known = session.get(BuyerVetting, decision_id)
    if known is not None:
        if all(getattr(known, name) == value for name, value in content.items()):
            return known
        raise IdempotencyConflict
    _check(decision, documents, now).raise_any()
    row = BuyerVetting(id=decision_id, decided_at=now, decided_by=actor.user_id, **content)
    session.add(row)
    session.flush()
    audit.record(
        session,
        tag=BuyersAudit.VETTING_DECIDED,
        actor=actor,
        now=now,
        subject_type="organisation",
        subject_id=buyer_id,
        after=content,
    )
    return row


def set_limit_rule(session: Session, *, actor: Actor, now: datetime, limit_required: bool) -> SellerLimitRule:
    """Say whether the actor's organisation asks every buyer for a limit; the same again changes nothing.

    Raises:
        Forbidden, NotASeller: the actor or the organisation may not.
    """
    actor.require(Permission.CREDITS_WRITE)
    seller = own_seller(session, actor)
    row = session.get(SellerLimitRule, seller.id, with_for_update=True, populate_existing=True)
    before = row is not None and row.limit_required
    if row is None:
        row = SellerLimitRule(
            organisation_id=seller.id,
            limit_required=limit_required,
            changed_at=now,
            changed_by=actor.user_id,
        )
        session.add(row)
    row.limit_required, row.changed_at, row.changed_by = limit_required, now, actor.user_id
    session.flush()
    if before != limit_required:
        audit.record(
            session,
            tag=BuyersAudit.LIMIT_RULE_SET,
            actor=actor,
            now=now,
            subject_type="organisation",
            subject_id=seller.id,
            before={"limit_required": before},
            after={"limit_required": limit_required},
        )
    return row


def own_seller(session: Session, actor: Actor) -> Organisation:
    """Return the actor's organisation.

    Raises:
        NotASeller: it does not sell.
    """
    organisation = get_own_organisation(session, actor)
    if organisation.kind not in SELLER_KINDS:
        raise NotASeller
    return organisation


def _check(decision: Decision, documents: Sequence[str], now: datetime) -> FieldErrors:
    errors = FieldErrors()
    if decision.status not in set(VettingStatus):
        errors.add("status", N_("Choose one of the options."))
    if decision.tier not in set(Tier):
        errors.add("tier", N_("Choose one of the options."))
    if len(documents) > MAX_DOCUMENTS:
        errors.add("documents", N_("At most %(limit)s rows."), limit=MAX_DOCUMENTS)
    if len(decision.note or "") > MAX_NOTE:
        errors.add("note", N_("Write at most %(high)s letters."), high=MAX_NOTE)
    if decision.status == VettingStatus.SUSPENDED and not tidy_lines(decision.note):
        errors.add("note", N_("Write why the buyer is suspended."))
    if decision.valid_until is not None and decision.valid_until < now.date():
        errors.add("valid_until", N_("The last day is already over."))
    return errors
