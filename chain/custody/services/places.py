"""Places, container types and routes: kept, changed, archived and taken back; nothing is deleted, because lots point at them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.i18n import N_
from chain.custody.errors import CodeTaken, ContainersOut, SiteInUse
from chain.custody.models import ContainerMovement, Dispatch
from chain.custody.rules.cold import HIGHEST_TENTHS, LOWEST_TENTHS
from chain.custody.rules.words import MAX_CODE, MAX_NAME, ContainerKind, DispatchState, SiteKind
from chain.custody.services.steps import CustodyAudit, clean_name, note_change
from chain.lots.models import CollectionRoute, ContainerType, Lot, Site
from chain.lots.stock import in_stock

Place = TypeVar("Place", Site, ContainerType, CollectionRoute)

MAX_HOURS = 24 * 365
#: A thousand tonnes or a million litres: more is a slip in the unit.
MAX_CAPACITY = 1_000_000_000
MAX_TARE_G = 1_000_000
MINUTES_OF_DAY = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFacts:
    """What is said of a place. Capacity in millilitres for a tank, grams elsewhere; the limits are of its contents."""

    code: str
    name: str
    kind: str
    capacity: int | None = None
    max_temperature_tenths: int | None = None
    max_hours: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerFacts:
    """What is said of a container type."""

    name: str
    kind: str
    tare_g: int | None = None
    is_lent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteFacts:
    """What is said of a route; `due_minutes` after midnight at the centre."""

    code: str
    name: str
    due_minutes: int | None = None


def keep_site(
    session: Session, *, actor: Actor, now: datetime, site_id: UUID, facts: SiteFacts
) -> tuple[Site, bool]:
    """Add a place; tell whether it is new. The same id with the same content returns the first one.

    Raises:
        Forbidden, ValidationFailed, CodeTaken, IdempotencyConflict.
    """
    return _keep(
        session, Site, CustodyAudit.SITE_CREATED, actor=actor, now=now, row_id=site_id, content=_site(facts)
    )


def change_site(session: Session, *, actor: Actor, now: datetime, site_id: UUID, facts: SiteFacts) -> Site:
    """Change a place.

    Raises:
        Forbidden, NotFound, ValidationFailed, CodeTaken.
    """
    return _change(
        session, Site, CustodyAudit.SITE_CHANGED, actor=actor, now=now, row_id=site_id, content=_site(facts)
    )


def archive_site(session: Session, *, actor: Actor, now: datetime, site_id: UUID) -> Site:
    """Take a place out of the lists. An archived one stays as it is.

    Raises:
        Forbidden, NotFound.
        SiteInUse: lots lie in it or are on the way to it.
    """
    site = _locked(session, Site, actor, site_id)
    held = session.scalar(select(exists().where(Lot.site_id == site.id, in_stock())))
    coming = session.scalar(
        select(
            exists().where(Dispatch.to_site_id == site.id, Dispatch.state == DispatchState.ON_THE_WAY.value)
        )
    )
    if held or coming:
        raise SiteInUse
    return _archive(session, CustodyAudit.SITE_ARCHIVED, actor, now, site)


def restore_site(session: Session, *, actor: Actor, now: datetime, site_id: UUID) -> Site:
    """Take a place back into the lists."""
    return _restore(session, CustodyAudit.SITE_RESTORED, actor, now, _locked(session, Site, actor, site_id))


def keep_container_type(
    session: Session, *, actor: Actor, now: datetime, type_id: UUID, facts: ContainerFacts
) -> tuple[ContainerType, bool]:
    """Add a container type; see `keep_site`."""
    return _keep(
        session,
        ContainerType,
        CustodyAudit.CONTAINER_CREATED,
        actor=actor,
        now=now,
        row_id=type_id,
        content=_container(facts),
    )


def change_container_type(
    session: Session, *, actor: Actor, now: datetime, type_id: UUID, facts: ContainerFacts
) -> ContainerType:
    """Change a container type; weighings of before keep their tare."""
    return _change(
        session,
        ContainerType,
        CustodyAudit.CONTAINER_CHANGED,
        actor=actor,
        now=now,
        row_id=type_id,
        content=_container(facts),
    )


def archive_container_type(session: Session, *, actor: Actor, now: datetime, type_id: UUID) -> ContainerType:
    """Take a container type out of the lists.

    Raises:
        Forbidden, NotFound.
        ContainersOut: producers still have some.
    """
    found = _locked(session, ContainerType, actor, type_id)
    out = session.scalar(
        select(func.coalesce(func.sum(ContainerMovement.count), 0)).where(
            ContainerMovement.container_type_id == found.id
        )
    )
    if out:
        raise ContainersOut(count=int(out))
    return _archive(session, CustodyAudit.CONTAINER_ARCHIVED, actor, now, found)


def restore_container_type(session: Session, *, actor: Actor, now: datetime, type_id: UUID) -> ContainerType:
    """Take a container type back into the lists."""
    found = _locked(session, ContainerType, actor, type_id)
    return _restore(session, CustodyAudit.CONTAINER_RESTORED, actor, now, found)


def keep_route(
    session: Session, *, actor: Actor, now: datetime, route_id: UUID, facts: RouteFacts
) -> tuple[CollectionRoute, bool]:
    """Add a route; see `keep_site`."""
    return _keep(
        session,
        CollectionRoute,
        CustodyAudit.ROUTE_CREATED,
        actor=actor,
        now=now,
        row_id=route_id,
        content=_route(facts),
    )


def change_route(
    session: Session, *, actor: Actor, now: datetime, route_id: UUID, facts: RouteFacts
) -> CollectionRoute:
    """Change a route."""
    return _change(
        session,
        CollectionRoute,
        CustodyAudit.ROUTE_CHANGED,
        actor=actor,
        now=now,
        row_id=route_id,
        content=_route(facts),
    )


def archive_route(session: Session, *, actor: Actor, now: datetime, route_id: UUID) -> CollectionRoute:
    """Take a route out of the lists."""
    found = _locked(session, CollectionRoute, actor, route_id)
    return _archive(session, CustodyAudit.ROUTE_ARCHIVED, actor, now, found)


def restore_route(session: Session, *, actor: Actor, now: datetime, route_id: UUID) -> CollectionRoute:
    """Take a route back into the lists."""
    found = _locked(session, CollectionRoute, actor, route_id)
    return _restore(session, CustodyAudit.ROUTE_RESTORED, actor, now, found)


def _site(facts: SiteFacts) -> dict[str, Any]:
    errors = FieldErrors()
    content = asdict(facts)
    content["code"] = clean_name(errors, "code", facts.code, MAX_CODE).upper()
    content["name"] = clean_name(errors, "name", facts.name, MAX_NAME)
    _check_choice(errors, "kind", facts.kind, SiteKind)
    _check_range(errors, "capacity", facts.capacity, 1, MAX_CAPACITY)
    _check_range(
        errors, "max_temperature_tenths", facts.max_temperature_tenths, LOWEST_TENTHS, HIGHEST_TENTHS
    )
    _check_range(errors, "max_hours", facts.max_hours, 1, MAX_HOURS)
    errors.raise_any()
    return content


def _container(facts: ContainerFacts) -> dict[str, Any]:
    errors = FieldErrors()
    content = asdict(facts)
    content["name"] = clean_name(errors, "name", facts.name, MAX_NAME)
    _check_choice(errors, "kind", facts.kind, ContainerKind)
    _check_range(errors, "tare_g", facts.tare_g, 0, MAX_TARE_G)
    errors.raise_any()
    return content


def _route(facts: RouteFacts) -> dict[str, Any]:
    errors = FieldErrors()
    content = asdict(facts)
    content["code"] = clean_name(errors, "code", facts.code, MAX_CODE).upper()
    content["name"] = clean_name(errors, "name", facts.name, MAX_NAME)
    _check_range(errors, "due_minutes", facts.due_minutes, 0, MINUTES_OF_DAY - 1)
    errors.raise_any()
    return content


def _check_choice(errors: FieldErrors, field: str, value: str, known: type[SiteKind | ContainerKind]) -> None:
    if value not in set(known):
        errors.add(field, N_("Choose one of the options."))


def _check_range(errors: FieldErrors, field: str, value: int | None, low: int, high: int) -> None:
    if value is not None and not low <= value <= high:
        errors.add(field, N_("This figure cannot be right. Check it and its unit."))


def _keep(
    session: Session,
    model: type[Place],
    tag: CustodyAudit,
    *,
    actor: Actor,
    now: datetime,
    row_id: UUID,
    content: Mapping[str, Any],
) -> tuple[Place, bool]:
    actor.require(Permission.SITES_MANAGE)
    known = session.get(model, row_id)
    if known is not None:
        if known.organisation_id == actor.org and _values(known, content) == dict(content):
            return known, False
        raise IdempotencyConflict
    row = model(id=row_id, organisation_id=actor.org, **content)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise CodeTaken(value=content.get("code") or content["name"]) from None
    note_change(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject=model.__tablename__,
        subject_id=row.id,
        after=content,
    )
    return row, True


def _change(
    session: Session,
    model: type[Place],
    tag: CustodyAudit,
    *,
    actor: Actor,
    now: datetime,
    row_id: UUID,
    content: Mapping[str, Any],
) -> Place:
    row = _locked(session, model, actor, row_id)
    before = _values(row, content)
    if before == dict(content):
        return row
    try:
        with session.begin_nested():
            for name, value in content.items():
                setattr(row, name, value)
    except IntegrityError:
        raise CodeTaken(value=content.get("code") or content["name"]) from None
    _note(session, tag, actor, now, row, before=before, after=content)
    return row


def _archive(session: Session, tag: CustodyAudit, actor: Actor, now: datetime, row: Place) -> Place:
    if row.archived_at is None:
        row.archived_at = now
        session.flush()
        _note(session, tag, actor, now, row)
    return row


def _restore(session: Session, tag: CustodyAudit, actor: Actor, now: datetime, row: Place) -> Place:
    if row.archived_at is not None:
        row.archived_at = None
        session.flush()
        _note(session, tag, actor, now, row)
    return row


def _note(
    session: Session,
    tag: CustodyAudit,
    actor: Actor,
    now: datetime,
    row: Place,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    note_change(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject=row.__tablename__,
        subject_id=row.id,
        before=before,
        after=after,
    )


def _values(row: Place, content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in content}


def _locked(session: Session, model: type[Place], actor: Actor, row_id: UUID) -> Place:
    """Lock a row of the own organisation.

    Raises:
        Forbidden: the actor may not manage places.
        NotFound: there is none, or it is somebody else's.
    """
    actor.require(Permission.SITES_MANAGE)
    found = session.scalar(
        select(model)
        .where(model.id == row_id, model.organisation_id == actor.org)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found
