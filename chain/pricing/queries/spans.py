"""The versions in force, as the engine takes them."""

from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.pricing.models import PriceScheme, PriceVersion
from chain.pricing.rules.classes import class_values_of
from chain.pricing.rules.content import SchemeSpan
from chain.pricing.rules.documents import content_of
from chain.pricing.rules.states import SERVING, Lane


def schemes_between(
    session: Session,
    organisation: Organisation,
    commodity: str,
    first: date,
    last: date,
    *,
    lane: Lane = Lane.PRICE,
) -> list[SchemeSpan]:
    """Return an organisation's versions in force on some day from `first` to `last`, in its currency, the earliest first."""
    return _spans(session, organisation.id, organisation.currency, commodity, first, last, lane)


def class_values(
    session: Session, organisation_id: UUID, commodity: str, day: date
) -> Mapping[tuple[str, str | None], int]:
    """Return minor units per kilogram or litre by class and colour (None: any) in force on a day; empty when there are none.

    The values of a share scheme come first, then the prices of a class scheme. `rules.classes.value_of` looks one up.
    """
    for lane in (Lane.SHARE, Lane.PRICE):
        for span in _spans(session, organisation_id, None, commodity, day, day, lane):
            values = class_values_of(span.content)
            if values:
                return values
    return {}


def span_of(scheme: PriceScheme, version: PriceVersion) -> SchemeSpan:
    """Return a version as the engine takes it, whatever its state."""
    return SchemeSpan(
        version_id=version.id,
        scheme_id=scheme.id,
        key=scheme.key,
        name=scheme.name,
        number=version.number,
        currency=version.currency,
        valid_from=version.valid_from,
        valid_to=version.valid_to,
        content=content_of(version.content),
        decided_by=version.decided_by,
    )


def spans_of(session: Session, version_ids: Collection[UUID]) -> list[SchemeSpan]:
    """Return some versions as the engine takes them, whatever their states, the earliest first."""
    rows = session.execute(
        select(PriceScheme, PriceVersion)
        .join(PriceVersion, PriceVersion.scheme_id == PriceScheme.id)
        .where(PriceVersion.id.in_(version_ids))
        .order_by(PriceVersion.valid_from)
    )
    return [span_of(scheme, version) for scheme, version in rows]


def _spans(  # noqa: PLR0917 - private; two calls
    session: Session,
    organisation_id: UUID,
    currency: str | None,
    commodity: str,
    first: date,
    last: date,
    lane: Lane,
) -> list[SchemeSpan]:
    statement = (
        select(PriceScheme, PriceVersion)
        .join(PriceVersion, PriceVersion.scheme_id == PriceScheme.id)
        .where(
            PriceVersion.organisation_id == organisation_id,
            PriceVersion.commodity == commodity,
            PriceVersion.lane == lane.value,
            PriceVersion.state.in_(SERVING),
            PriceVersion.valid_from <= last,
            or_(PriceVersion.valid_to.is_(None), PriceVersion.valid_to >= first),
        )
        .order_by(PriceVersion.valid_from)
    )
    if currency is not None:
        statement = statement.where(PriceVersion.currency == currency)
    return [span_of(scheme, version) for scheme, version in session.execute(statement)]
