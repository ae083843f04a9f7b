"""Reads of saved searches: each person's own, in one organisation."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.lots.models import SavedSearch

#: Searches that one person keeps in one organisation.
MAX_SEARCHES = 50


def saved_searches(session: Session, actor: Actor) -> Sequence[SavedSearch]:
    """Return the searches that the actor saved here, by name."""
    return session.scalars(
        select(SavedSearch)
        .where(SavedSearch.user_id == actor.user_id, SavedSearch.organisation_id == actor.org)
        .order_by(SavedSearch.name, SavedSearch.id)
        .limit(MAX_SEARCHES)
    ).all()


def get_search_for(session: Session, actor: Actor, search_id: UUID) -> SavedSearch:
    """Return a search that the actor saved here.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = session.scalar(
        select(SavedSearch).where(
            SavedSearch.id == search_id,
            SavedSearch.user_id == actor.user_id,
            SavedSearch.organisation_id == actor.org,
        )
    )
    if found is None:
        raise NotFound
    return found
