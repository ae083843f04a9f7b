"""Reads of samples. A sealed sample shows its code and product, never its lot."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, select, true
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.laboratory.codes import clean_code, is_code
from chain.laboratory.errors import NotASampleCode, UnknownSample
from chain.laboratory.models import Sample, SecondOpinion
from chain.laboratory.rules import OpinionState
from chain.lots.models import Lot

#: Values of one IN list: far under the limits of both databases.
CHUNK = 10_000
MAX_SHOWN = 40

#: Nothing of the lot: an order by its number would tell of what is sealed.
SORT_COLUMNS: SortColumns = {"taken_at": Sample.taken_at, "code": Sample.code}


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A sample as those see it who hold it: no lot number and no producer unless the seal is open."""

    id: UUID
    code: str
    purpose: str
    is_sealed: bool
    mass_g: int | None
    sent_to: str | None
    taken_at: datetime
    taken_by: UUID | None
    commodity: str
    #: None while the seal is closed
    lot_id: UUID | None
    lot_number: str | None


_ROW = select(
    Sample.id,
    Sample.code,
    Sample.purpose,
    Sample.is_sealed,
    Sample.mass_g,
    Sample.sent_to,
    Sample.taken_at,
    Sample.taken_by,
    Lot.commodity,
    Lot.id,
    Lot.number,
).join(Lot, Lot.id == Sample.lot_id)


def has_open_opinion() -> ColumnElement[bool]:
    """Return the condition that somebody is to grade the sample blind."""
    return exists().where(
        SecondOpinion.sample_id == Sample.id, SecondOpinion.state == OpinionState.OPEN.value
    )


def find_sample(session: Session, actor: Actor, text: str) -> Sample:
    """Return the sample with a code as people type it.

    Raises:
        NotASampleCode: it can be no code.
        UnknownSample: it was never given here.
    """
    code = clean_code(text)
    if not is_code(code):
        raise NotASampleCode(value=text.strip()[:MAX_SHOWN])
    found = session.scalar(
        select(Sample).where(Sample.code == code, Sample.organisation_id == actor.organisation_id)
    )
    if found is None:
        raise UnknownSample(value=code)
    return found


def get_sample_row(session: Session, actor: Actor, text: str) -> SampleRow:
    """Return a sample by its code, as it may be seen.

    Raises:
        NotASampleCode, UnknownSample.
    """
    sample = find_sample(session, actor, text)
    row = session.execute(_ROW.where(Sample.id == sample.id)).one()
    return _blinded(row)


def list_samples(session: Session, actor: Actor, request: PageRequest) -> Page[SampleRow]:
    """Return the samples, the latest first; without their lots while sealed."""
    statement = _ROW.where(Sample.organisation_id == actor.organisation_id)
    latest_first = statement.order_by(Sample.taken_at.desc(), Sample.id.desc())
    page = paginate_rows(session, order_by(latest_first, request.sort, SORT_COLUMNS, Sample.id), request)
    return Page([_blinded(row) for row in page.items], page.page, page.page_size, page.total)


def _blinded(row: Sequence[object]) -> SampleRow:
    found = SampleRow(*row)  # type: ignore[arg-type]  # the columns above stand in the order of the fields
    if not found.is_sealed:
        return found
    return replace(found, lot_id=None, lot_number=None)


def samples_of_lot(session: Session, actor: Actor, lot_id: UUID) -> Sequence[Sample]:
    """Return the samples of a lot.

    Who may grade must not learn which lot a sample with an open second opinion comes from: it is left out, unless that
    person took it.
    """
    rows = session.execute(
        select(Sample, has_open_opinion())
        .where(Sample.lot_id == lot_id, Sample.organisation_id == actor.organisation_id)
        .order_by(Sample.taken_at, Sample.id)
    ).all()
    return [sample for sample, is_open in rows if not is_hidden_from(actor, sample, is_open=is_open)]


def is_hidden_from(actor: Actor, sample: Sample, *, is_open: bool) -> bool:
    """Tell whether a code must not be seen together with its lot."""
    may_decide = actor.may(Permission.GRADES_CONFIRM) and sample.taken_by != actor.user_id
    return is_open and sample.is_sealed and may_decide


def is_shown_to(actor: Actor) -> ColumnElement[bool]:
    """Return the condition, on rows with or without a sample, that `is_hidden_from` hides nothing of them."""
    if not actor.may(Permission.GRADES_CONFIRM):
        return true()
    return ~and_(has_open_opinion(), Sample.is_sealed, Sample.taken_by.is_distinct_from(actor.user_id))


def is_blind_for(session: Session, actor: Actor, sample: Sample) -> bool:
    """Tell whether the actor must not learn of which lot a sample is."""
    return is_hidden_from(actor, sample, is_open=has_open_opinion_on(session, sample.id))


def has_open_opinion_on(session: Session, sample_id: UUID) -> bool:
    """Tell whether somebody is to grade a sample blind."""
    return bool(session.scalar(select(has_open_opinion()).select_from(Sample).where(Sample.id == sample_id)))


def samples_by_code(
    session: Session, organisation_id: UUID, codes: Collection[str]
) -> dict[str, tuple[UUID, UUID, str]]:
    """Return sample id, lot id and product per code, for files; codes that are unknown are left out."""
    wanted = sorted(codes)
    found: dict[str, tuple[UUID, UUID, str]] = {}
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(
            select(Sample.code, Sample.id, Sample.lot_id, Lot.commodity)
            .join(Lot, Lot.id == Sample.lot_id)
            .where(Sample.organisation_id == organisation_id, Sample.code.in_(wanted[start : start + CHUNK]))
        )
        found |= {code: (sample_id, lot_id, commodity) for code, sample_id, lot_id, commodity in rows}
    return found
