"""What the writers of custody share: tags of the audit trail, numbers, checks of typed text."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core import audit
from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.core.text import tidy, tidy_lines
from chain.custody.models import CustodyCounter
from chain.custody.rules.words import MAX_NOTE, MIN_NOTE


class CustodyAudit(StrEnum):
    """Tags of the audit trail."""

    SITE_CREATED = "custody:site:created"
    SITE_CHANGED = "custody:site:changed"
    SITE_ARCHIVED = "custody:site:archived"
    SITE_RESTORED = "custody:site:restored"
    CONTAINER_CREATED = "custody:container_type:created"
    CONTAINER_CHANGED = "custody:container_type:changed"
    CONTAINER_ARCHIVED = "custody:container_type:archived"
    CONTAINER_RESTORED = "custody:container_type:restored"
    ROUTE_CREATED = "custody:route:created"
    ROUTE_CHANGED = "custody:route:changed"
    ROUTE_ARCHIVED = "custody:route:archived"
    ROUTE_RESTORED = "custody:route:restored"
    SETTINGS_CHANGED = "custody:settings:changed"
    LOT_HELD = "custody:lot:held"
    LOT_RELEASED = "custody:lot:released"
    RECEIPT_ISSUED = "custody:storage_receipt:issued"
    COUNT_OPENED = "custody:count:opened"
    COUNT_CLOSED = "custody:count:closed"
    COUNT_DISCARDED = "custody:count:discarded"
    CONTAINERS_MOVED = "custody:containers:moved"
    TANK_READ = "custody:tank:read"
    VISIT_ARRIVED = "custody:visit:arrived"
    VISIT_SERVED = "custody:visit:served"
    VISIT_LEFT = "custody:visit:left"
    DISPATCHED = "custody:dispatch:left"
    DISPATCH_CANCELLED = "custody:dispatch:cancelled"
    DISPATCH_ARRIVED = "custody:dispatch:arrived"
    DISPATCH_DISPUTED = "custody:dispatch:disputed"
    DISPUTE_SETTLED = "custody:dispatch:settled"
    LOT_DISPATCHED = "custody:lot:dispatched"
    LOT_RETURNED = "custody:lot:brought_back"
    PAPER_PRINTED = "custody:paper:printed"


class Series(StrEnum):
    """What is numbered per organisation."""

    DISPATCH = "dispatch"
    COUNT = "count"
    RECEIPT = "storage_receipt"
    GATE = "gate"


def next_number(session: Session, organisation_id: UUID, series: Series) -> int:
    """Return the next number of an organisation's series; whoever comes at the same time waits for this transaction."""
    dialect_insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    statement = dialect_insert(CustodyCounter).values(
        organisation_id=organisation_id, kind=series.value, last_number=1
    )
    return session.scalars(
        statement.on_conflict_do_update(
            index_elements=["organisation_id", "kind"],
            set_={"last_number": CustodyCounter.last_number + 1},
        ).returning(CustodyCounter.last_number)
    ).one()


def note_change(
    session: Session,
    *,
    tag: CustodyAudit,
    actor: Actor,
    now: datetime,
    subject: str,
    subject_id: UUID,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write one audit record."""
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type=subject,
        subject_id=subject_id,
        before=before,
        after=after,
    )


def clean_name(errors: FieldErrors, field: str, text: str | None, limit: int, *, needed: bool = True) -> str:
    """Return one tidy line of at most `limit` letters; what is wrong with it is noted."""
    found = tidy(text)
    if needed and not found:
        errors.add(field, N_("Fill in this field."))
    elif len(found) > limit:
        errors.add(field, N_("Write at most %(limit)s characters."), limit=limit)
    return found


def clean_note(errors: FieldErrors, field: str, text: str | None, *, needed: bool = False) -> str | None:
    """Return a tidy note or None; a needed one has three letters at least."""
    found = tidy_lines(text)
    if needed and len(found) < MIN_NOTE:
        errors.add(field, N_("Write at least %(least)s letters."), least=MIN_NOTE)
    elif len(found) > MAX_NOTE:
        errors.add(field, N_("Write at most %(limit)s characters."), limit=MAX_NOTE)
    return found or None
