"""Schemes, and drafts of their versions."""

import re
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import FieldErrors, IdempotencyConflict
from chain.core.hashing import content_hash
from chain.core.i18n import N_, Message
from chain.ledger.services.posting import lock_books
from chain.lots.products import DELIVERED
from chain.pricing.audit_tags import PricingAudit
from chain.pricing.errors import SchemeKeyTaken, VersionStateRefused
from chain.pricing.models import PriceScheme, PriceVersion
from chain.pricing.queries.schemes import find_scheme_by_key, get_scheme_for, get_version_for
from chain.pricing.rules.content import PriceContent
from chain.pricing.rules.documents import document_of
from chain.pricing.rules.states import STATE_LABELS, VersionState, lane_of
from chain.pricing.services.checks import MAX_NAME, NAME_TOO_LONG, check_dates, check_whole_content

KEY = re.compile(r"[a-z0-9][a-z0-9-]{1,38}[a-z0-9]")
NO_KEY = N_("Write a short word of small letters, digits and hyphens, such as leche-2026.")
WRITE_NAME = N_("Write the name under which people know these prices.")


def create_scheme(
    session: Session, *, actor: Actor, now: datetime, scheme_id: UUID, key: str, name: str, commodity: str
) -> PriceScheme:
    """Open a scheme for one product; the same id again changes nothing.

    Raises:
        Forbidden: the actor may not set prices.
        ValidationFailed: the key, the name or the product cannot be used.
        SchemeKeyTaken: another scheme of the organisation has the key.
        IdempotencyConflict: the id was used for another scheme.
    """
    actor.require(Permission.PRICES_WRITE)
    lock_books(session, actor.org)
    content = {"key": key.strip().lower(), "name": name.strip(), "commodity": commodity}
    known = session.get(PriceScheme, scheme_id)
    if known is not None:
        if known.organisation_id == actor.org and all(
            getattr(known, at) == one for at, one in content.items()
        ):
            return known
        raise IdempotencyConflict
    _check_scheme(content)
    if find_scheme_by_key(session, actor.org, content["key"]) is not None:
        raise SchemeKeyTaken(key=content["key"])
    scheme = PriceScheme(
        id=scheme_id,
        organisation_id=actor.org,
        currency=get_own_organisation(session, actor).currency,
        created_at=now,
        created_by=actor.user_id,
        **content,
    )
    session.add(scheme)
    session.flush()
    audit.record(
        session,
        tag=PricingAudit.SCHEME_CREATED,
        actor=actor,
        now=now,
        subject_type="price_scheme",
        subject_id=scheme.id,
        after=content,
    )
    return scheme


def _check_scheme(content: dict[str, str]) -> None:
    errors = FieldErrors()
    if not KEY.fullmatch(content["key"]):
        errors.add("key", NO_KEY)
    if not content["name"]:
        errors.add("name", WRITE_NAME)
    elif len(content["name"]) > MAX_NAME:
        errors.add("name", NAME_TOO_LONG, limit=MAX_NAME)
    if content["commodity"] not in DELIVERED:
        errors.add("commodity", N_("Choose one of the products."))
    errors.raise_any()


def write_version(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    version_id: UUID,
    scheme_id: UUID,
    content: PriceContent,
    valid_from: date,
    valid_to: date | None,
    decided_by: str,
) -> PriceVersion:
    """Write a draft of a scheme's next version; the same id with the same content again changes nothing.

    Raises:
        Forbidden: the actor may not set prices.
        NotFound: the scheme is another organisation's.
        ValidationFailed: dates, decision or content cannot be used; every field is named.
        IdempotencyConflict: the id was used for another version.
    """
    actor.require(Permission.PRICES_WRITE)
    lock_books(session, actor.org)
    scheme = get_scheme_for(session, actor, scheme_id)
    values = _values(content, valid_from, valid_to, decided_by)
    known = session.get(PriceVersion, version_id)
    if known is not None:
        if known.organisation_id == actor.org and known.content_hash == values["content_hash"]:
            return known
        raise IdempotencyConflict
    _check_version(session, scheme, content, values, now)
    last = session.scalar(select(func.max(PriceVersion.number)).where(PriceVersion.scheme_id == scheme.id))
    version = PriceVersion(
        id=version_id,
        scheme_id=scheme.id,
        organisation_id=scheme.organisation_id,
        commodity=scheme.commodity,
        number=(last or 0) + 1,
        state=VersionState.DRAFT.value,
        currency=scheme.currency,
        created_at=now,
        created_by=actor.user_id,
        **values,
    )
    session.add(version)
    session.flush()
    _record(session, PricingAudit.VERSION_WRITTEN, actor, now, version, after=values)
    return version


def change_version(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    version_id: UUID,
    content: PriceContent,
    valid_from: date,
    valid_to: date | None,
    decided_by: str,
) -> PriceVersion:
    """Rewrite a draft.

    Raises:
        Forbidden: the actor may not set prices.
        NotFound: the version is another organisation's.
        VersionStateRefused: it is no draft any more.
        ValidationFailed: dates, decision or content cannot be used.
    """
    actor.require(Permission.PRICES_WRITE)
    lock_books(session, actor.org)
    scheme, version = get_version_for(session, actor, version_id)
    _refuse_frozen(version)
    values = _values(content, valid_from, valid_to, decided_by)
    if values["content_hash"] == version.content_hash:
        return version
    _check_version(session, scheme, content, values, now)
    before = {key: getattr(version, key) for key in values}
    for key, value in values.items():
        setattr(version, key, value)
    session.flush()
    _record(session, PricingAudit.VERSION_CHANGED, actor, now, version, before=before, after=values)
    return version


def discard_draft(session: Session, *, actor: Actor, now: datetime, version_id: UUID) -> None:
    """Throw a draft away.

    Raises:
        Forbidden: the actor may not set prices.
        NotFound: the version is another organisation's.
        VersionStateRefused: it is no draft any more.
    """
    actor.require(Permission.PRICES_WRITE)
    lock_books(session, actor.org)
    _, version = get_version_for(session, actor, version_id)
    _refuse_frozen(version)
    before = {"number": version.number, "content": version.content}
    session.delete(version)
    session.flush()
    _record(session, PricingAudit.VERSION_DISCARDED, actor, now, version, before=before)


def _refuse_frozen(version: PriceVersion) -> None:
    if version.state != VersionState.DRAFT:
        raise VersionStateRefused(number=version.number, state=Message(STATE_LABELS[version.state]))


def _values(
    content: PriceContent, valid_from: date, valid_to: date | None, decided_by: str
) -> dict[str, Any]:
    document = document_of(content)
    values: dict[str, Any] = {
        "lane": lane_of(content.kind).value,
        "valid_from": valid_from,
        "valid_to": valid_to,
        "decided_by": decided_by.strip(),
        "content": document,
    }
    return values | {"content_hash": content_hash(values)}


def _check_version(
    session: Session, scheme: PriceScheme, content: PriceContent, values: dict[str, Any], now: datetime
) -> None:
    check_dates(values["valid_from"], values["valid_to"], values["decided_by"], now.date())
    check_whole_content(session, scheme.organisation_id, content, scheme.commodity)


def _record(
    session: Session,
    tag: PricingAudit,
    actor: Actor,
    now: datetime,
    version: PriceVersion,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="price_version",
        subject_id=version.id,
        before=before,
        after=after,
    )
