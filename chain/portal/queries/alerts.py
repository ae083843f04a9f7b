"""Reads of a user's own alerts and searches, in the organisation that the user acts for."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate
from chain.portal.models import Alert, AlertSetting, BoardSearch

ALERT_SORT: SortColumns = {"created_at": Alert.created_at, "kind": Alert.kind}


def list_alerts(session: Session, actor: Actor, request: PageRequest, *, unread: bool = False) -> Page[Alert]:
    """Return the own alerts, the latest on top."""
    statement = (
        select(Alert)
        .where(Alert.user_id == actor.user_id, Alert.organisation_id == actor.organisation_id)
        .order_by(Alert.created_at.desc(), Alert.id.desc())
    )
    if unread:
        statement = statement.where(Alert.read_at.is_(None))
    return paginate(session, order_by(statement, request.sort, ALERT_SORT, Alert.id.expression), request)


def count_unread(session: Session, actor: Actor) -> int:
    """Return how many own alerts were not read."""
    statement = (
        select(func.count())
        .select_from(Alert)
        .where(
            Alert.user_id == actor.user_id,
            Alert.organisation_id == actor.organisation_id,
            Alert.read_at.is_(None),
        )
    )
    return session.scalar(statement) or 0


def own_setting(session: Session, actor: Actor) -> AlertSetting | None:
    """Return how the user wants to be told; None: in the page only."""
    return session.get(AlertSetting, actor.user_id) if actor.user_id is not None else None


def own_searches(session: Session, actor: Actor) -> Sequence[BoardSearch]:
    """Return the own searches, by name."""
    return session.scalars(
        select(BoardSearch)
        .where(BoardSearch.user_id == actor.user_id, BoardSearch.organisation_id == actor.organisation_id)
        .order_by(BoardSearch.name, BoardSearch.id)
    ).all()
