"""The same deliveries by one set of versions and by another: what a change of prices means to each producer."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from chain.core.errors import DomainError
from chain.pricing.queries.preview import by_producer
from chain.pricing.queries.results import price_with_results
from chain.pricing.rules import DeliveryFacts, SchemeSpan


@dataclass(frozen=True, slots=True)
class Compared:
    """A producer's deliveries before and after; None: they have no price."""

    producer_id: UUID
    deliveries: int
    before_minor: int | None
    after_minor: int | None


def compare(
    session: Session,
    organisation_id: UUID,
    deliveries: Sequence[DeliveryFacts],
    before: Sequence[SchemeSpan],
    after: Sequence[SchemeSpan],
) -> dict[UUID, Compared]:
    """Price deliveries by the versions `before` and by those `after`, and return both for each producer."""
    mine: defaultdict[UUID, list[DeliveryFacts]] = defaultdict(list)
    for one in deliveries:
        mine[one.producer_id].append(one)
    old = _priced(session, organisation_id, mine.values(), before)
    new = _priced(session, organisation_id, mine.values(), after)
    return {
        producer_id: Compared(producer_id, len(listed), old.get(producer_id), new.get(producer_id))
        for producer_id, listed in mine.items()
    }


def _priced(
    session: Session,
    organisation_id: UUID,
    deliveries: Iterable[Sequence[DeliveryFacts]],
    spans: Sequence[SchemeSpan],
) -> dict[UUID, int]:
    """Return what producers get whose deliveries all have a price."""
    able = [
        listed
        for listed in deliveries
        if all(any(span.holds(one.delivered_on) for span in spans) for one in listed)
    ]
    try:
        return _sums(session, organisation_id, [one for listed in able for one in listed], spans)
    except DomainError:
        return _one_by_one(session, organisation_id, able, spans)


def _one_by_one(
    session: Session,
    organisation_id: UUID,
    deliveries: Iterable[Sequence[DeliveryFacts]],
    spans: Sequence[SchemeSpan],
) -> dict[UUID, int]:
    """Price producer by producer, because somebody has a class without a price."""
    found: dict[UUID, int] = {}
    for listed in deliveries:
        try:
            found |= _sums(session, organisation_id, listed, spans)
        except DomainError:
            continue
    return found


def _sums(
    session: Session, organisation_id: UUID, deliveries: Sequence[DeliveryFacts], spans: Sequence[SchemeSpan]
) -> dict[UUID, int]:
    if not deliveries:
        return {}
    groups = by_producer(price_with_results(session, organisation_id, spans, deliveries))
    return {key: sum(one.amount_minor for one in found) for key, found in groups.items()}
