"""Reads of measurements: every value of a lot, and which of them counts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.models import User
from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.laboratory.attributes import ATTRIBUTES
from chain.laboratory.models import Instrument, Measurement, MeasurementChoice, Sample
from chain.laboratory.queries.samples import has_open_opinion, is_hidden_from, is_shown_to
from chain.laboratory.rules import Status
from chain.lots.attributes import SPECS
from chain.lots.models import Lot
from chain.lots.queries import get_lot_for

#: Values of a lot that a page shows; the API pages through more.
MAX_SHOWN = 200
CHUNK = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredValue:
    """One value of a lot, or the one that was recorded at delivery (`id` None)."""

    id: UUID | None
    lot_id: UUID
    attribute: str
    value: str
    unit: str
    basis: str | None
    method: str
    status: str
    uncertainty: str | None
    instrument: str | None
    sample_code: str | None
    operator: str | None
    document: str | None
    formula: str | None
    measured_at: datetime
    recorded_by: str | None
    raw_line: str | None
    file_id: UUID | None
    file_row: int | None
    #: the value that counts for the lot
    counts: bool

    @property
    def at_delivery(self) -> bool:
        """Whether it was written down when the lot was delivered."""
        return self.id is None


_VALUES = (
    select(
        Measurement,
        Instrument.name,
        Sample,
        has_open_opinion(),
        User.display_name,
    )
    .outerjoin(Instrument, Instrument.id == Measurement.instrument_id)
    .outerjoin(Sample, Sample.id == Measurement.sample_id)
    .outerjoin(User, User.id == Measurement.recorded_by)
)
SORT_COLUMNS: SortColumns = {
    "measured_at": Measurement.measured_at,
    "attribute": Measurement.attribute,
    "method": Measurement.method,
}
_ORDER = (Measurement.measured_at.desc(), Measurement.id.desc())


def counting_measurements(session: Session, lot_ids: Collection[UUID]) -> dict[tuple[UUID, str], UUID | None]:
    """Return, per lot and attribute with a decision, the measurement that counts; None: the value at delivery."""
    later = aliased(MeasurementChoice)
    found: dict[tuple[UUID, str], UUID | None] = {}
    wanted = sorted(set(lot_ids))
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(
            select(MeasurementChoice.lot_id, MeasurementChoice.attribute, MeasurementChoice.measurement_id)
            .outerjoin(
                later,
                and_(
                    later.lot_id == MeasurementChoice.lot_id,
                    later.attribute == MeasurementChoice.attribute,
                    later.sequence > MeasurementChoice.sequence,
                ),
            )
            .where(MeasurementChoice.lot_id.in_(wanted[start : start + CHUNK]), later.id.is_(None))
        )
        found |= {(lot_id, attribute): chosen for lot_id, attribute, chosen in rows}
    return found


def measurements_of(session: Session, actor: Actor, lot_id: UUID) -> Sequence[MeasuredValue]:
    """Return every value of a lot, by attribute, what counts first; values at delivery included.

    Values of a sample that the reader may be asked to grade blind are left out: they would lead from it to its lot.

    Raises:
        NotFound: there is no such lot here.
    """
    lot = get_lot_for(session, actor, lot_id)
    rows = session.execute(_of_lot(actor, lot.id).limit(MAX_SHOWN))
    chosen = counting_measurements(session, [lot.id])
    values = [_value(row, chosen, actor) for row in rows]
    return sorted([*_delivered(lot, chosen), *values], key=_place)


def _place(value: MeasuredValue) -> tuple[int, bool]:
    return list(ATTRIBUTES).index(value.attribute), not value.counts


def _delivered(lot: Lot, chosen: dict[tuple[UUID, str], UUID | None]) -> list[MeasuredValue]:
    """Return the values that stand in the delivery itself; nobody wrote down how they came about."""
    known = SPECS[lot.commodity].by_key if lot.commodity in SPECS else {}
    return [
        MeasuredValue(
            id=None,
            lot_id=lot.id,
            attribute=key,
            value=str(value),
            unit=ATTRIBUTES[key].unit,
            basis=None,
            method="",
            status=Status.ESTIMATE.value,
            uncertainty=None,
            instrument=None,
            sample_code=None,
            operator=None,
            document=None,
            formula=None,
            measured_at=lot.delivered_at,
            recorded_by=None,
            raw_line=None,
            file_id=None,
            file_row=None,
            counts=chosen.get((lot.id, key)) is None,
        )
        for key, value in (lot.attributes or {}).items()
        if key in ATTRIBUTES and key in known
    ]


def _value(
    row: Any, chosen: dict[tuple[UUID, str], UUID | None], actor: Actor | None, *, with_names: bool = True
) -> MeasuredValue:
    one, instrument, sample, is_open, recorder = row
    hidden = actor is None or (sample is not None and is_hidden_from(actor, sample, is_open=is_open))
    return MeasuredValue(
        id=one.id,
        lot_id=one.lot_id,
        attribute=one.attribute,
        value=one.value,
        unit=one.unit,
        basis=one.basis,
        method=one.method,
        status=one.status,
        uncertainty=one.uncertainty,
        instrument=instrument,
        sample_code=None if hidden or sample is None else sample.code,
        operator=one.operator if with_names else None,
        document=one.document,
        formula=one.formula,
        measured_at=one.measured_at,
        recorded_by=recorder if with_names else None,
        # a line of a file holds the code of its sample
        raw_line=None if hidden or not with_names else one.raw_line,
        file_id=one.file_id,
        file_row=one.file_row,
        counts=chosen.get((one.lot_id, one.attribute)) == one.id,
    )


def shown_measurements(session: Session, lot_ids: Collection[UUID]) -> dict[UUID, list[MeasuredValue]]:
    """Return what a buyer may know of lots: the values that count, with method, plus-minus, status and document.

    No names of people, no sample codes, no raw lines. The caller has checked that the reader may see the lots. At most
    200 lots at once.
    """
    wanted = sorted(set(lot_ids))[:MAX_SHOWN]
    chosen = counting_measurements(session, wanted)
    counting = [one for one in chosen.values() if one is not None]
    found: dict[UUID, list[MeasuredValue]] = {}
    for lot in session.scalars(select(Lot).where(Lot.id.in_(wanted))):
        found[lot.id] = [one for one in _delivered(lot, chosen) if one.counts]
    for row in session.execute(_VALUES.where(Measurement.id.in_(counting))):
        value = _value(row, chosen, None, with_names=False)
        found[value.lot_id].append(value)
    for values in found.values():
        values.sort(key=_place)
    return found


def get_measurement_for(session: Session, actor: Actor, measurement_id: UUID) -> Measurement:
    """Return a measurement of the actor's organisation.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = session.scalar(
        select(Measurement).where(
            Measurement.id == measurement_id, Measurement.organisation_id == actor.organisation_id
        )
    )
    if found is None:
        raise NotFound
    return found


def list_measurements(
    session: Session, actor: Actor, lot_id: UUID, request: PageRequest
) -> Page[MeasuredValue]:
    """Return the recorded measurements of a lot, the latest first; as `measurements_of` without those of blind samples.

    Raises:
        NotFound: there is no such lot here.
    """
    lot = get_lot_for(session, actor, lot_id)
    chosen = counting_measurements(session, [lot.id])
    statement = order_by(_of_lot(actor, lot.id), request.sort, SORT_COLUMNS, Measurement.id)
    page = paginate_rows(session, statement, request)
    values = [_value(row, chosen, actor) for row in page.items]
    return Page(values, page.page, page.page_size, page.total)


def _of_lot(actor: Actor, lot_id: UUID) -> Select[Any]:
    return _VALUES.where(Measurement.lot_id == lot_id, is_shown_to(actor)).order_by(*_ORDER)


def measurements_of_sample(session: Session, actor: Actor, sample_id: UUID) -> Sequence[MeasuredValue]:
    """Return what was measured of one sample, for those who know only its code."""
    rows = session.execute(
        _VALUES.where(
            Measurement.sample_id == sample_id, Measurement.organisation_id == actor.organisation_id
        )
        .order_by(*_ORDER)
        .limit(MAX_SHOWN)
    )
    return sorted((_value(row, {}, actor) for row in rows), key=_place)


def get_value_for(session: Session, actor: Actor, measurement_id: UUID) -> MeasuredValue:
    """Return a measurement as lists show it.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    row = session.execute(
        _VALUES.where(Measurement.id == measurement_id, Measurement.organisation_id == actor.organisation_id)
    ).first()
    if row is None:
        raise NotFound
    return _value(row, counting_measurements(session, [row[0].lot_id]), actor)


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """One decision which value counts."""

    attribute: str
    measurement_id: UUID | None
    value: str | None
    unit: str | None
    reason: str
    decided_at: datetime
    decided_by: str | None


def choices_of(session: Session, lot_id: UUID) -> Sequence[ChoiceRow]:
    """Return the decisions about a lot, the latest first."""
    rows = session.execute(
        select(
            MeasurementChoice.attribute,
            MeasurementChoice.measurement_id,
            Measurement.value,
            Measurement.unit,
            MeasurementChoice.reason,
            MeasurementChoice.decided_at,
            User.display_name,
        )
        .outerjoin(Measurement, Measurement.id == MeasurementChoice.measurement_id)
        .outerjoin(User, User.id == MeasurementChoice.decided_by)
        .where(MeasurementChoice.lot_id == lot_id)
        .order_by(MeasurementChoice.sequence.desc())
        .limit(MAX_SHOWN)
    )
    return [ChoiceRow(*row) for row in rows]
