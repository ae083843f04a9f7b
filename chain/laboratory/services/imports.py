"""Importing a file of an instrument: look at it without writing, or store it whole in one transaction."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import FieldErrors, IdempotencyConflict
from chain.core.files import store_file
from chain.core.i18n import N_, Message
from chain.core.ids import new_id
from chain.core.models import StoredFile
from chain.laboratory.errors import BadMeasurementRows, InstrumentArchived, NoMapping
from chain.laboratory.importing.mapping import SAMPLE, Mapping, read_mapping
from chain.laboratory.importing.reading import FileRow, ReadMeasurements, read_measurements
from chain.laboratory.models import Instrument, Measurement, MeasurementFile
from chain.laboratory.queries.instruments import get_instrument_for
from chain.laboratory.queries.samples import samples_by_code
from chain.laboratory.readings import CheckedReading, Reading, check_reading
from chain.laboratory.services.audits import LaboratoryAudit
from chain.laboratory.services.measurements import columns_of
from chain.lots.importing.reading import Problem
from chain.lots.importing.report import Outcome
from chain.lots.services.imports import tidy_name

UNKNOWN_SAMPLE = N_("We have no sample with this code.")
MEDIA_TYPE = "application/octet-stream"
#: Rows of one statement, and of one step of the progress bar.
CHUNK = 500
PREVIEW_ROWS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedMeasurements:
    """A file of an instrument that was read, ready to be looked at or stored."""

    name: str
    sha256: str
    content: bytes
    instrument: Instrument
    mapping: Mapping
    read: ReadMeasurements


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMeasurement:
    """A believed value of a file, with what makes it the same when it comes again."""

    row: int
    code: str
    sample_id: UUID
    lot_id: UUID
    checked: CheckedReading
    source_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementReport:
    """What came of a file. `rows` are those of the file; `new` and `duplicates` count values."""

    outcome: Outcome
    file_name: str
    sha256: str
    rows: int
    bad: int
    new: int
    duplicates: int
    problems: Sequence[Problem]
    preview: Sequence[NewMeasurement] = ()
    columns: Sequence[tuple[str, str]] = ()
    ignored: Sequence[str] = ()
    sheet_name: str | None = None
    file_id: UUID | None = None
    is_first_answer: bool = True


@dataclass(slots=True)
class _Matched:
    values: list[NewMeasurement] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def open_measurements(
    session: Session, *, actor: Actor, instrument_id: UUID, content: bytes, file_name: str
) -> OpenedMeasurements:
    """Read a file by the mapping of its instrument, on the centre's clock; nothing is looked up and nothing written.

    Raises:
        Forbidden: the actor may not record measurements.
        NotFound: there is no such instrument here.
        InstrumentArchived, NoMapping: it is not ready for files.
        UnusableFile: the file as a whole cannot be read.
    """
    actor.require(Permission.MEASUREMENTS_WRITE)
    instrument = get_instrument_for(session, actor, instrument_id)
    if instrument.archived_at is not None:
        raise InstrumentArchived(name=instrument.name)
    mapping = read_mapping(instrument.mapping)
    if mapping is None:
        raise NoMapping
    zone = session.scalar(select(Organisation.timezone).where(Organisation.id == actor.org))
    return OpenedMeasurements(
        name=tidy_name(file_name),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        instrument=instrument,
        mapping=mapping,
        read=read_measurements(content, mapping, ZoneInfo(zone or "UTC")),
    )


def check_measurements(
    session: Session, *, actor: Actor, now: datetime, file: OpenedMeasurements
) -> MeasurementReport:
    """Say what an import would do, by the same checks, without writing."""
    actor.require(Permission.MEASUREMENTS_WRITE)
    matched = _match(session, actor, now, file)
    known = _known(session, actor.org, [one.source_key for one in matched.values])
    duplicates = sum(1 for one in matched.values if one.source_key in known)
    return _report(
        file,
        matched,
        outcome=Outcome.CHECKED,
        new=len(matched.values) - duplicates,
        duplicates=duplicates,
    )


def import_measurements(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - the client's name for it, as in the API
    file: OpenedMeasurements,
    skip_bad: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> MeasurementReport:
    """Store the values of a file with the file itself: all rows or, with `skip_bad`, those without a problem.

    A value that came before, in this file or another of the instrument, adds nothing. The same id answers the first result.

    Raises:
        Forbidden: the actor may not record measurements.
        BadMeasurementRows: rows are bad and `skip_bad` was not asked for; nothing was written.
        FileTooLarge: more than a row of the database takes.
        IdempotencyConflict: the id belongs to another import.
    """
    actor.require(Permission.MEASUREMENTS_WRITE)
    earlier = session.get(MeasurementFile, id)
    if earlier is not None:
        return _answer_again(session, actor, now, file, earlier)
    matched = _match(session, actor, now, file)
    report = _report(file, matched, outcome=Outcome.STORED, new=0, duplicates=0)
    if report.bad and not skip_bad:
        raise BadMeasurementRows(bad=report.bad, total=report.rows)
    batch = _new_batch(session, actor, now, id, file)
    new = _insert(session, actor, now, batch, file, matched.values, progress)
    batch.rows_stored, batch.rows_duplicate = new, len(matched.values) - new
    batch.rows_rejected = report.bad
    session.flush()
    audit.record(
        session,
        tag=LaboratoryAudit.MEASUREMENTS_IMPORTED,
        actor=actor,
        now=now,
        subject_type="measurement_file",
        subject_id=batch.id,
        after={
            "file": file.name,
            "sha256": file.sha256,
            "instrument": file.instrument.name,
            "stored": batch.rows_stored,
            "duplicate": batch.rows_duplicate,
            "rejected": batch.rows_rejected,
        },
    )
    return _report(
        file,
        matched,
        outcome=Outcome.STORED,
        new=batch.rows_stored,
        duplicates=batch.rows_duplicate,
        file_id=batch.id,
    )


def refused_report(
    session: Session, *, actor: Actor, now: datetime, file: OpenedMeasurements
) -> MeasurementReport:
    """Return the report of a file that was refused for its bad rows."""
    checked = check_measurements(session, actor=actor, now=now, file=file)
    values = {name: getattr(checked, name) for name in MeasurementReport.__slots__}
    return MeasurementReport(**{**values, "outcome": Outcome.REFUSED})


def _match(session: Session, actor: Actor, now: datetime, file: OpenedMeasurements) -> _Matched:
    """Find the samples of all rows by one query per 10,000 codes, and check every value."""
    found = _Matched(problems=list(file.read.problems))
    samples = samples_by_code(session, actor.org, {row.code for row in file.read.rows})
    header = file.read.sheet.header
    seen: Counter[str] = Counter()
    for row in file.read.rows:
        sample = samples.get(row.code)
        if sample is None:
            title = next(one.title for one in header.columns if one.field == SAMPLE)
            found.problems.append(Problem(row.number, title, Message(UNKNOWN_SAMPLE)))
            continue
        found.values += _values(file, row, sample, now, seen, found.problems)
    return found


def _values(  # noqa: PLR0917 - one row beside everything that it is checked against
    file: OpenedMeasurements,
    row: FileRow,
    sample: tuple[UUID, UUID, str],
    now: datetime,
    seen: Counter[str],
    problems: list[Problem],
) -> list[NewMeasurement]:
    sample_id, lot_id, commodity = sample
    kept, refused = [], []
    for attribute, value in row.values:
        checked = _checked(file, row, attribute, value, commodity, now)
        if isinstance(checked, FieldErrors):
            refused += list(_problems(file, row, attribute, checked))
            continue
        kept.append((attribute, checked))
    if refused:
        problems += refused
        return []
    return [
        NewMeasurement(
            row=row.number,
            code=row.code,
            sample_id=sample_id,
            lot_id=lot_id,
            checked=checked,
            source_key=_source_key(file, row, attribute, checked, seen),
        )
        for attribute, checked in kept
    ]


def _checked(  # noqa: PLR0917 - one cell beside everything that it is checked against
    file: OpenedMeasurements, row: FileRow, attribute: str, value: Any, commodity: str, now: datetime
) -> CheckedReading | FieldErrors:
    column = next(one for one in file.mapping.columns if one.meaning == attribute)
    reading = Reading(
        id=file.instrument.id,  # a reading of a file gets its own id when it is stored
        attribute=attribute,
        value=value,
        unit=column.unit,
        basis=column.basis,
        method=file.instrument.method,
        status=file.mapping.status,
        measured_at=row.measured_at or now,
        operator=row.operator,
        document=row.document,
        raw_line=row.raw_line,
    )
    return check_reading(reading, commodity=commodity, now=now, uncertainties=file.instrument.uncertainties)


def _problems(
    file: OpenedMeasurements, row: FileRow, attribute: str, errors: FieldErrors
) -> Iterator[Problem]:
    header = file.read.sheet.header
    for name, messages in errors.as_mapping().items():
        wanted = "date" if name == "measured_at" else attribute
        title = next((one.title for one in header.columns if one.field == wanted), wanted)
        for message in messages:
            yield Problem(row.number, title, message)


def _source_key(
    file: OpenedMeasurements, row: FileRow, attribute: str, checked: CheckedReading, seen: Counter[str]
) -> str:
    """Return what a value means and how often the same stood above it in the file."""
    moment = None if row.measured_at is None else row.measured_at.timestamp()
    meaning = (
        file.instrument.id.hex,
        row.code,
        attribute,
        checked.value,
        checked.basis,
        moment,
        row.document,
    )
    digest = hashlib.sha256(repr(meaning).encode()).hexdigest()
    seen[digest] += 1
    return f"{digest}:{seen[digest]}"


def _known(session: Session, organisation_id: UUID, keys: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(keys), 10_000):
        found |= set(
            session.scalars(
                select(Measurement.source_key).where(
                    Measurement.organisation_id == organisation_id,
                    Measurement.source_key.in_(keys[start : start + 10_000]),
                )
            )
        )
    return found


def _new_batch(
    session: Session, actor: Actor, now: datetime, batch_id: UUID, file: OpenedMeasurements
) -> MeasurementFile:
    stored = store_file(
        session,
        organisation_id=actor.org,
        name=file.name,
        media_type=MEDIA_TYPE,
        content=file.content,
        now=now,
        user_id=actor.user_id,
    )
    batch = MeasurementFile(
        id=batch_id,
        organisation_id=actor.org,
        instrument_id=file.instrument.id,
        file_id=stored.id,
        mapping=file.mapping.as_record(),
        imported_at=now,
        imported_by=actor.user_id,
    )
    try:
        with session.begin_nested():
            session.add(batch)
    except IntegrityError:
        raise IdempotencyConflict from None  # the same import in the same instant; sent again, it gets its answer
    return batch


def _insert(  # noqa: PLR0917 - what the rows are made of
    session: Session,
    actor: Actor,
    now: datetime,
    batch: MeasurementFile,
    file: OpenedMeasurements,
    values: Sequence[NewMeasurement],
    progress: Callable[[int, int], None] | None,
) -> int:
    """Insert what is new and return how much that was; two imports of the same rows at once add them once."""
    dialect_insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    statement = dialect_insert(Measurement.__table__).on_conflict_do_nothing(  # type: ignore[arg-type]  # it is a table
        index_elements=["organisation_id", "source_key"]
    )
    ordered = sorted(values, key=lambda one: one.source_key)  # the same order in every transaction
    for start in range(0, len(ordered), CHUNK):
        rows = [_row(actor, now, batch, file, one) for one in ordered[start : start + CHUNK]]
        session.connection().execute(statement, rows)
        if progress is not None:
            progress(min(start + CHUNK, len(ordered)), len(ordered))
    stored = select(func.count()).select_from(Measurement).where(Measurement.file_id == batch.id)
    return session.scalar(stored) or 0


def _row(
    actor: Actor, now: datetime, batch: MeasurementFile, file: OpenedMeasurements, one: NewMeasurement
) -> dict[str, Any]:
    return {
        **columns_of(one.checked),
        "id": new_id(),
        "organisation_id": actor.org,
        "lot_id": one.lot_id,
        "sample_id": one.sample_id,
        "instrument_id": file.instrument.id,
        "formula": None,
        "file_id": batch.id,
        "file_row": one.row,
        "source_key": one.source_key,
        "recorded_at": now,
        "recorded_by": actor.user_id,
        "content_hash": one.source_key.partition(":")[0],
    }


def _answer_again(
    session: Session, actor: Actor, now: datetime, file: OpenedMeasurements, batch: MeasurementFile
) -> MeasurementReport:
    digest = session.scalar(select(StoredFile.sha256).where(StoredFile.id == batch.file_id))
    if batch.organisation_id != actor.org or digest != file.sha256:
        raise IdempotencyConflict
    matched = _match(session, actor, now, file)
    return _report(
        file,
        matched,
        outcome=Outcome.STORED,
        new=batch.rows_stored,
        duplicates=batch.rows_duplicate,
        file_id=batch.id,
        is_first_answer=False,
    )


def _report(file: OpenedMeasurements, matched: _Matched, **values: Any) -> MeasurementReport:
    sheet = file.read.sheet
    shown = {row.number for row in file.read.rows[:PREVIEW_ROWS]}
    return MeasurementReport(
        file_name=file.name,
        sha256=file.sha256,
        rows=file.read.total,
        bad=len({problem.row for problem in matched.problems}),
        problems=sorted(matched.problems, key=lambda problem: problem.row),
        preview=[one for one in matched.values if one.row in shown],
        columns=[(column.title, column.field) for column in sheet.header.columns],
        ignored=sheet.header.ignored,
        sheet_name=sheet.name,
        **values,
    )
