"""Reads of offers: a party sees its own, and nobody else's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.models import Organisation, User
from chain.accounts.rules import Actor, OrganisationKind, Permission
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.lots.models import Lot
from chain.negotiation.models import Offer, OfferLine, OfferStep
from chain.negotiation.rules import LIVE, Line, OfferState, Side, StepKind, Terms
from chain.sales.models import Sale

OFFER_SORT: SortColumns = {
    "changed_at": Offer.changed_at,
    "expires_at": Offer.expires_at,
    "number": Offer.number,
    "amount": Offer.amount_minor,
    "quantity": Offer.quantity,
}


def may_read_offers(actor: Actor) -> bool:
    """Tell whether the actor reads the offers of the own organisation."""
    return actor.organisation_id is not None and (
        actor.may(Permission.TENDERS_READ) or actor.may(Permission.BIDS_PLACE)
    )


def may_write_offers(actor: Actor) -> bool:
    """Tell whether the actor may offer and answer for the own organisation."""
    return actor.may(writing_permission(side_of_kind(actor)))


def writing_permission(side: Side) -> Permission:
    """Return what a side's person needs to offer and to answer."""
    return Permission.BIDS_PLACE if side is Side.BUYER else Permission.TENDERS_WRITE


def side_of_kind(actor: Actor) -> Side:
    """Return on which side of the table the actor's organisation sits."""
    return Side.BUYER if actor.organisation_kind is OrganisationKind.BUYER else Side.SELLER


def own_offers(actor: Actor) -> ColumnElement[bool]:
    """Return the condition that an offer is the actor's organisation's business."""
    return or_(Offer.organisation_id == actor.org, Offer.buyer_id == actor.org)


def get_offer_for(session: Session, actor: Actor, offer_id: UUID) -> Offer:
    """Return an offer of the actor's organisation, as seller or as buyer.

    Raises:
        NotFound: there is none, it is others' business, or the actor may not read offers.
    """
    found = session.get(Offer, offer_id)
    if (
        found is None
        or not may_read_offers(actor)
        or actor.org not in {found.organisation_id, found.buyer_id}
    ):
        raise NotFound
    return found


def side_of(actor: Actor, offer: Offer) -> Side:
    """Return the actor's side of an offer that the actor may read."""
    return Side.BUYER if offer.buyer_id == actor.organisation_id else Side.SELLER


@dataclass(frozen=True, slots=True)
class OfferRow:
    """An offer in a list, with who sits across the table."""

    offer: Offer
    seller_name: str
    buyer_name: str
    side: Side
    sale_id: UUID | None

    @property
    def is_mine_to_answer(self) -> bool:
        """Whether the reader's side must answer."""
        return self.offer.turn == self.side

    @property
    def other_name(self) -> str:
        """Who sits across the table."""
        return self.seller_name if self.side is Side.BUYER else self.buyer_name


def _rows() -> Select[Any]:
    seller, buyer = aliased(Organisation), aliased(Organisation)
    return (
        select(
            Offer, seller.name.label("seller_name"), buyer.name.label("buyer_name"), Sale.id.label("sale_id")
        )
        .join(seller, seller.id == Offer.organisation_id)
        .join(buyer, buyer.id == Offer.buyer_id)
        .outerjoin(Sale, Sale.award_id == Offer.award_id)
    )


def _row(row: Any, actor: Actor) -> OfferRow:
    return OfferRow(row.Offer, row.seller_name, row.buyer_name, side_of(actor, row.Offer), row.sale_id)


def get_offer_row_for(session: Session, actor: Actor, offer_id: UUID) -> OfferRow:
    """Return an offer with the names of both sides.

    Raises:
        NotFound: as `get_offer_for`.
    """
    offer = get_offer_for(session, actor, offer_id)
    return _row(session.execute(_rows().where(Offer.id == offer.id)).one(), actor)


def list_offers(
    session: Session,
    actor: Actor,
    request: PageRequest,
    *,
    state: OfferState | None = None,
    mine_to_answer: bool = False,
) -> Page[OfferRow]:
    """Return the offers of the actor's organisation, the one that changed last on top.

    Raises:
        NotFound: the actor may not read offers.
    """
    if not may_read_offers(actor):
        raise NotFound
    statement = _rows().where(own_offers(actor)).order_by(Offer.changed_at.desc(), Offer.id)
    if state is not None:
        statement = statement.where(Offer.state == state.value)
    if mine_to_answer:
        statement = statement.where(_mine_to_answer(actor))
    statement = order_by(statement, request.sort, OFFER_SORT, Offer.id.expression)
    page = paginate_rows(session, statement, request)
    return Page([_row(row, actor) for row in page.items], page.page, page.page_size, page.total)


def _mine_to_answer(actor: Actor) -> ColumnElement[bool]:
    return and_(
        Offer.state.in_([state.value for state in LIVE]),
        or_(
            and_(Offer.organisation_id == actor.org, Offer.turn == Side.SELLER.value),
            and_(Offer.buyer_id == actor.org, Offer.turn == Side.BUYER.value),
        ),
    )


def count_to_answer(session: Session, actor: Actor) -> int:
    """Return how many offers wait for an answer of the actor's organisation."""
    return session.scalar(select(func.count()).select_from(Offer).where(_mine_to_answer(actor))) or 0


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of terms with what is known of its lot."""

    lot_id: UUID
    number: str
    lot_quantity: int
    quantity: int
    unit: str
    price_minor_per_unit: int
    grade_scheme: str | None
    grade_edition: str | None
    grade_key: str | None
    micron_tenths: int | None
    colour: str | None
    claim: str

    @property
    def is_part(self) -> bool:
        """Whether the lot must be split."""
        return self.quantity < self.lot_quantity


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step with its lines; `user_name` is known to the own side only."""

    id: UUID
    sequence: int
    kind: str
    side: str | None
    user_name: str | None
    at: datetime
    terms: Mapping[str, Any] | None
    reason: str | None
    lines: Sequence[LineRow]


def steps_of(session: Session, actor: Actor, offer: Offer) -> Sequence[StepRow]:
    """Return everything that was said in an offer, in its order. Two statements."""
    rows = session.execute(
        select(OfferStep, User.display_name)
        .outerjoin(User, User.id == OfferStep.user_id)
        .where(OfferStep.offer_id == offer.id)
        .order_by(OfferStep.sequence)
    ).all()
    lines = lines_of(session, [row.OfferStep.id for row in rows])
    own = side_of(actor, offer)
    return [
        StepRow(
            id=row.OfferStep.id,
            sequence=row.OfferStep.sequence,
            kind=row.OfferStep.kind,
            side=row.OfferStep.side,
            user_name=row.display_name if row.OfferStep.side == own else None,
            at=row.OfferStep.at,
            terms=row.OfferStep.terms,
            reason=row.OfferStep.reason,
            lines=lines.get(row.OfferStep.id, []),
        )
        for row in rows
    ]


def lines_of(session: Session, step_ids: Sequence[UUID]) -> dict[UUID, list[LineRow]]:
    """Return the lines of steps by step, by number of the lot."""
    rows = session.execute(
        select(
            OfferLine.step_id,
            OfferLine.lot_id,
            Lot.number,
            Lot.quantity.label("lot_quantity"),
            OfferLine.quantity,
            Lot.unit,
            OfferLine.price_minor_per_unit,
            Lot.grade_scheme,
            Lot.grade_edition,
            Lot.grade_key,
            Lot.micron_tenths,
            Lot.colour,
            Lot.claim,
        )
        .join(Lot, Lot.id == OfferLine.lot_id)
        .where(OfferLine.step_id.in_(step_ids))
        .order_by(Lot.number)
    )
    found: dict[UUID, list[LineRow]] = {}
    for row in rows:
        found.setdefault(row.step_id, []).append(LineRow(*row[1:]))
    return found


def last_terms(session: Session, offer_id: UUID) -> tuple[OfferStep, Terms]:
    """Return the last proposal of an offer: its step and its terms."""
    step = session.scalars(
        select(OfferStep)
        .where(OfferStep.offer_id == offer_id, OfferStep.kind.in_([StepKind.OFFERED, StepKind.COUNTERED]))
        .order_by(OfferStep.sequence.desc())
        .limit(1)
    ).one()
    return step, terms_of(session, step)


def terms_of(session: Session, step: OfferStep) -> Terms:
    """Return the terms that a step proposes."""
    rows = session.execute(
        select(OfferLine.lot_id, OfferLine.quantity, OfferLine.price_minor_per_unit)
        .where(OfferLine.step_id == step.id)
        .order_by(OfferLine.lot_id)
    )
    kept = step.terms or {}
    return Terms(
        lines=tuple(Line(*row) for row in rows),
        freight=kept["freight"],
        payment_days=kept["payment_days"],
        is_firm=kept["is_firm"],
        expires_at=datetime.fromisoformat(kept["expires_at"]),
        note=kept["note"],
    )


def buyers_to_offer(session: Session) -> Sequence[Organisation]:
    """Return the buying organisations, by name; at most 500."""
    return session.scalars(
        select(Organisation)
        .where(Organisation.kind == OrganisationKind.BUYER)
        .order_by(Organisation.name, Organisation.id)
        .limit(500)
    ).all()
