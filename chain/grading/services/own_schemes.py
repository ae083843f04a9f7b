"""An organisation writes its own classes, limits and colours. A saved edition never changes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import IdempotencyConflict, NotFound, ValidationFailed
from chain.core.hashing import content_hash
from chain.core.ids import new_id
from chain.grading.errors import EditionTaken
from chain.grading.models import OwnScheme
from chain.grading.own_documents import check_document
from chain.grading.queries import get_own_scheme_for
from chain.grading.scheme_reader import SchemeFileError
from chain.grading.services.own_keys import key_and_edition
from chain.grading.services.tags import GradingAudit

SUBJECT = "own_scheme"


def save_own_scheme(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    document: Mapping[str, Any],
    word: str = "",
    key: str | None = None,
    edition: int | None = None,
    is_shared: bool = False,
    scheme_id: UUID | None = None,
) -> OwnScheme:
    """Save a scheme, or with `key` a new edition of one; `edition` is the one that the writer expects to make.

    The document holds the same words as a file of `grading/schemes` and is checked by the same reader; its key and edition
    are given here. The same id with the same content returns the first answer.

    Raises:
        Forbidden: the actor may not write schemes.
        ValidationFailed: the document is not right; the field is `document` with the path of the value.
        NotFound: the key is not the organisation's.
        EditionTaken: somebody saved this edition meanwhile.
        WordRefused: the short word is empty.
        IdempotencyConflict: the id was used for something else.
    """
    actor.require(Permission.SCHEMES_WRITE)
    digest = content_hash({"document": document, "word": word, "key": key, "is_shared": is_shared})
    known = session.get(OwnScheme, scheme_id) if scheme_id else None
    if known is not None:
        if known.organisation_id == actor.org and known.content_hash == digest:
            return known
        raise IdempotencyConflict
    checked_draft(document)
    name, number = key_and_edition(session, actor, OwnScheme, word=word, key=key, edition=edition)
    kept = {**document, "scheme": name, "edition": number}
    scheme = check_document(kept)
    row = OwnScheme(
        id=scheme_id or new_id(),
        organisation_id=actor.org,
        key=name,
        edition=number,
        kind=scheme.kind.value,
        commodity=scheme.commodity,
        document=kept,
        is_shared=is_shared,
        created_at=now,
        created_by=actor.user_id,
        content_hash=digest,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise EditionTaken(edition=number, newest=number) from None
    _record(
        session,
        actor,
        now,
        GradingAudit.SCHEME_SAVED,
        row,
        {"scheme": name, "edition": number, "kind": row.kind, "is_shared": is_shared},
    )
    return row


def checked_draft(document: Mapping[str, Any]) -> None:
    """Check a document that has no key yet.

    Raises:
        ValidationFailed: at `document`, or `document.classes[2].upper_micron` and the like.
    """
    try:
        check_document({**document, "scheme": "draft", "edition": "1"})
    except SchemeFileError as refused:
        field = ".".join(part for part in ("document", refused.path) if part)
        raise ValidationFailed({field: [refused.message]}) from None


def share_own_scheme(
    session: Session, *, actor: Actor, now: datetime, key: str, edition: str, is_shared: bool
) -> OwnScheme:
    """Let others choose an edition, or stop it; who chose it already keeps it.

    Raises:
        Forbidden: the actor may not write schemes.
        NotFound: the organisation has no such scheme.
    """
    row = _own(session, actor, key, edition)
    if row.is_shared != is_shared:
        row.is_shared = is_shared
        session.flush()
        _record(session, actor, now, GradingAudit.SCHEME_SHARED, row, {"is_shared": is_shared})
    return row


def withdraw_own_scheme(
    session: Session, *, actor: Actor, now: datetime, key: str, edition: str
) -> OwnScheme:
    """Take an edition from the lists of what may be chosen. Who chose it already keeps it; lots keep their classes.

    Raises:
        Forbidden: the actor may not write schemes.
        NotFound: the organisation has no such scheme.
    """
    row = _own(session, actor, key, edition)
    if row.withdrawn_at is None:
        row.withdrawn_at = now
        session.flush()
        _record(session, actor, now, GradingAudit.SCHEME_WITHDRAWN, row, {"withdrawn_at": now.isoformat()})
    return row


def _own(session: Session, actor: Actor, key: str, edition: str) -> OwnScheme:
    actor.require(Permission.SCHEMES_WRITE)
    row = get_own_scheme_for(session, actor, key, edition)
    if row.organisation_id != actor.org:
        raise NotFound
    return row


def _record(  # noqa: PLR0917 — the parts of one record
    session: Session, actor: Actor, now: datetime, tag: GradingAudit, row: OwnScheme, after: dict[str, Any]
) -> None:
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type=SUBJECT,
        subject_id=row.id,
        before=None,
        after=after,
    )
