"""Checks of dates, decisions and overlaps."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from chain.core.errors import FieldErrors, ValidationFailed
from chain.core.i18n import N_, Message
from chain.core.money import Money
from chain.grading.queries import find_scheme, is_offered
from chain.grading.scheme import class_names_of
from chain.grading.scheme_files import UnknownSchemeError, is_shipped
from chain.lots.models import Lot
from chain.lots.rules import LotState
from chain.pricing.errors import DeliveriesServed, PriceOverlaps
from chain.pricing.models import PriceScheme, PriceVersion
from chain.pricing.rules.checks import check_content
from chain.pricing.rules.content import PriceContent, SchemeKind
from chain.pricing.rules.states import SERVING

MAX_NAME = 200
FIRST_DAY = date(2000, 1, 1)
MAX_AHEAD = timedelta(days=3 * 366)

WRITE_DECISION = N_("Write who decided it and when, for example “Assembly of 3 March 2026”.")
NAME_TOO_LONG = N_("Write at most %(limit)s characters.")
LAST_BEFORE_FIRST = N_("The last day lies before the first.")
DAY_OUT_OF_RANGE = N_("The day must lie between %(first)s and %(last)s.")
NO_SUCH_SCHEME = N_("Choose one of the grading schemes.")
UNTIL_FURTHER_NOTICE = N_("further notice")


def check_dates(valid_from: date, valid_to: date | None, decided_by: str, today: date) -> None:
    """Refuse dates out of order or out of the believable, and a missing decision."""
    errors = FieldErrors()
    last = today + MAX_AHEAD
    for field, day in (("valid_from", valid_from), ("valid_to", valid_to)):
        if day is not None and not FIRST_DAY <= day <= last:
            errors.add(field, DAY_OUT_OF_RANGE, first=FIRST_DAY, last=last)
    if valid_to is not None and valid_to < valid_from:
        errors.add("valid_to", LAST_BEFORE_FIRST)
    if not decided_by.strip():
        errors.add("decided_by", WRITE_DECISION)
    elif len(decided_by.strip()) > MAX_NAME:
        errors.add("decided_by", NAME_TOO_LONG, limit=MAX_NAME)
    errors.raise_any()


def check_whole_content(
    session: Session, organisation_id: UUID, content: PriceContent, commodity: str
) -> None:
    """Refuse a content that no price list can mean, its classes against their grading scheme.

    Raises:
        ValidationFailed: every field that cannot be used.
    """
    check_content(content, commodity, _known_classes(session, organisation_id, content, commodity))


def _known_classes(
    session: Session, organisation_id: UUID, content: PriceContent, commodity: str
) -> set[str] | None:
    if content.grades_from is None:
        return None
    key, edition = content.grades_from
    try:
        scheme = find_scheme(session, key, edition)
        is_ours = is_shipped(key) or is_offered(session, organisation_id, key, edition)
    except UnknownSchemeError:
        is_ours = False
    if not is_ours or scheme.commodity != commodity:
        raise ValidationFailed({"grades_from": [Message(NO_SUCH_SCHEME)]})
    return set(class_names_of(scheme))


@dataclass(frozen=True, slots=True)
class Days:
    """The days of a lane that a version wants."""

    organisation_id: UUID
    commodity: str
    lane: str
    valid_from: date
    valid_to: date | None


def days_of(version: PriceVersion) -> Days:
    """Return the days that a version wants."""
    return Days(
        version.organisation_id, version.commodity, version.lane, version.valid_from, version.valid_to
    )


def refuse_overlap(session: Session, version_id: UUID, days: Days) -> None:
    """Refuse days that another version of the lane already has; the books are locked, so none can slip in.

    Raises:
        PriceOverlaps: the first one that overlaps is named.
    """
    statement = _others(version_id, days).order_by(PriceVersion.valid_from)
    if days.valid_to is not None:
        statement = statement.where(PriceVersion.valid_from <= days.valid_to)
    other = session.scalars(statement.limit(1)).first()
    if other is not None:
        raise PriceOverlaps(
            valid_from=other.valid_from,
            valid_to=other.valid_to or Message(UNTIL_FURTHER_NOTICE),
            price=_price_of(session, other),
        )


def _price_of(session: Session, version: PriceVersion) -> object:
    """Return what names a price in a sentence: its amount where there is one, else its list and number."""
    if version.content["kind"] == SchemeKind.FLAT:
        return Money(version.content["base_minor"], version.currency)
    return f"{session.get_one(PriceScheme, version.scheme_id).name} ({version.number})"


def open_before(session: Session, version: PriceVersion) -> PriceVersion | None:
    """Return the version in force of the same product and lane that still runs on the first day of another."""
    statement = _others(version.id, days_of(version)).where(PriceVersion.valid_from < version.valid_from)
    return session.scalars(statement.order_by(PriceVersion.valid_from.desc()).limit(1)).first()


def _others(version_id: UUID, days: Days) -> Select[tuple[PriceVersion]]:
    """Return the other versions of a lane that run on the first of some days or later."""
    return select(PriceVersion).where(
        PriceVersion.organisation_id == days.organisation_id,
        PriceVersion.commodity == days.commodity,
        PriceVersion.lane == days.lane,
        PriceVersion.state.in_(SERVING),
        PriceVersion.id != version_id,
        or_(PriceVersion.valid_to.is_(None), PriceVersion.valid_to >= days.valid_from),
    )


def last_served(session: Session, version: PriceVersion, after: date | None = None) -> date | None:
    """Return the last day, after some day, with a delivery that a version prices and that is not settled yet; None: there is none."""
    statement = select(func.max(Lot.delivered_on)).where(
        Lot.organisation_id == version.organisation_id,
        Lot.commodity == version.commodity,
        Lot.state.not_in((LotState.SETTLED.value, LotState.CANCELLED.value)),
        Lot.delivered_on >= version.valid_from,
    )
    if version.valid_to is not None:
        statement = statement.where(Lot.delivered_on <= version.valid_to)
    if after is not None:
        statement = statement.where(Lot.delivered_on > after)
    return session.scalar(statement)


def refuse_served(session: Session, version: PriceVersion, last_day: date) -> None:
    """Refuse to end a version before deliveries that it prices: what a delivery is worth is frozen on its day.

    Raises:
        DeliveriesServed: the last of their days is named.
    """
    served = last_served(session, version, after=last_day)
    if served is not None:
        raise DeliveriesServed(last=served)
