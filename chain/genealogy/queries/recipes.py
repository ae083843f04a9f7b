"""Reads of recipes."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.core.paging import MAX_PAGE_SIZE, Page, PageRequest, order_by, paginate
from chain.genealogy.models import Recipe

SORT_COLUMNS = {"name": Recipe.name, "process": Recipe.process, "created_at": Recipe.created_at}


def get_recipe_for(session: Session, actor: Actor, recipe_id: UUID) -> Recipe:
    """Return a recipe of the actor's organisation, archived ones included.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = session.scalar(select(Recipe).where(Recipe.id == recipe_id, Recipe.organisation_id == actor.org))
    if found is None:
        raise NotFound
    return found


def list_recipes(
    session: Session, actor: Actor, request: PageRequest, *, with_archived: bool = False
) -> Page[Recipe]:
    """Return a page of recipes, by process and name."""
    statement = select(Recipe).where(Recipe.organisation_id == actor.org)
    if not with_archived:
        statement = statement.where(Recipe.archived_at.is_(None))
    statement = statement.order_by(Recipe.process, Recipe.name, Recipe.id)
    return paginate(session, order_by(statement, request.sort, SORT_COLUMNS, Recipe.id.expression), request)


def usable_recipes(session: Session, actor: Actor, process: str | None = None) -> Sequence[Recipe]:
    """Return the recipes in use, for choosing one; at most 200."""
    statement = select(Recipe).where(Recipe.organisation_id == actor.org, Recipe.archived_at.is_(None))
    if process is not None:
        statement = statement.where(Recipe.process == process)
    return session.scalars(statement.order_by(Recipe.name, Recipe.id).limit(MAX_PAGE_SIZE)).all()
