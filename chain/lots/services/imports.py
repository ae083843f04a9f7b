"""Importing a file of lots: look at it without writing, or write it whole in one transaction."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import PurePath
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor, Permission
from chain.certification.queries import claims_on
from chain.certification.rules import Claim
from chain.core import audit
from chain.core.errors import IdempotencyConflict
from chain.core.i18n import N_, Message
from chain.core.ids import new_id
from chain.lots.import_queries import earlier_import, known_lots, live_source_keys
from chain.lots.importing.reading import Problem, ReadFile, ReadOptions, ReadRow, read_rows
from chain.lots.importing.report import (
    FileReadOtherwise,
    ImportReport,
    Outcome,
    PreviewRow,
    RowsRefused,
    RowStatus,
)
from chain.lots.importing.sheets import open_sheet
from chain.lots.importing.weights import WeightScale
from chain.lots.models import ImportBatch
from chain.lots.rules import MAX_BATCH, Checked, Delivery, check_delivery
from chain.lots.services.registration import ItemResult, ItemStatus, register_lots
from chain.lots.services.schemes import open_house
from chain.producers.queries import names_of, producers_by_member_code

PREVIEW_ROWS = 10
MAX_FILE_NAME = 200
NAMELESS = "lotes"

UNKNOWN_CODE = N_("No member has the code “%(code)s” now.")
ID_TAKEN = N_("This id was already used with other content.")
#: Field of a delivery → field of a file.
_FIELDS = {
    "gross_g": "gross",
    "tare_g": "tare",
    "delivered_at": "date",
    "producer_id": "member_code",
    "chosen_key": "carcass_class",
}


class ImportAudit(StrEnum):
    """Tags of the audit trail."""

    STORED = "lots:import:stored"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportChoices:
    """What a person says of a whole file."""

    unit: str | None = None
    grams_per_quintal: Decimal | None = None
    commodity: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedFile:
    """A file that was read, ready to be looked at or stored."""

    name: str
    sha256: str
    choices: ImportChoices
    read: ReadFile


@dataclass(slots=True)
class _Matched:
    """The rows of a file beside the deliveries that they mean, and every problem so far."""

    rows: list[ReadRow]
    deliveries: list[Delivery]
    problems: list[Problem] = field(default_factory=list)


def open_file(
    session: Session, *, actor: Actor, content: bytes, file_name: str, choices: ImportChoices
) -> OpenedFile:
    """Read a file on the clock of the actor's centre; nothing is looked up and nothing written.

    Raises:
        Forbidden: the actor may not import.
        UnusableFile: the file as a whole cannot be read.
        QuintalOutOfBounds: the factor is no quintal's.
    """
    actor.require(Permission.LOTS_IMPORT)
    zone = session.scalar(select(Organisation.timezone).where(Organisation.id == actor.org))
    scale = WeightScale(choices.unit, choices.grams_per_quintal)
    options = ReadOptions(zone=ZoneInfo(zone or "UTC"), scale=scale, commodity=choices.commodity)
    return OpenedFile(
        name=tidy_name(file_name),
        sha256=hashlib.sha256(content).hexdigest(),
        choices=choices,
        read=read_rows(open_sheet(content), options),
    )


def tidy_name(name: str) -> str:
    """Return a file's name as it may be shown: no folders, nothing unprintable, at most 200 characters."""
    last = PurePath(name.replace("\\", "/")).name
    return "".join(letter for letter in last if letter.isprintable())[:MAX_FILE_NAME] or NAMELESS


def check_import(session: Session, *, actor: Actor, now: datetime, file: OpenedFile) -> ImportReport:
    """Say what an import would do, by the same checks, without writing.

    Raises:
        Forbidden: the actor may not import.
        FileReadOtherwise: the same file was imported with other choices.
    """
    actor.require(Permission.LOTS_IMPORT)
    matched = _match(session, actor, file)
    _refuse_other_reading(session, actor, file)
    known = known_lots(
        session,
        actor.org,
        [one.id for row, one in zip(matched.rows, matched.deliveries, strict=True) if row.id is not None],
        [one.source_key for one in matched.deliveries if one.source_key is not None],
    )
    statuses: list[RowStatus] = []
    checked_rows: list[tuple[ReadRow, Checked, RowStatus]] = []
    seen: dict[UUID, str] = {}
    for row, delivery in zip(matched.rows, matched.deliveries, strict=True):
        checked = check_delivery(delivery, now)
        if not isinstance(checked, Checked):
            matched.problems += _problems_of(file, row, checked)
            continue
        status = _status(checked, row, known, seen)
        if status is RowStatus.BAD:
            matched.problems.append(_id_problem(file, row))
            continue
        statuses.append(status)
        if len(checked_rows) < PREVIEW_ROWS:
            checked_rows.append((row, checked, status))
    return _report(
        file,
        outcome=Outcome.CHECKED,
        new=statuses.count(RowStatus.NEW),
        duplicates=statuses.count(RowStatus.DUPLICATE),
        problems=matched.problems,
        preview=_preview(session, actor, checked_rows),
        earlier=earlier_import(session, actor.org, file.sha256),
    )


def _status(
    checked: Checked, row: ReadRow, known: Mapping[UUID | str, tuple[bool, str]], seen: dict[UUID, str]
) -> RowStatus:
    """Tell what registration would answer, by id for rows that bring one and by source key for the others."""
    if row.id is None:
        return RowStatus.DUPLICATE if row.source_key in known else RowStatus.NEW
    is_repeated = row.id in seen
    is_own, stored_hash = known.get(row.id, (True, checked.content_hash))
    if not is_own or {stored_hash, seen.setdefault(row.id, checked.content_hash)} != {checked.content_hash}:
        return RowStatus.BAD
    return RowStatus.DUPLICATE if is_repeated or row.id in known else RowStatus.NEW


def import_lots(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - the client's name for it, as in the API
    file: OpenedFile,
    skip_bad: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> ImportReport:
    """Store the rows of a file, all or, with `skip_bad`, those without a problem. The same id answers the first result.

    `progress` is told after each thousand how many rows are done, and of how many.

    Raises:
        Forbidden: the actor may not import or not register.
        RowsRefused: rows are bad and `skip_bad` was not asked for; the caller's transaction must be rolled back.
        FileReadOtherwise: the same file was imported with other choices.
        IdempotencyConflict: the id belongs to another import.
    """
    actor.require(Permission.LOTS_IMPORT)
    actor.require(Permission.LOTS_REGISTER)
    earlier = session.get(ImportBatch, id)
    if earlier is not None:
        return _answer_again(session, actor, now, file, earlier)
    matched = _match(session, actor, file, id)
    _refuse_other_reading(session, actor, file)
    if matched.problems and not skip_bad:
        report = check_import(session, actor=actor, now=now, file=file)
        raise RowsRefused(replace(report, outcome=Outcome.REFUSED))
    batch = _new_batch(session, actor, now, id, file)
    results = _register(session, actor, now, matched, progress)
    for row, result in zip(matched.rows, results, strict=True):
        if result.status is ItemStatus.REJECTED:
            matched.problems += _problems_of(file, row, result.errors)
        elif result.status is ItemStatus.CONFLICT:
            matched.problems.append(_id_problem(file, row))
    statuses = [result.status for result in results]
    report = _report(
        file,
        outcome=Outcome.STORED,
        new=statuses.count(ItemStatus.STORED),
        duplicates=statuses.count(ItemStatus.DUPLICATE),
        problems=matched.problems,
        batch_id=batch.id,
    )
    if report.bad and not skip_bad:
        raise RowsRefused(replace(report, outcome=Outcome.REFUSED, batch_id=None))
    _close_batch(session, actor, now, batch, report)
    return report


def _register(
    session: Session,
    actor: Actor,
    now: datetime,
    matched: _Matched,
    progress: Callable[[int, int], None] | None,
) -> list[ItemResult]:
    results: list[ItemResult] = []
    for start in range(0, len(matched.deliveries), MAX_BATCH):
        chunk = matched.deliveries[start : start + MAX_BATCH]
        results += register_lots(session, actor=actor, now=now, deliveries=chunk)
        if progress is not None:
            progress(len(results), len(matched.deliveries))
    return results


def _match(session: Session, actor: Actor, file: OpenedFile, batch_id: UUID | None = None) -> _Matched:
    """Find the producers of all rows by one query per 10,000 codes, and make deliveries of the rows."""
    rows = file.read.rows
    producers = producers_by_member_code(session, actor.org, {row.member_code for row in rows})
    matched = _Matched([], [], list(file.read.problems))
    for row in rows:
        producer_id = producers.get(row.member_code)
        if producer_id is None:
            reason = Message(UNKNOWN_CODE, {"code": row.member_code})
            title = file.read.sheet.header.title_of("member_code")
            matched.problems.append(Problem(row.number, title, reason))
            continue
        matched.rows.append(row)
        matched.deliveries.append(
            Delivery(
                id=row.id or new_id(),
                commodity=row.commodity,
                producer_id=producer_id,
                delivered_at=row.delivered_at,
                gross_g=row.gross_g,
                tare_g=row.tare_g,
                quantity=row.quantity,
                attributes=row.attributes,
                chosen_key=row.chosen_key,
                source_key=row.source_key,
                import_batch_id=batch_id,
            )
        )
    return matched


def _problems_of(
    file: OpenedFile, row: ReadRow, errors: Mapping[str, Sequence[Message]]
) -> Iterable[Problem]:
    header = file.read.sheet.header
    for name, messages in errors.items():
        wanted = _FIELDS.get(name, name)
        if name == "quantity":
            wanted = next((one for one in ("net", "litres", "gross") if header.has(one)), "net")
        for message in messages:
            yield Problem(row.number, header.title_of(wanted) if wanted else name, message)


def _id_problem(file: OpenedFile, row: ReadRow) -> Problem:
    return Problem(row.number, file.read.sheet.header.title_of("id"), Message(ID_TAKEN))


def _refuse_other_reading(session: Session, actor: Actor, file: OpenedFile) -> None:
    """Refuse a file that stands in the database under other weights: a second factor would double every lot."""
    earlier = earlier_import(session, actor.org, file.sha256)
    if earlier is None:
        return
    own = {row.source_key for row in file.read.rows}
    if not live_source_keys(session, actor.org, file.sha256) <= own:
        raise FileReadOtherwise(day=earlier.imported_at.date())


def _new_batch(
    session: Session, actor: Actor, now: datetime, batch_id: UUID, file: OpenedFile
) -> ImportBatch:
    factor = file.choices.grams_per_quintal
    batch = ImportBatch(
        id=batch_id,
        organisation_id=actor.org,
        file_name=file.name,
        file_sha256=file.sha256,
        weight_unit=file.choices.unit,
        grams_per_unit=None if factor is None else f"{factor.normalize():f}",
        imported_at=now,
        imported_by=actor.user_id,
    )
    try:
        with session.begin_nested():
            session.add(batch)
    except IntegrityError:
        raise IdempotencyConflict from None  # the same import in the same instant; sent again, it gets its answer
    return batch


def _close_batch(
    session: Session, actor: Actor, now: datetime, batch: ImportBatch, report: ImportReport
) -> None:
    batch.rows_stored = report.new
    batch.rows_duplicate = report.duplicates
    batch.rows_rejected = report.bad
    session.flush()
    audit.record(
        session,
        tag=ImportAudit.STORED,
        actor=actor,
        now=now,
        subject_type="import_batch",
        subject_id=batch.id,
        after={
            "file": batch.file_name,
            "sha256": batch.file_sha256,
            "unit": batch.weight_unit,
            "grams_per_quintal": batch.grams_per_unit,
            "stored": batch.rows_stored,
            "duplicate": batch.rows_duplicate,
            "rejected": batch.rows_rejected,
        },
    )


def _answer_again(
    session: Session, actor: Actor, now: datetime, file: OpenedFile, batch: ImportBatch
) -> ImportReport:
    if batch.organisation_id != actor.org or batch.file_sha256 != file.sha256:
        raise IdempotencyConflict
    report = check_import(session, actor=actor, now=now, file=file)
    return replace(
        report,
        outcome=Outcome.STORED,
        new=batch.rows_stored,
        duplicates=batch.rows_duplicate,
        bad=batch.rows_rejected,
        batch_id=batch.id,
        is_first_answer=False,
    )


def _report(file: OpenedFile, *, problems: Sequence[Problem], **values: Any) -> ImportReport:
    sheet = file.read.sheet
    return ImportReport(
        file_name=file.name,
        sha256=file.sha256,
        total=file.read.total,
        bad=len({problem.row for problem in problems}),
        problems=sorted(problems, key=lambda problem: problem.row),
        columns=[(column.title, column.field) for column in sheet.header.columns],
        ignored=sheet.header.ignored,
        sheet_name=sheet.name,
        other_sheets=sheet.other_sheets,
        **values,
    )


def _preview(
    session: Session, actor: Actor, rows: Sequence[tuple[ReadRow, Checked, RowStatus]]
) -> list[PreviewRow]:
    """Return the first rows with the producer's name, the class that is proposed and the claim of the day."""
    if not rows:
        return []
    _, schemes = open_house(session, actor.org)
    names = names_of(session, actor.org, {checked.delivery.producer_id for _, checked, _ in rows})
    pairs = {(checked.delivery.producer_id, row.delivered_at.date()) for row, checked, _ in rows}
    claims = claims_on(session, pairs)
    found = []
    for row, checked, status in rows:
        day = row.delivered_at.date()
        producer_id = checked.delivery.producer_id
        proposer = schemes.proposer(row.commodity, day)
        proposal = proposer.propose(checked.attributes, row.chosen_key, checked.quantity)
        claim = claims.get((producer_id, day))
        found.append(
            PreviewRow(
                number=row.number,
                status=status,
                member_code=row.member_code,
                producer_name=names[producer_id].full_name,
                commodity=row.commodity,
                delivered_at=row.delivered_at,
                gross_g=checked.gross_g,
                tare_g=checked.tare_g,
                quantity=checked.quantity,
                unit=checked.unit,
                grade_scheme=proposal.scheme,
                grade_edition=proposal.edition,
                grade_key=proposal.key,
                claim=Claim.CONVENTIONAL.value if claim is None else str(claim.claim),
                reference=row.reference,
            )
        )
    return found
