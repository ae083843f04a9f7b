"""Searches of the board that a buyer wants again, and is told of when something fits."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.i18n import N_
from chain.market.queries.lots import LotFilter
from chain.portal.errors import SearchNameTaken, TooManySearches
from chain.portal.models import BoardSearch
from chain.portal.rules import MAX_SEARCHES

MAX_NAME = 100
FILTER_NAMES = frozenset(one.name for one in fields(LotFilter))


def save_search(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - the name that every command of the product uses
    name: str,
    filters: Mapping[str, Any],
) -> BoardSearch:
    """Keep a search; the same command again answers the same. `filters` are fields of `LotFilter`.

    Raises:
        Forbidden: the actor does not buy.
        ValidationFailed: the name is missing or too long, or nothing is searched for.
        SearchNameTaken: the user has another search of this name.
        TooManySearches: the user keeps many already.
        IdempotencyConflict: the id came before with other content.
    """
    actor.require(Permission.BIDS_PLACE)
    title = name.replace("\x00", "").strip()
    kept = {key: value for key, value in filters.items() if key in FILTER_NAMES and value not in {None, ""}}
    known = session.get(BoardSearch, id)
    if known is not None:
        if (known.user_id, known.name, known.filters) != (actor.user_id, title, kept):
            raise IdempotencyConflict
        return known
    errors = FieldErrors()
    if not 1 <= len(title) <= MAX_NAME:
        errors.add("name", N_("Write a name of at most %(limit)s characters."), limit=MAX_NAME)
    if not kept:
        errors.add("commodity", N_("Choose at least one condition."))
    errors.raise_any()
    own = select(func.count()).select_from(BoardSearch).where(BoardSearch.user_id == actor.user_id)
    if (session.scalar(own) or 0) >= MAX_SEARCHES:
        raise TooManySearches(limit=MAX_SEARCHES)
    same = select(BoardSearch.id).where(
        BoardSearch.user_id == actor.user_id,
        BoardSearch.organisation_id == actor.org,
        BoardSearch.name == title,
    )
    if session.scalar(same) is not None:
        raise SearchNameTaken
    row = BoardSearch(
        id=id, user_id=actor.user_id, organisation_id=actor.org, name=title, filters=kept, created_at=now
    )
    session.add(row)
    session.flush()
    return row


def delete_search(session: Session, *, actor: Actor, search_id: UUID) -> None:
    """Forget an own search.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = session.get(BoardSearch, search_id)
    if found is None or found.user_id != actor.user_id or found.organisation_id != actor.organisation_id:
        raise NotFound
    session.delete(found)
    session.flush()
