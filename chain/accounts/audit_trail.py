"""Reads of the audit trail for those who watch over an organisation."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from chain.accounts.models import User
from chain.accounts.rules import Actor, Permission
from chain.core.models import AuditRecord
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows

#: Rows of one export; whoever needs more narrows the dates.
MAX_EXPORT_ROWS = 50_000
SORTS: SortColumns = {"at": AuditRecord.at, "tag": AuditRecord.tag}


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """What is wanted of the trail; a missing filter takes everything."""

    #: from this moment on
    since: datetime | None = None
    #: before this moment
    until: datetime | None = None
    #: part of a person's name or user name
    person: str = ""
    #: start of a tag: "lots", "lots:lot", "lots:lot:registered"
    tag: str = ""
    subject_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One record, with the name of who acted; None when the worker or the command line did."""

    id: UUID
    at: datetime
    tag: str
    actor_id: UUID | None
    actor_name: str | None
    subject_type: str
    subject_id: UUID | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    request_id: str | None


def _statement(actor: Actor, filters: AuditFilters) -> Select[Any]:
    actor.require(Permission.AUDIT_READ)
    record = AuditRecord
    own = record.organisation_id == actor.org
    if actor.may(Permission.ORGANISATIONS_MANAGE):
        own = or_(own, record.organisation_id.is_(None))  # what the command line did for nobody in particular
    statement = (
        select(record, User.display_name)
        .outerjoin(User, User.id == record.actor_id)
        .where(own)
        .order_by(record.at.desc(), record.id.desc())
    )
    if filters.since is not None:
        statement = statement.where(record.at >= filters.since)
    if filters.until is not None:
        statement = statement.where(record.at < filters.until)
    if filters.person.strip():
        text = filters.person.strip()[:100]
        name = User.display_name.icontains(text, autoescape=True)
        statement = statement.where(or_(name, User.username.icontains(text, autoescape=True)))
    if filters.tag.strip():
        statement = statement.where(record.tag.startswith(filters.tag.strip()[:80], autoescape=True))
    if filters.subject_id is not None:
        statement = statement.where(record.subject_id == filters.subject_id)
    return statement


def _row(record: AuditRecord, name: str | None) -> AuditRow:
    return AuditRow(
        record.id,
        record.at,
        record.tag,
        record.actor_id,
        name,
        record.subject_type,
        record.subject_id,
        record.before,
        record.after,
        record.request_id,
    )


def list_records(
    session: Session, actor: Actor, filters: AuditFilters, request: PageRequest
) -> Page[AuditRow]:
    """Return one page of the own organisation's trail; the newest first.

    Raises:
        Forbidden: the actor may not read it.
    """
    statement = order_by(_statement(actor, filters), request.sort, SORTS, AuditRecord.id)
    page = paginate_rows(session, statement, request)
    return Page([_row(*row) for row in page.items], page.page, page.page_size, page.total)


def export_records(session: Session, actor: Actor, filters: AuditFilters) -> Iterator[AuditRow]:
    """Return up to `MAX_EXPORT_ROWS` records, the newest first.

    Raises:
        Forbidden: the actor may not read it.
    """
    rows = session.execute(_statement(actor, filters).limit(MAX_EXPORT_ROWS))
    return (_row(*row) for row in rows)
