"""Brings in seasons from an organisation's earlier books."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import Conflict
from chain.core.i18n import N_, Message
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.core.text import tidy
from chain.income.earlier_file import EarlierFile
from chain.income.errors import BadEarlierRows, TooManySeasons
from chain.income.models import IncomeRecord
from chain.income.queries.earlier import earlier_of_producers
from chain.income.rules import MAX_EARLIER_ROWS, EarlierSeason, check_earlier, unit_of
from chain.income.services.audit_tags import IncomeAudit
from chain.producers.queries import member_ids_among, producers_by_member_code

Errors = Mapping[str, Sequence[Message]]
#: What makes two rows the same; the source may be worded otherwise.
FIGURES = ("quantity", "gross_minor", "deductions_minor", "currency")

UNKNOWN_PRODUCER = N_("No member has this code or id.")
WHO_IS_MISSING = N_("Name the producer by member code or id.")
OTHER_FIGURES = N_("This season is in the books already, with other figures.")


class EarlierStatus(StrEnum):
    """What became of a row."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class EarlierResult:
    """The answer to one row."""

    status: EarlierStatus
    errors: Errors = field(default_factory=dict)


def bring_in_earlier_seasons(
    session: Session, *, actor: Actor, now: datetime, rows: Sequence[EarlierSeason]
) -> list[EarlierResult]:
    """Keep seasons from earlier books; one result per row, in their order. The same figures again change nothing.

    Raises:
        Forbidden: the actor may not.
        TooManySeasons: more than `MAX_EARLIER_ROWS` rows.
        Conflict: somebody else brought in the same season in the same instant.
    """
    actor.require(Permission.INCOME_WRITE)
    if len(rows) > MAX_EARLIER_ROWS:
        raise TooManySeasons(limit=MAX_EARLIER_ROWS)
    organisation = get_own_organisation(session, actor)
    this_season = local_date(now, organisation.timezone).year
    who = _find_producers(session, organisation.id, rows)
    known: dict[tuple[UUID, int, str], Mapping[str, object]] = {
        key: {name: getattr(record, name) for name in FIGURES}
        for key, record in earlier_of_producers(
            session, organisation.id, sorted({one for one in who if one is not None})
        ).items()
    }
    results, new = [], []
    for row, producer_id in zip(rows, who, strict=True):
        errors = check_earlier(row, this_season)
        if producer_id is None:
            named = row.producer_id is not None or row.member_code
            errors.add("member_code", UNKNOWN_PRODUCER if named else WHO_IS_MISSING)
        if errors or producer_id is None:
            results.append(EarlierResult(EarlierStatus.REJECTED, errors.as_mapping()))
            continue
        values = _values(row, organisation.currency)
        key = (producer_id, row.season, row.commodity)
        figures = {name: values[name] for name in FIGURES}
        if key in known:
            results.append(_known_already(known[key] == figures))
            continue
        known[key] = figures
        new.append(
            values
            | {"id": new_id(), "producer_id": producer_id, "organisation_id": organisation.id}
            | {"created_at": now, "created_by": actor.user_id}
        )
        results.append(EarlierResult(EarlierStatus.STORED))
    _insert(session, actor, now, new)
    return results


@dataclass(frozen=True, slots=True)
class FileResult:
    """What a file changed."""

    stored: int
    duplicates: int


def bring_in_file(session: Session, *, actor: Actor, now: datetime, file: EarlierFile) -> FileResult:
    """Keep all seasons of a file or none; sending it again adds nothing.

    Raises:
        Forbidden: the actor may not.
        BadEarlierRows: some cells cannot be read or some rows cannot be taken.
    """
    actor.require(Permission.INCOME_WRITE)
    bad = [(cell.row, cell.column, cell.reason) for cell in file.bad]
    counts = dict.fromkeys(EarlierStatus, 0)
    for start in range(0, len(file.rows), MAX_EARLIER_ROWS):
        chunk = file.rows[start : start + MAX_EARLIER_ROWS]
        results = bring_in_earlier_seasons(session, actor=actor, now=now, rows=[row for _, row in chunk])
        for (number, _), result in zip(chunk, results, strict=True):
            counts[result.status] += 1
            bad += [(number, name, text) for name, texts in result.errors.items() for text in texts]
    if bad:
        raise BadEarlierRows(sorted(bad, key=lambda one: (one[0], one[1])))
    return FileResult(counts[EarlierStatus.STORED], counts[EarlierStatus.DUPLICATE])


def _find_producers(
    session: Session, organisation_id: UUID, rows: Sequence[EarlierSeason]
) -> list[UUID | None]:
    codes = producers_by_member_code(
        session, organisation_id, {row.member_code for row in rows if row.member_code}
    )
    members = member_ids_among(
        session, organisation_id, {row.producer_id for row in rows if row.producer_id is not None}
    )
    found = []
    for row in rows:
        if row.producer_id is not None:
            found.append(row.producer_id if row.producer_id in members else None)
        else:
            found.append(codes.get(row.member_code or ""))
    return found


def _known_already(same: bool) -> EarlierResult:  # noqa: FBT001 - what the one question was answered with
    if same:
        return EarlierResult(EarlierStatus.DUPLICATE)
    return EarlierResult(EarlierStatus.CONFLICT, {"season": (Message(OTHER_FIGURES),)})


def _values(row: EarlierSeason, currency: str) -> dict[str, object]:
    return {
        "season": row.season,
        "commodity": row.commodity,
        "quantity": row.quantity,
        "unit": unit_of(row.commodity).value,
        "gross_minor": row.gross_minor,
        "deductions_minor": row.deductions_minor,
        "net_minor": row.gross_minor - row.deductions_minor,
        "currency": row.currency or currency,
        "source": tidy(row.source),
    }


def _insert(session: Session, actor: Actor, now: datetime, new: Sequence[dict[str, object]]) -> None:
    if not new:
        return
    try:
        with session.begin_nested():
            session.execute(insert(IncomeRecord), new)
    except IntegrityError:
        raise Conflict from None
    session.execute(
        insert(AuditRecord),
        [
            audit.record_values(
                tag=IncomeAudit.EARLIER_BROUGHT_IN,
                actor=actor,
                now=now,
                subject_type="income_record",
                subject_id=UUID(str(values["id"])),
                after={name: value for name, value in values.items() if name not in {"id", "created_at"}},
            )
            for values in new
        ],
    )
