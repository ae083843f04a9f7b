"""Writing recipes. Their content never changes: a change is a new recipe, and the old one is archived."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import Conflict, IdempotencyConflict, NotFound
from chain.core.hashing import content_hash
from chain.genealogy.audit_tags import RECIPE_SUBJECT, GenealogyAudit
from chain.genealogy.models import Recipe
from chain.genealogy.recipes import bands_as_records, check_recipe
from chain.genealogy.rules import NewRecipe
from chain.lots.attributes import clean_words


def write_recipe(session: Session, *, actor: Actor, now: datetime, recipe: NewRecipe) -> Recipe:
    """Store a recipe, and archive the one that it replaces; the same id with the same content answers the stored one.

    Raises:
        Forbidden: the actor may not write recipes.
        ValidationFailed: the recipe cannot be right.
        IdempotencyConflict: the id was used with other content.
        NotFound: there is no recipe to be replaced.
        Conflict: somebody replaced or archived it before.
    """
    actor.require(Permission.RECIPES_WRITE)
    check_recipe(recipe)
    digest = content_hash(asdict(recipe))
    known = session.get(Recipe, recipe.id)
    if known is not None:
        if known.organisation_id != actor.org or known.content_hash != digest:
            raise IdempotencyConflict
        return known
    if recipe.replaces_id is not None:
        archive_recipe(session, actor=actor, now=now, recipe_id=recipe.replaces_id)
    row = Recipe(
        id=recipe.id,
        organisation_id=actor.org,
        name=clean_words(recipe.name),
        process=recipe.process,
        input_commodity=recipe.input_commodity,
        outputs=bands_as_records(recipe.outputs),
        source=clean_words(recipe.source or "") or None,
        strength=recipe.strength,
        created_at=now,
        created_by=actor.user_id,
        content_hash=digest,
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        raise IdempotencyConflict from None  # two with one id at the same moment
    after = {"name": row.name, "process": row.process, "outputs": row.outputs, "strength": row.strength}
    _audit(session, actor, now=now, tag=GenealogyAudit.RECIPE_WRITTEN, row=row, after=after)
    return row


def archive_recipe(session: Session, *, actor: Actor, now: datetime, recipe_id: UUID) -> Recipe:
    """Take a recipe out of use; events that used it keep it.

    Raises:
        Forbidden: the actor may not write recipes.
        NotFound: there is no such recipe here.
        Conflict: it was archived before.
    """
    actor.require(Permission.RECIPES_WRITE)
    row = session.scalar(
        select(Recipe)
        .where(Recipe.id == recipe_id, Recipe.organisation_id == actor.org)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound
    if row.archived_at is not None:
        raise Conflict
    row.archived_at = now
    session.flush()
    _audit(session, actor, now=now, tag=GenealogyAudit.RECIPE_ARCHIVED, row=row, after={"name": row.name})
    return row


def _audit(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    tag: GenealogyAudit,
    row: Recipe,
    after: Mapping[str, Any],
) -> None:
    audit.record(
        session, tag=tag, actor=actor, now=now, subject_type=RECIPE_SUBJECT, subject_id=row.id, after=after
    )
