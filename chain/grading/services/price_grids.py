"""An organisation writes its own price grids. A saved edition never changes."""

from collections.abc import Mapping
from datetime import datetime
from decimal import InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import IdempotencyConflict, NotFound, ValidationFailed
from chain.core.hashing import content_hash
from chain.core.i18n import Message
from chain.core.ids import new_id
from chain.grading.errors import EditionTaken
from chain.grading.models import OwnPriceGrid
from chain.grading.own_documents import NOT_CHECKABLE, UNKNOWN_CLASS, check_plain
from chain.grading.pricing import PriceGrid, read_grid
from chain.grading.queries import get_own_grid_for, get_scheme_for
from chain.grading.scheme import class_names_of
from chain.grading.scheme_reader import SchemeFileError
from chain.grading.services.own_keys import key_and_edition
from chain.grading.services.tags import GradingAudit

SUBJECT = "own_price_grid"


def save_own_grid(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    document: Mapping[str, Any],
    word: str = "",
    key: str | None = None,
    edition: int | None = None,
    grid_id: UUID | None = None,
) -> OwnPriceGrid:
    """Save a price grid, or with `key` a new edition of one; the words are those of the files of `price_grids`.

    Raises:
        Forbidden: the actor may not write grids.
        ValidationFailed: the document is not right; the field is `document` with the path of the value.
        NotFound: the key is not the organisation's.
        EditionTaken, WordRefused, IdempotencyConflict: as for own schemes.
    """
    actor.require(Permission.SCHEMES_WRITE)
    digest = content_hash({"document": document, "word": word, "key": key})
    known = session.get(OwnPriceGrid, grid_id) if grid_id else None
    if known is not None:
        if known.organisation_id == actor.org and known.content_hash == digest:
            return known
        raise IdempotencyConflict
    grid = checked_grid(session, actor, document)
    name, number = key_and_edition(session, actor, OwnPriceGrid, word=word, key=key, edition=edition)
    row = OwnPriceGrid(
        id=grid_id or new_id(),
        organisation_id=actor.org,
        key=name,
        edition=number,
        currency=grid.currency,
        document={**document, "scheme": name, "edition": number},
        created_at=now,
        created_by=actor.user_id,
        content_hash=digest,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise EditionTaken(edition=number, newest=number) from None
    audit.record(
        session,
        tag=GradingAudit.GRID_SAVED,
        actor=actor,
        now=now,
        subject_type=SUBJECT,
        subject_id=row.id,
        before=None,
        after={"grid": name, "edition": number, "cells": len(grid.cells)},
    )
    return row


def checked_grid(session: Session, actor: Actor, document: Mapping[str, Any]) -> PriceGrid:
    """Check a grid and that its classes exist in the scheme that it prices.

    Raises:
        ValidationFailed: at `document`, or `document.cells[2].price` and the like.
    """
    try:
        check_plain(document, "document")
        grid = read_grid({**document, "scheme": "draft", "edition": "1"})
        _check_classes(session, actor, grid)
    except SchemeFileError as refused:
        field = ".".join(part for part in ("document", refused.path) if part)
        raise ValidationFailed({field: [refused.message]}) from None
    except (InvalidOperation, OverflowError):
        raise ValidationFailed({"document": [Message(NOT_CHECKABLE)]}) from None
    return grid


def _check_classes(session: Session, actor: Actor, grid: PriceGrid) -> None:
    try:
        scheme, _ = get_scheme_for(session, actor, *grid.grades_from)
    except NotFound:
        raise SchemeFileError(
            "document", "grades_from.scheme", UNKNOWN_CLASS, found=grid.grades_from[0]
        ) from None
    known = class_names_of(scheme)
    known = {**known, **{one.key: one.names for one in getattr(scheme, "sorter_classes", ())}}
    for place, cell in enumerate(grid.cells.values()):
        if cell.grade not in known:
            raise SchemeFileError("document", f"cells[{place}].grade", UNKNOWN_CLASS, found=cell.grade)


def withdraw_own_grid(
    session: Session, *, actor: Actor, now: datetime, key: str, edition: str
) -> OwnPriceGrid:
    """Take a grid out of use; it stays readable.

    Raises:
        Forbidden: the actor may not write grids.
        NotFound: the organisation has no such grid.
    """
    actor.require(Permission.SCHEMES_WRITE)
    row = get_own_grid_for(session, actor, key, edition)
    if row.withdrawn_at is None:
        row.withdrawn_at = now
        session.flush()
        audit.record(
            session,
            tag=GradingAudit.GRID_WITHDRAWN,
            actor=actor,
            now=now,
            subject_type=SUBJECT,
            subject_id=row.id,
            before=None,
            after={"withdrawn_at": now.isoformat()},
        )
    return row
