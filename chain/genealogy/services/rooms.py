"""Whether there is room at a site for what an event brings there."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.core.quantity import Unit
from chain.genealogy.errors import SiteFull
from chain.lots.models import Lot, Site
from chain.lots.stock import in_stock

TANK = "tank"
NO_SUCH_SITE = N_("There is no such place, or it is no longer used.")


def unit_of(kind: str) -> str:
    """Return in what the capacity of a site is counted: a tank in millilitres, other places in grams."""
    return (Unit.MILLILITRE if kind == TANK else Unit.GRAM).value


def lock_sites(
    session: Session, organisation_id: UUID, named: Iterable[UUID | None], others: Iterable[UUID | None] = ()
) -> dict[UUID, Site]:
    """Lock sites against others that fill them at the same time, in the order of their ids.

    `named` are those that somebody chose for this event; `others` are where lots lie already.

    Raises:
        ValidationFailed: a chosen one is unknown here or archived.
    """
    chosen = {site_id for site_id in named if site_id is not None}
    wanted = sorted(chosen | {site_id for site_id in others if site_id is not None})
    if not wanted:
        return {}
    found = session.scalars(
        select(Site)
        .where(Site.id.in_(wanted), Site.organisation_id == organisation_id)
        .order_by(Site.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    sites = {site.id: site for site in found}
    if any(site_id not in sites or sites[site_id].archived_at is not None for site_id in chosen):
        errors = FieldErrors()
        errors.add("site_id", NO_SUCH_SITE)
        errors.raise_any()
    return sites


def check_room(
    session: Session,
    sites: Mapping[UUID, Site],
    arriving: Collection[tuple[UUID | None, str, int]],
    leaving: Collection[tuple[UUID | None, str, int]],
) -> None:
    """Refuse more than a site holds; `arriving` and `leaving` are site, unit and quantity of lots.

    Raises:
        SiteFull.
    """
    for site in sites.values():
        if site.capacity is None:
            continue
        unit = unit_of(site.kind)
        comes = _sum(arriving, site.id, unit)
        goes = _sum(leaving, site.id, unit)
        if comes <= goes:
            continue
        would_hold = contents(session, site.id, unit) - goes + comes
        if would_hold > site.capacity:
            raise SiteFull(
                site=site.name, capacity=_shown(site.capacity, unit), would_hold=_shown(would_hold, unit)
            )


def contents(session: Session, site_id: UUID, unit: str) -> int:
    """Return how much lies at a site now."""
    total = session.scalar(
        select(func.coalesce(func.sum(Lot.quantity), 0)).where(
            Lot.site_id == site_id, Lot.unit == unit, in_stock()
        )
    )
    return int(total or 0)


def _sum(lots: Collection[tuple[UUID | None, str, int]], site_id: UUID, unit: str) -> int:
    return sum(quantity for place, kept_in, quantity in lots if place == site_id and kept_in == unit)


def _shown(quantity: int, unit: str) -> str:
    """Return kilograms or litres."""
    whole, rest = divmod(quantity, 1000)
    number = f"{whole}.{rest:03d}".rstrip("0").rstrip(".")
    return f"{number} {'l' if unit == Unit.MILLILITRE else 'kg'}"
