"""Issuing papers: numbers without a gap, frozen content, a check code and a signature."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from msgspec import Raw
from sqlalchemy import Table, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import get_organisation
from chain.accounts.rules import Actor
from chain.core import audit
from chain.core.among import among
from chain.core.clock import local_date
from chain.core.hashing import canonical_json, text_hash
from chain.core.ids import new_id
from chain.core.many_rows import insert_many
from chain.core.signing import signer
from chain.ledger.queries.days import daily_hash
from chain.papers.audit_tags import PaperAudit
from chain.papers.codes import Statement, content_mark, holder_mark, sign_statement
from chain.papers.errors import BadSeries, PaperStands, SeriesOfAnotherKind
from chain.papers.models import Paper, PaperCounter
from chain.papers.rules import DEFAULT_SERIES, SERIES, PaperKind, new_check_code, new_salt, serial
from chain.papers.services.keys import publish_key
from chain.producers.models import Producer


@dataclass(frozen=True, slots=True)
class PaperDraft:
    """A paper before it has a number."""

    subject_type: str
    subject_id: UUID
    #: the producer, or the organisation of a buyer
    party_id: UUID | None
    currency: str
    #: what is paid or to be paid
    amount_minor: int
    #: everything that is printed; number, day and the mark of the ledger are added
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Alike:
    """What all papers that are issued at once have in common."""

    house: Organisation
    #: what each content says
    said: Mapping[str, Any]
    #: what each row holds
    held: Mapping[str, Any]
    #: from a content's JSON to what is inserted
    kept: Callable[[str], Any]


def issue_papers(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    organisation_id: UUID,
    kind: PaperKind,
    drafts: Sequence[PaperDraft],
    series: str | None = None,
    issued_on: date | None = None,
) -> list[Paper]:
    """Issue papers as `issue_unread` does, and return them."""
    if not drafts:
        return []
    series = series or DEFAULT_SERIES[kind]
    first = issue_unread(
        session,
        actor=actor,
        now=now,
        organisation_id=organisation_id,
        kind=kind,
        drafts=drafts,
        series=series,
        issued_on=issued_on,
    )
    return _issued(session, organisation_id, series, first)


def issue_unread(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    organisation_id: UUID,
    kind: PaperKind,
    drafts: Sequence[PaperDraft],
    series: str | None = None,
    issued_on: date | None = None,
) -> int:
    """Issue a paper for each draft, numbered in their order; the caller has checked who may cause it. Return the first number.

    Nothing is read back: a settlement issues thousands. Call it last in a transaction: the numbers are one UPDATE of the
    counter's row, held until the commit. A transaction that fails leaves no gap, and two that issue in one series wait for
    each other. There must be a draft.

    Raises:
        BadSeries: `series` is no series.
        SeriesOfAnotherKind: the series holds another kind.
        PaperStands: a subject has a paper of this kind that was not voided.
    """
    series = series or DEFAULT_SERIES[kind]
    if not SERIES.fullmatch(series):
        raise BadSeries
    _check_free(session, kind, drafts)
    house = get_organisation(session, organisation_id)
    documents = _documents(session, {one.party_id for one in drafts if one.party_id})
    publish_key(session, actor=actor, now=now)
    day = issued_on or local_date(now, house.timezone)
    series_of = {"kind": kind.value, "series": series}
    alike = _Alike(
        house,
        _ledger_mark(session, organisation_id, day)
        | series_of
        | {"issued_on": day.isoformat(), "issued_at": now.isoformat()},
        series_of
        | {
            "organisation_id": house.id,
            "issued_on": day,
            "issued_at": now,
            "issued_by": actor.user_id,
            "printed": 0,
        },
        _keeper(session),
    )
    first = _take_numbers(session, organisation_id, series, kind, len(drafts)) - len(drafts) + 1
    rows = [
        _row(alike, draft, number, documents.get(draft.party_id) if draft.party_id else None)
        for number, draft in enumerate(drafts, first)
    ]
    insert_many(session, cast("Table", Paper.__table__), rows)
    audit.record(
        session,
        tag=PaperAudit.ISSUED,
        actor=actor,
        now=now,
        subject_type="paper",
        subject_id=rows[0]["id"],
        after={
            "kind": kind.value,
            "first": serial(series, first),
            "last": serial(series, first + len(rows) - 1),
            "count": len(rows),
        },
    )
    return first


def _keeper(session: Session) -> Callable[[str], Any]:
    """Return what makes of a content's JSON what is inserted: PostgreSQL takes the text itself."""
    return json.loads if session.get_bind().dialect.name == "sqlite" else lambda text: Raw(text.encode())


def _ledger_mark(session: Session, organisation_id: UUID, day: date) -> dict[str, Any]:
    """Return the mark of the books at the end of the day before: that day is over, so its mark is final."""
    before = day - timedelta(days=1)
    mark = daily_hash(session, organisation_id, before)
    return {"ledger_day": before.isoformat(), "ledger_hash": mark}


def _row(alike: _Alike, draft: PaperDraft, number: int, document: str | None) -> dict[str, Any]:
    printed = serial(alike.held["series"], number)
    content = canonical_json({**draft.content, **alike.said, "number": number, "serial": printed})
    hashed, salt = text_hash(content), new_salt()
    statement = Statement(
        country=alike.house.country,
        house=alike.house.tax_id or alike.house.code,
        serial=printed,
        issued_on=alike.held["issued_on"],
        currency=draft.currency,
        amount_minor=draft.amount_minor,
        holder_mark=holder_mark(document, salt),
        content_mark=content_mark(hashed),
    )
    signed = sign_statement(statement, signer())
    return {
        **alike.held,
        "id": new_id(),
        "number": number,
        "subject_type": draft.subject_type,
        "subject_id": draft.subject_id,
        "party_id": draft.party_id,
        "currency": draft.currency,
        "amount_minor": draft.amount_minor,
        "content": alike.kept(content),
        "content_hash": hashed,
        "check_code": new_check_code(),
        "salt": salt,
        "key_id": signed.key_id,
        "signed_line": signed.payload,
        "signature": signed.signature,
    }


def _take_numbers(session: Session, organisation_id: UUID, series: str, kind: PaperKind, count: int) -> int:
    """Take the next numbers of the series and return the last of them."""
    dialect_insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    session.execute(
        dialect_insert(PaperCounter)
        .values(organisation_id=organisation_id, series=series, kind=kind.value, last_number=0)
        .on_conflict_do_nothing(index_elements=["organisation_id", "series"])
    )
    last = session.scalar(
        update(PaperCounter)
        .where(
            PaperCounter.organisation_id == organisation_id,
            PaperCounter.series == series,
            PaperCounter.kind == kind.value,
        )
        .values(last_number=PaperCounter.last_number + count)
        .returning(PaperCounter.last_number)
        .execution_options(synchronize_session=False)
    )
    if last is None:
        raise SeriesOfAnotherKind(series=series)
    return last


def _check_free(session: Session, kind: PaperKind, drafts: Sequence[PaperDraft]) -> None:
    """Refuse before a number is taken; the unique index says the same to whoever comes at the same moment."""
    subjects = {(one.subject_type, one.subject_id) for one in drafts}
    if len(subjects) != len(drafts):
        raise PaperStands
    rows = session.execute(
        select(Paper.subject_type, Paper.subject_id).where(
            among(session, Paper.subject_id, [one.subject_id for one in drafts]),
            Paper.kind == kind.value,
            Paper.voided_at.is_(None),
        )
    )
    if any((row.subject_type, row.subject_id) in subjects for row in rows):
        raise PaperStands


def _documents(session: Session, party_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the document of each party that has one: of a person the number, of a house its tax number."""
    people = select(Producer.id, Producer.document_number).where(among(session, Producer.id, party_ids))
    houses = select(Organisation.id, Organisation.tax_id).where(among(session, Organisation.id, party_ids))
    return {row[0]: row[1] for part in (people, houses) for row in session.execute(part) if row[1]}


def _issued(session: Session, organisation_id: UUID, series: str, first: int) -> list[Paper]:
    return list(
        session.scalars(
            select(Paper)
            .where(Paper.organisation_id == organisation_id, Paper.series == series, Paper.number >= first)
            .order_by(Paper.number)
        )
    )
