"""Saving searches of the board: a name and the parameters of an address, for oneself. They change nothing of the goods."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import parse_qs, urlencode
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.i18n import N_
from chain.core.text import tidy
from chain.lots.errors import SearchNameTaken, TooManySearches
from chain.lots.filters import clean_query, read_query
from chain.lots.models import SavedSearch
from chain.lots.queries.searches import MAX_SEARCHES, get_search_for, saved_searches

MAX_NAME = 80
MAX_QUERY = 2000
MAX_FIELDS = 100


def save_search(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - the client's name for it, as in the API
    name: str,
    query: str,
) -> tuple[SavedSearch, bool]:
    """Keep the parameters of an address under a name, once per id; tell whether it is new.

    Raises:
        ValidationFailed: no name, or parameters that the board does not know.
        SearchNameTaken: the actor has a search of that name.
        TooManySearches: the actor keeps as many as one may.
        IdempotencyConflict: the id was used with other content.
    """
    actor.require(Permission.LOTS_READ)
    if actor.user_id is None:
        raise NotFound
    name, query = _checked(name, query)
    known = session.get(SavedSearch, id)
    if known is not None:
        is_own = known.user_id == actor.user_id and known.organisation_id == actor.org
        if not is_own or (known.name, known.query) != (name, query):
            raise IdempotencyConflict
        return known, False
    if len(saved_searches(session, actor)) >= MAX_SEARCHES:
        raise TooManySearches(limit=MAX_SEARCHES)
    search = SavedSearch(
        id=id, user_id=actor.user_id, organisation_id=actor.org, name=name, query=query, created_at=now
    )
    _write(session, search, name)
    return search, True


def rename_search(session: Session, *, actor: Actor, search_id: UUID, name: str) -> SavedSearch:
    """Give a search another name.

    Raises:
        NotFound: not the actor's.
        SearchNameTaken: another one has the name.
    """
    actor.require(Permission.LOTS_READ)
    search = get_search_for(session, actor, search_id)
    name, _ = _checked(name, search.query)
    try:
        with session.begin_nested():
            search.name = name
    except IntegrityError:
        raise SearchNameTaken(name=name) from None
    return search


def delete_search(session: Session, *, actor: Actor, search_id: UUID) -> None:
    """Forget a search.

    Raises:
        NotFound: not the actor's.
    """
    actor.require(Permission.LOTS_READ)
    session.delete(get_search_for(session, actor, search_id))
    session.flush()


def _write(session: Session, search: SavedSearch, name: str) -> None:
    try:
        with session.begin_nested():
            session.add(search)
    except IntegrityError:
        raise SearchNameTaken(name=name) from None


def _checked(name: str, query: str) -> tuple[str, str]:
    """Return name and parameters as they are kept: only those of the board, none of a page."""
    errors = FieldErrors()
    name = tidy(name)
    if not name or len(name) > MAX_NAME:
        errors.add("name", N_("Write a name with 1 to %(most)s letters."), most=MAX_NAME)
    address = parse_address(query)
    kept = urlencode(clean_query(address))
    if len(kept) > MAX_QUERY:
        errors.add("query", N_("The search is too long to keep."))
    errors.raise_any()
    # a class may be withdrawn later, so only its form is looked at here; the board tells when it is gone
    read_query({name: values for name, values in address.items() if name != "class"}, lambda _word: None)
    return name, kept


def parse_address(query: str) -> Mapping[str, Sequence[str]]:
    """Return the parameters of an address, with or without what stands before the question mark."""
    try:
        return parse_qs(query.rpartition("?")[2][: MAX_QUERY * 2], max_num_fields=MAX_FIELDS)
    except ValueError:
        return {}
