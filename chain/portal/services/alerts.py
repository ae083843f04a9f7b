"""Telling users: an alert is kept once for each, and goes by mail to whoever wants it so."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import who_may
from chain.accounts.rules import Actor, Permission
from chain.core.errors import NotFound
from chain.core.hashing import plain
from chain.core.ids import new_id
from chain.core.outbox import enqueue
from chain.portal.models import Alert, AlertSetting
from chain.portal.rules import AlertKind, Pace, next_digest

#: Kinds of outbox messages: one alert by mail, and the morning mail of a user.
MAIL_MESSAGE = "portal.mail"
DIGEST_MESSAGE = "portal.digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What there is to tell. `key` makes it one: whoever was told under it is not told again. `params` holds no price."""

    kind: AlertKind
    msgid: str
    params: Mapping[str, Any] = field(default_factory=dict)
    path: str
    key: str


def users_with(session: Session, organisation_id: UUID, permission: Permission) -> list[UUID]:
    """Return the active users of an organisation who hold a permission by one of their roles."""
    return sorted(user_id for user_id, _ in who_may(session, organisation_id, permission))


def tell_organisation(
    session: Session, *, now: datetime, organisation_id: UUID, permission: Permission, news: News
) -> int:
    """Tell everybody of an organisation who may act on it; return how many were told now."""
    users = users_with(session, organisation_id, permission)
    return tell_users(session, now=now, organisation_id=organisation_id, user_ids=users, news=news)


def tell_users(
    session: Session, *, now: datetime, organisation_id: UUID, user_ids: Collection[UUID], news: News
) -> int:
    """Tell users; who was told of the same before is passed over. Return how many were told now."""
    told = 0
    for user_id in sorted(set(user_ids)):
        alert_id = _insert(session, now, organisation_id, user_id, news)
        if alert_id is not None:
            told += 1
            _send_by_mail(session, now, organisation_id, user_id, alert_id, news.kind)
    return told


def _insert(session: Session, now: datetime, organisation_id: UUID, user_id: UUID, news: News) -> UUID | None:
    dialect_insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    statement = dialect_insert(Alert).values(
        id=new_id(),
        user_id=user_id,
        organisation_id=organisation_id,
        kind=news.kind.value,
        msgid=news.msgid,
        params=plain(news.params),
        path=news.path,
        dedupe_key=news.key,
        created_at=now,
    )
    keys = ["user_id", "organisation_id", "dedupe_key"]
    return session.scalars(statement.on_conflict_do_nothing(index_elements=keys).returning(Alert.id)).first()


def _send_by_mail(  # noqa: PLR0917 - private; what an alert is
    session: Session, now: datetime, organisation_id: UUID, user_id: UUID, alert_id: UUID, kind: AlertKind
) -> None:
    setting = session.get(AlertSetting, user_id)
    if setting is None or setting.confirmed_at is None or kind.value not in setting.kinds:
        return
    if setting.pace == Pace.AT_ONCE:
        enqueue(
            session,
            kind=MAIL_MESSAGE,
            payload={"alert_id": alert_id},
            now=now,
            dedupe_key=f"{MAIL_MESSAGE}:{alert_id}",
        )
    elif setting.pace == Pace.DAILY:
        due = next_digest(now, session.get_one(Organisation, organisation_id).timezone)
        enqueue(
            session,
            kind=DIGEST_MESSAGE,
            payload={"user_id": user_id},
            now=now,
            available_at=due,
            dedupe_key=f"{DIGEST_MESSAGE}:{user_id}:{due.isoformat()}",
        )


def mark_read(session: Session, *, actor: Actor, now: datetime, alert_id: UUID) -> Alert:
    """Note that an own alert was read; the first time counts.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = session.get(Alert, alert_id)
    if found is None or found.user_id != actor.user_id or found.organisation_id != actor.organisation_id:
        raise NotFound
    found.read_at = found.read_at or now
    session.flush()
    return found


def mark_all_read(session: Session, *, actor: Actor, now: datetime) -> int:
    """Note that all own alerts in the acting organisation were read; return how many were not before."""
    done = session.execute(
        update(Alert)
        .where(
            Alert.user_id == actor.user_id,
            Alert.organisation_id == actor.organisation_id,
            Alert.read_at.is_(None),
        )
        .values(read_at=now)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE has it
