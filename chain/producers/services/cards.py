"""Member cards: made when the first one is printed, printed again as often as needed, replaced when one is lost."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core import audit
from chain.core.errors import NotFound
from chain.producers.card_rules import CardCode, new_token
from chain.producers.errors import NotAMember
from chain.producers.models import Membership
from chain.producers.services.desk import Desk, ProducersAudit, open_desk

#: Cards of one print.
MAX_CARDS = 200


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """The valid card of a member."""

    producer_id: UUID
    code: CardCode
    #: False: it was valid before, so what is printed is a copy of the same card
    is_new: bool


def issue_cards(
    session: Session, *, actor: Actor, now: datetime, producer_ids: Collection[UUID]
) -> list[IssuedCard]:
    """Return the valid cards of present members, in the order asked; whoever has none gets one.

    Raises:
        NotFound: somebody is not in the organisation's roll.
        NotAMember: somebody left.
    """
    desk = open_desk(session, actor, now)
    members = _members(desk, producer_ids)
    return [_card(desk, members[one], is_new=members[one].card_token is None) for one in producer_ids]


def replace_card(session: Session, *, actor: Actor, now: datetime, producer_id: UUID) -> IssuedCard:
    """Make the old card of a member void, because it was lost, and return a new one.

    Raises:
        NotFound: not of the organisation's roll.
        NotAMember: the person left.
    """
    desk = open_desk(session, actor, now)
    return _card(desk, _members(desk, [producer_id])[producer_id], is_new=True)


def _members(desk: Desk, producer_ids: Collection[UUID]) -> dict[UUID, Membership]:
    """Lock and return the memberships, so that two clerks do not make two cards of one."""
    rows = desk.session.scalars(
        select(Membership)
        .where(Membership.organisation_id == desk.organisation.id, Membership.producer_id.in_(producer_ids))
        .order_by(Membership.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = {one.producer_id: one for one in rows}
    if any(one not in found for one in producer_ids):
        raise NotFound
    if any(one.left_on is not None for one in found.values()):
        raise NotAMember
    return found


def _card(desk: Desk, membership: Membership, *, is_new: bool) -> IssuedCard:
    if is_new:
        is_replaced = membership.card_token is not None
        membership.card_token = new_token()
        desk.session.flush()
        audit.record(
            desk.session,
            tag=ProducersAudit.CARD_REPLACED if is_replaced else ProducersAudit.CARD_ISSUED,
            actor=desk.actor,
            now=desk.now,
            subject_type="membership",
            subject_id=membership.id,
            after={"producer_id": membership.producer_id, "member_code": membership.member_code},
        )
    assert membership.card_token is not None  # noqa: S101 - made above where there was none
    return IssuedCard(membership.producer_id, CardCode(membership.member_code, membership.card_token), is_new)
