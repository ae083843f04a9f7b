"""Schemes and versions of an organisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.pricing.models import PriceScheme, PriceVersion
from chain.pricing.rules.content import SchemeKind
from chain.pricing.rules.states import SERVING

SCHEME_SORT: SortColumns = {"name": PriceScheme.name, "key": PriceScheme.key}
PRICE_SORT: SortColumns = {"valid_from": PriceVersion.valid_from}


@dataclass(frozen=True, slots=True)
class SchemeRow:
    """A scheme with its version of the day and how many versions it has."""

    scheme: PriceScheme
    current: PriceVersion | None
    versions: int
    drafts: int


@dataclass(frozen=True, slots=True)
class FlatPrice:
    """One price for everything between two days, as the earlier resource knew it."""

    id: UUID
    commodity: str
    price_minor_per_unit: int
    currency: str
    valid_from: date
    valid_to: date | None
    decided_by: str


def get_scheme_for(session: Session, actor: Actor, scheme_id: UUID) -> PriceScheme:
    """Return a scheme of the actor's organisation.

    Raises:
        NotFound: there is none, or it is another organisation's.
    """
    found = session.get(PriceScheme, scheme_id)
    if found is None or found.organisation_id != actor.organisation_id:
        raise NotFound
    return found


def find_scheme_by_key(session: Session, organisation_id: UUID, key: str) -> PriceScheme | None:
    """Return the scheme with a key."""
    return session.scalars(
        select(PriceScheme).where(PriceScheme.organisation_id == organisation_id, PriceScheme.key == key)
    ).first()


def get_version_for(session: Session, actor: Actor, version_id: UUID) -> tuple[PriceScheme, PriceVersion]:
    """Return a version of the actor's organisation with its scheme.

    Raises:
        NotFound: there is none, or it is another organisation's.
    """
    found = session.get(PriceVersion, version_id)
    if found is None or found.organisation_id != actor.organisation_id:
        raise NotFound
    return session.get_one(PriceScheme, found.scheme_id), found


def versions_of(session: Session, scheme_id: UUID) -> Sequence[PriceVersion]:
    """Return the versions of a scheme, the newest first."""
    return session.scalars(
        select(PriceVersion).where(PriceVersion.scheme_id == scheme_id).order_by(PriceVersion.number.desc())
    ).all()


def list_schemes(session: Session, actor: Actor, request: PageRequest, today: date) -> Page[SchemeRow]:
    """Return the schemes of the actor's organisation by name, each with its version of the day."""
    counts = (
        select(
            PriceVersion.scheme_id,
            func.count().label("versions"),
            func.count().filter(PriceVersion.state == "draft").label("drafts"),
        )
        .group_by(PriceVersion.scheme_id)
        .subquery()
    )
    statement = (
        select(PriceScheme, func.coalesce(counts.c.versions, 0), func.coalesce(counts.c.drafts, 0))
        .outerjoin(counts, counts.c.scheme_id == PriceScheme.id)
        .where(PriceScheme.organisation_id == actor.org)
        .order_by(PriceScheme.name, PriceScheme.id)
    )
    page = paginate_rows(
        session, order_by(statement, request.sort, SCHEME_SORT, PriceScheme.id.expression), request
    )
    current = _current(session, [row[0].id for row in page.items], today)
    rows = [SchemeRow(row[0], current.get(row[0].id), row[1], row[2]) for row in page.items]
    return Page(rows, page.page, page.page_size, page.total)


def _current(session: Session, scheme_ids: Sequence[UUID], today: date) -> dict[UUID, PriceVersion]:
    found = session.scalars(
        select(PriceVersion).where(
            PriceVersion.scheme_id.in_(scheme_ids),
            PriceVersion.state.in_(SERVING),
            PriceVersion.valid_from <= today,
            or_(PriceVersion.valid_to.is_(None), PriceVersion.valid_to >= today),
        )
    )
    return {one.scheme_id: one for one in found}


def list_flat_prices(session: Session, actor: Actor, request: PageRequest) -> Page[FlatPrice]:
    """Return the versions in force or ended that are one price for everything, the latest first day first."""
    statement = (
        select(PriceVersion)
        .where(
            PriceVersion.organisation_id == actor.org,
            PriceVersion.state.in_(SERVING),
            PriceVersion.content["kind"].as_string() == SchemeKind.FLAT.value,
        )
        .order_by(PriceVersion.valid_from.desc(), PriceVersion.commodity, PriceVersion.id)
    )
    page = paginate_rows(
        session, order_by(statement, request.sort, PRICE_SORT, PriceVersion.id.expression), request
    )
    return Page([flat_price(row[0]) for row in page.items], page.page, page.page_size, page.total)


def flat_price(version: PriceVersion) -> FlatPrice:
    """Return a version of a flat scheme as one price."""
    return FlatPrice(
        id=version.id,
        commodity=version.commodity,
        price_minor_per_unit=version.content["base_minor"],
        currency=version.currency,
        valid_from=version.valid_from,
        valid_to=version.valid_to,
        decided_by=version.decided_by,
    )
