"""Reads of refunds."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate
from chain.payin.models import BuyerRefund
from chain.payin.rules import RefundState

REFUND_SORT: SortColumns = {
    "number": BuyerRefund.number,
    "asked_at": BuyerRefund.asked_at,
    "amount": BuyerRefund.amount_minor,
}


def list_refunds(
    session: Session, actor: Actor, request: PageRequest, *, state: RefundState | None = None
) -> Page[BuyerRefund]:
    """Return the refunds of the actor's organisation, the latest first."""
    actor.require(Permission.INVOICES_READ)
    statement = select(BuyerRefund).where(BuyerRefund.organisation_id == actor.org)
    if state is not None:
        statement = statement.where(BuyerRefund.state == state.value)
    statement = statement.order_by(BuyerRefund.asked_at.desc(), BuyerRefund.id)
    return paginate(
        session, order_by(statement, request.sort, REFUND_SORT, BuyerRefund.id.expression), request
    )


def get_refund_for(session: Session, actor: Actor, refund_id: UUID) -> BuyerRefund:
    """Return a refund of the actor's organisation.

    Raises:
        NotFound: there is none, or the actor may not see it.
    """
    found = session.get(BuyerRefund, refund_id, populate_existing=True)
    if (
        found is None
        or found.organisation_id != actor.organisation_id
        or not actor.may(Permission.INVOICES_READ)
    ):
        raise NotFound
    return found
