"""Reads of rules, group charges and caps."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate
from chain.dues.models import DeductionRule, GroupCharge, RecoveryCap

RULE_SORT: SortColumns = {"valid_from": DeductionRule.valid_from, "name": DeductionRule.name}
CHARGE_SORT: SortColumns = {"charged_on": GroupCharge.charged_on}
#: Decisions about the cap that a page shows.
CAPS_SHOWN = 20


def list_rules(session: Session, actor: Actor, request: PageRequest) -> Page[DeductionRule]:
    """Return the rules of the actor's organisation, the latest first day first."""
    statement = (
        select(DeductionRule)
        .where(DeductionRule.organisation_id == actor.org)
        .order_by(DeductionRule.valid_from.desc(), DeductionRule.id)
    )
    tie = DeductionRule.id.expression
    return paginate(session, order_by(statement, request.sort, RULE_SORT, tie), request)


def get_rule_for(session: Session, actor: Actor, rule_id: UUID) -> DeductionRule:
    """Return a rule of the actor's organisation.

    Raises:
        NotFound: there is none, or it is another organisation's.
    """
    found = session.get(DeductionRule, rule_id)
    if found is None or found.organisation_id != actor.organisation_id:
        raise NotFound
    return found


def list_charges(session: Session, actor: Actor, request: PageRequest) -> Page[GroupCharge]:
    """Return the group charges of the actor's organisation, the latest day first."""
    statement = (
        select(GroupCharge)
        .where(GroupCharge.organisation_id == actor.org)
        .order_by(GroupCharge.charged_on.desc(), GroupCharge.id)
    )
    tie = GroupCharge.id.expression
    return paginate(session, order_by(statement, request.sort, CHARGE_SORT, tie), request)


def list_caps(session: Session, actor: Actor) -> Sequence[RecoveryCap]:
    """Return the latest decisions about what a household keeps."""
    return session.scalars(
        select(RecoveryCap)
        .where(RecoveryCap.organisation_id == actor.org)
        .order_by(RecoveryCap.valid_from.desc(), RecoveryCap.created_at.desc(), RecoveryCap.id.desc())
        .limit(CAPS_SHOWN)
    ).all()
