"""Reads of samples: the seller and the buyer see theirs, and nobody else's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.genealogy.models import LotShare
from chain.laboratory.models import Sample
from chain.lots.models import Lot
from chain.negotiation.models import SampleRequest
from chain.negotiation.queries.offers import may_read_offers
from chain.negotiation.rules import Side
from chain.negotiation.sample_rules import SampleState

SAMPLE_SORT: SortColumns = {
    "asked_at": SampleRequest.asked_at,
    "number": SampleRequest.number,
    "state": SampleRequest.state,
}
#: What waits for the seller, and for the buyer.
SELLER_TURN = (SampleState.ASKED.value, SampleState.AGREED.value)
BUYER_TURN = (SampleState.SENT.value, SampleState.RECEIVED.value)


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A sample in a list, with its lot and who sits across the table."""

    sample: SampleRequest
    seller_name: str
    buyer_name: str
    lot_number: str
    commodity: str
    grade_scheme: str | None
    grade_edition: str | None
    grade_key: str | None
    currency: str
    #: the laboratory's code on the bag
    code: str | None
    side: Side

    @property
    def other_name(self) -> str:
        """Who sits across the table."""
        return self.seller_name if self.side is Side.BUYER else self.buyer_name


def _rows() -> Select[Any]:
    seller, buyer = aliased(Organisation), aliased(Organisation)
    return (
        select(
            SampleRequest,
            seller.name.label("seller_name"),
            buyer.name.label("buyer_name"),
            Lot.number,
            Lot.commodity,
            Lot.grade_scheme,
            Lot.grade_edition,
            Lot.grade_key,
            seller.currency,
            Sample.code,
        )
        .join(seller, seller.id == SampleRequest.organisation_id)
        .join(buyer, buyer.id == SampleRequest.buyer_id)
        .join(Lot, Lot.id == SampleRequest.lot_id)
        .outerjoin(Sample, Sample.id == SampleRequest.sample_id)
    )


def _row(row: Any, actor: Actor) -> SampleRow:
    values: tuple[Any, ...] = (*row, sample_side(actor, row.SampleRequest))
    return SampleRow(*values)


def sample_side(actor: Actor, sample: SampleRequest) -> Side:
    """Return the actor's side of a sample that the actor may read."""
    return Side.BUYER if sample.buyer_id == actor.organisation_id else Side.SELLER


def _own(actor: Actor) -> ColumnElement[bool]:
    return or_(SampleRequest.organisation_id == actor.org, SampleRequest.buyer_id == actor.org)


def get_sample_for(session: Session, actor: Actor, sample_id: UUID) -> SampleRequest:
    """Return a sample of the actor's organisation, as seller or as buyer.

    Raises:
        NotFound: there is none, it is others' business, or the actor may not read offers.
    """
    found = session.get(SampleRequest, sample_id)
    if (
        found is None
        or not may_read_offers(actor)
        or actor.org not in {found.organisation_id, found.buyer_id}
    ):
        raise NotFound
    return found


def get_sample_row_for(session: Session, actor: Actor, sample_id: UUID) -> SampleRow:
    """Return a sample with names.

    Raises:
        NotFound: as `get_sample_for`.
    """
    sample = get_sample_for(session, actor, sample_id)
    return _row(session.execute(_rows().where(SampleRequest.id == sample.id)).one(), actor)


def list_samples(
    session: Session, actor: Actor, request: PageRequest, *, state: SampleState | None = None
) -> Page[SampleRow]:
    """Return the samples of the actor's organisation, the latest wish on top.

    Raises:
        NotFound: the actor may not read offers.
    """
    if not may_read_offers(actor):
        raise NotFound
    statement = _rows().where(_own(actor)).order_by(SampleRequest.asked_at.desc(), SampleRequest.id)
    if state is not None:
        statement = statement.where(SampleRequest.state == state.value)
    statement = order_by(statement, request.sort, SAMPLE_SORT, SampleRequest.id.expression)
    page = paginate_rows(session, statement, request)
    return Page([_row(row, actor) for row in page.items], page.page, page.page_size, page.total)


def count_samples_to_answer(session: Session, actor: Actor) -> int:
    """Return how many samples wait for the actor's organisation: to be answered and sent, or to be received and judged."""
    statement = (
        select(func.count())
        .select_from(SampleRequest)
        .where(
            or_(
                (SampleRequest.organisation_id == actor.org) & SampleRequest.state.in_(SELLER_TURN),
                (SampleRequest.buyer_id == actor.org) & SampleRequest.state.in_(BUYER_TURN),
            )
        )
    )
    return session.scalar(statement) or 0


def judgements_of_lot(session: Session, actor: Actor, lot_id: UUID) -> Sequence[SampleRow]:
    """Return what buyers found in samples of an own lot, the latest first."""
    rows = session.execute(
        _rows()
        .where(
            SampleRequest.lot_id == lot_id,
            SampleRequest.organisation_id == actor.org,
            SampleRequest.state == SampleState.JUDGED.value,
        )
        .order_by(SampleRequest.judged_at.desc(), SampleRequest.id)
        .limit(50)
    )
    return [_row(row, actor) for row in rows]


def deliveries_behind(session: Session, lot: Lot) -> Sequence[Lot]:
    """Return the deliveries that a lot consists of: itself, or those that it was made of."""
    if lot.producer_id is not None:
        return [lot]
    return session.scalars(
        select(Lot)
        .join(LotShare, LotShare.primary_id == Lot.id)
        .where(LotShare.lot_id == lot.id)
        .order_by(Lot.id)
    ).all()
