"""Reads of how producers want their money."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, order_by, paginate_rows
from chain.lots.queries import CHUNK
from chain.payout.models import PaymentDetail
from chain.producers.models import Membership, Producer


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a payment goes, as it is frozen in the batch."""

    detail_id: UUID
    provider: str
    account: str
    holder: str

    def plain(self) -> dict[str, Any]:
        """Return it as the batch keeps it."""
        return {**asdict(self), "detail_id": str(self.detail_id)}


@dataclass(frozen=True, slots=True)
class DetailRow:
    """Payment details in a list, with the producer's name."""

    id: UUID
    producer_id: UUID
    full_name: str
    member_code: str
    rail: str
    provider: str
    account: str
    holder: str
    note: str | None
    created_at: datetime
    created_by: UUID | None
    confirmed_at: datetime | None


def destinations(
    session: Session, organisation_id: UUID, producer_ids: Collection[UUID], rail: str
) -> dict[UUID, Destination]:
    """Return the confirmed details of a rail that stand, by producer; the latest confirmed one counts."""
    found: dict[UUID, Destination] = {}
    wanted = sorted(producer_ids)
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(
            select(
                PaymentDetail.id,
                PaymentDetail.producer_id,
                PaymentDetail.provider,
                PaymentDetail.account,
                PaymentDetail.holder,
            )
            .where(
                PaymentDetail.organisation_id == organisation_id,
                PaymentDetail.producer_id.in_(wanted[start : start + CHUNK]),
                PaymentDetail.rail == rail,
                PaymentDetail.confirmed_at.is_not(None),
                PaymentDetail.ended_at.is_(None),
            )
            .order_by(PaymentDetail.confirmed_at, PaymentDetail.id)
        )
        for row in rows:
            found[row.producer_id] = Destination(row.id, row.provider, row.account, row.holder)
    return found


def list_details(
    session: Session, actor: Actor, request: PageRequest, *, waiting: bool = False
) -> Page[DetailRow]:
    """Return the details that stand, by the roll; `waiting`: only those to be confirmed.

    Raises:
        NotFound: the actor prepares no payments.
    """
    if not actor.may(Permission.PAYOUTS_WRITE):
        raise NotFound
    statement = (
        select(
            PaymentDetail.id,
            PaymentDetail.producer_id,
            Producer.full_name,
            Membership.member_code,
            PaymentDetail.rail,
            PaymentDetail.provider,
            PaymentDetail.account,
            PaymentDetail.holder,
            PaymentDetail.note,
            PaymentDetail.created_at,
            PaymentDetail.created_by,
            PaymentDetail.confirmed_at,
        )
        .join(Producer, Producer.id == PaymentDetail.producer_id)
        .join(
            Membership,
            (Membership.producer_id == Producer.id)
            & (Membership.organisation_id == PaymentDetail.organisation_id),
        )
        .where(PaymentDetail.organisation_id == actor.org, PaymentDetail.ended_at.is_(None))
        .order_by(Membership.member_code, PaymentDetail.id)
    )
    if waiting:
        statement = statement.where(PaymentDetail.confirmed_at.is_(None))
    sorts = {"member_code": Membership.member_code, "created_at": PaymentDetail.created_at}
    page = paginate_rows(session, order_by(statement, request.sort, sorts, PaymentDetail.id), request)
    return Page([DetailRow(*row) for row in page.items], page.page, page.page_size, page.total)


def details_of(session: Session, actor: Actor, producer_id: UUID) -> Sequence[PaymentDetail]:
    """Return every detail of one producer that the organisation wrote down, the newest first."""
    return session.scalars(
        select(PaymentDetail)
        .where(PaymentDetail.organisation_id == actor.org, PaymentDetail.producer_id == producer_id)
        .order_by(PaymentDetail.created_at.desc(), PaymentDetail.id.desc())
    ).all()
