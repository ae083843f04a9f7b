"""Reads of the ledger of goods: obligations, the chain of families, balances."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, order_by, paginate, paginate_rows
from chain.dues.models import PassingEntry, PassingObligation, PassingProgramme
from chain.dues.passing_rules import DUE_SOON, Standing, standing_on
from chain.producers.models import Membership, Producer

MAX_ROWS = 100_000
#: Families of one chain on a page.
MAX_LINKS = 200
PROGRAMMES_SHOWN = 200


@dataclass(frozen=True, slots=True)
class ObligationRow:
    """What a family must pass on, with names."""

    obligation: PassingObligation
    full_name: str
    member_code: str
    programme: str
    source_name: str | None

    def standing(self, today: date) -> Standing:
        """Where it stands on a day."""
        return standing_on(self.obligation.still_owed, self.obligation.due_on, today)


@dataclass(frozen=True, slots=True)
class PassingFilter:
    """Which obligations are listed."""

    standing: Standing | None = None
    programme_id: UUID | None = None
    producer_id: UUID | None = None
    text: str = ""


def _statement() -> Select[Any]:
    source = aliased(Producer)
    return (
        select(
            PassingObligation,
            Producer.full_name,
            func.coalesce(Membership.member_code, "—"),
            PassingProgramme.name,
            source.full_name,
        )
        .join(Producer, Producer.id == PassingObligation.producer_id)
        .join(PassingProgramme, PassingProgramme.id == PassingObligation.programme_id)
        .outerjoin(source, source.id == PassingObligation.source_producer_id)
        .outerjoin(
            Membership,
            (Membership.producer_id == PassingObligation.producer_id)
            & (Membership.organisation_id == PassingObligation.organisation_id),
        )
    )


def _wanted(actor: Actor, wanted: PassingFilter, today: date) -> Iterable[ColumnElement[bool]]:
    yield PassingObligation.organisation_id == actor.org
    if wanted.programme_id:
        yield PassingObligation.programme_id == wanted.programme_id
    if wanted.producer_id:
        yield PassingObligation.producer_id == wanted.producer_id
    if wanted.standing is Standing.DONE:
        yield PassingObligation.still_owed == 0
    elif wanted.standing is not None:
        yield PassingObligation.still_owed > 0
    if wanted.standing is Standing.OVERDUE:
        yield PassingObligation.due_on < today
    elif wanted.standing is Standing.SOON:
        yield PassingObligation.due_on.between(today, today + DUE_SOON)
    elif wanted.standing is Standing.RUNNING:
        yield PassingObligation.due_on > today + DUE_SOON
    text = wanted.text.strip().replace("%", "").replace("_", "")
    if text:
        like = f"%{text}%"
        yield or_(Producer.full_name.ilike(like), Membership.member_code.ilike(like))


def obligations_statement(actor: Actor, wanted: PassingFilter, today: date) -> Select[Any]:
    """Return the statement of a list of obligations, the earliest day first, fulfilled ones last."""
    return (
        _statement()
        .where(*_wanted(actor, wanted, today))
        .order_by(PassingObligation.still_owed == 0, PassingObligation.due_on, PassingObligation.number)
    )


def list_obligations(
    session: Session, actor: Actor, request: PageRequest, *, today: date, wanted: PassingFilter | None = None
) -> Page[ObligationRow]:
    """Return what families of the organisation must pass on."""
    statement = obligations_statement(actor, wanted or PassingFilter(), today)
    sorts = {"due_on": PassingObligation.due_on, "still_owed": PassingObligation.still_owed}
    ordered = order_by(statement, request.sort, sorts, PassingObligation.id)
    page = paginate_rows(session, ordered, request)
    return Page([ObligationRow(*row) for row in page.items], page.page, page.page_size, page.total)


def all_obligations(
    session: Session, actor: Actor, wanted: PassingFilter, today: date
) -> list[ObligationRow]:
    """Return the obligations of a file, at most `MAX_ROWS`."""
    rows = session.execute(obligations_statement(actor, wanted, today).limit(MAX_ROWS))
    return [ObligationRow(*row) for row in rows]


def get_obligation_for(session: Session, actor: Actor, obligation_id: UUID) -> ObligationRow:
    """Return an obligation of the actor's organisation with names.

    Raises:
        NotFound: there is none, or it is another organisation's.
    """
    row = session.execute(
        _statement().where(
            PassingObligation.id == obligation_id,
            PassingObligation.organisation_id == actor.organisation_id,
        )
    ).first()
    if row is None:
        raise NotFound
    return ObligationRow(*row)


def entries_of(session: Session, obligation_id: UUID) -> Sequence[PassingEntry]:
    """Return what was passed on, lost and corrected, in the order in which it was written down."""
    return session.scalars(
        select(PassingEntry)
        .where(PassingEntry.obligation_id == obligation_id)
        .order_by(PassingEntry.created_at, PassingEntry.id)
    ).all()


def next_obligations(session: Session, entry_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Return the obligations that came of passing on, by entry."""
    rows = session.execute(
        select(PassingObligation.source_entry_id, PassingObligation.id).where(
            PassingObligation.source_entry_id.in_(entry_ids)
        )
    )
    return {row[0]: row[1] for row in rows}


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One family of a chain and how far it is from the first."""

    depth: int
    row: ObligationRow


def chain_of(session: Session, actor: Actor, obligation: PassingObligation) -> list[ChainLink]:
    """Return the families of the chain that an obligation belongs to, from the one that received from the programme on."""
    first = obligation
    for _ in range(MAX_LINKS):
        if first.source_entry_id is None:
            break
        before = session.scalars(
            select(PassingObligation)
            .join(PassingEntry, PassingEntry.obligation_id == PassingObligation.id)
            .where(PassingEntry.id == first.source_entry_id, PassingObligation.organisation_id == actor.org)
        ).first()
        if before is None:
            break
        first = before
    links: list[ChainLink] = []
    level, depth = [first.id], 0
    while level and len(links) < MAX_LINKS:
        rows = session.execute(
            _statement().where(PassingObligation.id.in_(level)).order_by(PassingObligation.number)
        ).all()
        links += [ChainLink(depth, ObligationRow(*row)) for row in rows]
        level = list(
            session.scalars(
                select(PassingObligation.id)
                .join(PassingEntry, PassingEntry.id == PassingObligation.source_entry_id)
                .where(PassingEntry.obligation_id.in_(level))
            )
        )
        depth += 1
    return links


def count_due(session: Session, actor: Actor, today: date) -> int:
    """Count obligations that are overdue or due soon."""
    return int(
        session.scalar(
            select(func.count())
            .select_from(PassingObligation)
            .where(
                PassingObligation.organisation_id == actor.org,
                PassingObligation.still_owed > 0,
                PassingObligation.due_on <= today + DUE_SOON,
            )
        )
        or 0
    )


def list_programmes(session: Session, actor: Actor) -> Sequence[PassingProgramme]:
    """Return the programmes of the actor's organisation by name."""
    return session.scalars(
        select(PassingProgramme)
        .where(PassingProgramme.organisation_id == actor.org)
        .order_by(PassingProgramme.name, PassingProgramme.id)
        .limit(PROGRAMMES_SHOWN)
    ).all()


def page_of_programmes(session: Session, actor: Actor, request: PageRequest) -> Page[PassingProgramme]:
    """Return a page of the programmes of the actor's organisation."""
    statement = (
        select(PassingProgramme)
        .where(PassingProgramme.organisation_id == actor.org)
        .order_by(PassingProgramme.name, PassingProgramme.id)
    )
    sorts = {"name": PassingProgramme.name}
    return paginate(session, order_by(statement, request.sort, sorts, PassingProgramme.id), request)


def own_obligations(session: Session, producer_id: UUID) -> list[ObligationRow]:
    """Return what a person must pass on, in every organisation."""
    rows = session.execute(
        _statement()
        .where(PassingObligation.producer_id == producer_id)
        .order_by(PassingObligation.still_owed == 0, PassingObligation.due_on)
        .limit(MAX_LINKS)
    )
    return [ObligationRow(*row) for row in rows]
