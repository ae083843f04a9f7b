"""Reads of what producers are told, and of corrections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.core.i18n import Message
from chain.core.models import AuditRecord
from chain.core.money import Money
from chain.core.paging import Page, PageRequest, order_by, paginate_rows
from chain.lots.models import Lot, ProducerNotice

MAX_NOTICES = 20
#: Parameters that are numbers or days, written by the reader's country. Those in `_minor` are money in `currency`, those in
#: `_bp` a percentage in hundredths, those in `_day` days, dictionaries sentences of their own; all others are words.
NUMBERS, DAYS = frozenset({"before", "after", "amount", "quantity"}), frozenset({"day"})


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice as it is shown."""

    id: UUID
    organisation: str
    msgid: str
    params: dict[str, Any]
    created_at: datetime
    read_at: datetime | None

    @property
    def message(self) -> Message:
        """The sentence, to be translated at the edge."""
        return _sentence(self.msgid, self.params, self.params.get("currency"))


def _sentence(msgid: str, params: Mapping[str, Any], currency: str | None) -> Message:
    return Message(msgid, {name: _typed(name, value, currency) for name, value in params.items()})


def _typed(name: str, value: Any, currency: str | None) -> Any:
    if isinstance(value, Mapping):
        return _sentence(str(value["msgid"]), value.get("params", {}), currency)
    if isinstance(value, str):
        return _read(name, value)
    if isinstance(value, int) and name.endswith("_minor") and currency:
        return Money(value, currency)
    return Decimal(value) / 100 if isinstance(value, int) and name.endswith("_bp") else value


def _read(name: str, value: str) -> Any:
    try:
        if name in NUMBERS:
            return Decimal(value)
        return date.fromisoformat(value) if name in DAYS or name.endswith("_day") else value
    except (ValueError, InvalidOperation):
        return value


def notices_of(
    session: Session, producer_id: UUID, limit: int = MAX_NOTICES, organisation_id: UUID | None = None
) -> Sequence[NoticeRow]:
    """Return what a producer was told, by all organisations or by one: the unread first, then the latest."""
    statement = _notices(producer_id)
    if organisation_id is not None:
        statement = statement.where(ProducerNotice.organisation_id == organisation_id)
    return [NoticeRow(*row) for row in session.execute(statement.limit(limit))]


def page_of_notices(session: Session, producer_id: UUID, request: PageRequest) -> Page[NoticeRow]:
    """Return a page of everything that a producer was ever told: the unread first, then the latest."""
    sorts = {"created_at": ProducerNotice.created_at}
    ordered = order_by(_notices(producer_id), request.sort, sorts, ProducerNotice.id)
    page = paginate_rows(session, ordered, request)
    return Page([NoticeRow(*row) for row in page.items], page.page, page.page_size, page.total)


def _notices(producer_id: UUID) -> Select[Any]:
    return (
        select(
            ProducerNotice.id,
            Organisation.name,
            ProducerNotice.msgid,
            ProducerNotice.params,
            ProducerNotice.created_at,
            ProducerNotice.read_at,
        )
        .join(Organisation, Organisation.id == ProducerNotice.organisation_id)
        .where(ProducerNotice.producer_id == producer_id)
        .order_by(
            ProducerNotice.read_at.is_not(None), ProducerNotice.created_at.desc(), ProducerNotice.id.desc()
        )
    )


def successor_of(session: Session, lot_id: UUID) -> Lot | None:
    """Return the lot that corrects a cancelled one."""
    return session.scalar(select(Lot).where(Lot.replaces_id == lot_id))


@dataclass(frozen=True, slots=True)
class Cancellation:
    """When and why a lot was cancelled."""

    at: datetime
    reason: str


def cancellation_of(session: Session, lot_id: UUID) -> Cancellation | None:
    """Return when and why a lot was cancelled; None when it was not."""
    row = session.execute(
        select(AuditRecord.at, AuditRecord.after)
        .where(AuditRecord.subject_id == lot_id, AuditRecord.tag == "lots:lot:cancelled")
        .order_by(AuditRecord.at.desc())
        .limit(1)
    ).first()
    return None if row is None else Cancellation(row.at, str((row.after or {}).get("reason", "")))
