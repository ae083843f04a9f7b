"""Reads of recipes."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.paging import Page, PageRequest
from chain.genealogy.models import Recipe


def get_recipe_for(session: Session, actor: Actor, recipe_id: UUID) -> Recipe:
    """Return a recipe of the actor's organisation, archived ones included.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    raise RuntimeError  # being built


def list_recipes(
    session: Session, actor: Actor, request: PageRequest, *, with_archived: bool = False
) -> Page[Recipe]:
    """Return a page of recipes, by process and name."""
    raise RuntimeError  # being built


def usable_recipes(session: Session, actor: Actor, process: str | None = None) -> Sequence[Recipe]:
    """Return the recipes in use, for choosing one; at most 200."""
    raise RuntimeError  # being built
