"""What the last deliveries of each producer would pay by a version that is not in force: before and after."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.core.paging import Page, PageRequest, slice_rows
from chain.lots.models import Lot
from chain.pricing.queries.results import price_with_results
from chain.pricing.queries.spans import schemes_between
from chain.pricing.rules import DeliveryFacts, Part, PricedGroup, SchemeSpan
from chain.pricing.rules.content import SchemeKind
from chain.producers.models import Membership, Producer

#: Deliveries of each producer that are looked at.
LAST_DELIVERIES = 3


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A producer's last deliveries by the prices of their days, and by the version that is looked at."""

    producer_id: UUID
    full_name: str
    member_code: str
    deliveries: int
    quantity: int
    unit: str
    #: None: some of them lie on days without a price
    before_minor: int | None
    after_minor: int
    groups: tuple[PricedGroup, ...]

    @property
    def difference_minor(self) -> int | None:
        """What changes for the producer."""
        return None if self.before_minor is None else self.after_minor - self.before_minor


@dataclass(frozen=True, slots=True)
class Preview:
    """All producers with deliveries, by name; the totals compare those whose price before is known."""

    rows: tuple[PreviewRow, ...]
    currency: str

    @property
    def compared(self) -> tuple[PreviewRow, ...]:
        """Those whose deliveries had a price."""
        return tuple(one for one in self.rows if one.before_minor is not None)

    @property
    def before_minor(self) -> int:
        """What those had."""
        return sum(one.before_minor or 0 for one in self.compared)

    @property
    def after_minor(self) -> int:
        """What the same would have."""
        return sum(one.after_minor for one in self.compared)

    @property
    def losing(self) -> int:
        """How many would get less."""
        return sum(1 for one in self.compared if (one.difference_minor or 0) < 0)

    @property
    def gaining(self) -> int:
        """How many would get more."""
        return sum(1 for one in self.compared if (one.difference_minor or 0) > 0)

    def page(self, request: PageRequest) -> Page[PreviewRow]:
        """Return one page of the rows."""
        keys: dict[str, Callable[[PreviewRow], Any]] = {
            "after": lambda one: one.after_minor,
            "difference": lambda one: one.difference_minor,
        }
        return slice_rows(self.rows, request, keys)


def preview(session: Session, organisation: Organisation, commodity: str, span: SchemeSpan) -> Preview:
    """Price the last three deliveries of every producer by a version, whatever its state and its days.

    Of a scheme that pays a share of the sale only the advance is known. Volume bands see just these deliveries.

    Raises:
        NoPriceForClass: a class among them that the version does not list.
    """
    facts, names = last_deliveries(session, organisation.id, commodity)
    if not facts:
        return Preview((), span.currency)
    part = Part.ADVANCE if span.content.kind is SchemeKind.SHARE else Part.WHOLE
    always = on_all_days(span)
    after = by_producer(price_with_results(session, organisation.id, [always], facts, part=part))
    before = _before(session, organisation, commodity, facts)
    mine: defaultdict[UUID, list[DeliveryFacts]] = defaultdict(list)
    for one in facts:
        mine[one.producer_id].append(one)
    rows = [
        PreviewRow(
            producer_id=producer_id,
            full_name=names[producer_id][0],
            member_code=names[producer_id][1],
            deliveries=len(listed),
            quantity=sum(one.quantity for one in listed),
            unit=listed[0].unit,
            before_minor=before.get(producer_id),
            after_minor=sum(group.amount_minor for group in after.get(producer_id, ())),
            groups=tuple(after.get(producer_id, ())),
        )
        for producer_id, listed in mine.items()
    ]
    rows.sort(key=lambda one: (one.full_name.casefold(), one.producer_id))
    return Preview(tuple(rows), span.currency)


def on_all_days(span: SchemeSpan) -> SchemeSpan:
    """Return a version as if it were in force on every day."""
    return SchemeSpan(
        version_id=span.version_id,
        scheme_id=span.scheme_id,
        key=span.key,
        name=span.name,
        number=span.number,
        currency=span.currency,
        valid_from=date.min,
        valid_to=None,
        content=span.content,
        decided_by=span.decided_by,
    )


def _before(
    session: Session, organisation: Organisation, commodity: str, facts: Sequence[DeliveryFacts]
) -> dict[UUID, int]:
    """Return what producers had whose deliveries all lie on days with a price."""
    days = [one.delivered_on for one in facts]
    spans = schemes_between(session, organisation, commodity, min(days), max(days))
    without = {one.producer_id for one in facts if not any(span.holds(one.delivered_on) for span in spans)}
    known = [one for one in facts if one.producer_id not in without]
    groups = price_with_results(session, organisation.id, spans, known) if known else []
    return {
        producer_id: sum(group.amount_minor for group in found)
        for producer_id, found in by_producer(groups).items()
    }


def by_producer(groups: Sequence[PricedGroup]) -> dict[UUID, list[PricedGroup]]:
    """Return what was priced, by producer."""
    found: defaultdict[UUID, list[PricedGroup]] = defaultdict(list)
    for one in groups:
        found[one.producer_id].append(one)
    return found


def last_deliveries(
    session: Session, organisation_id: UUID, commodity: str
) -> tuple[list[DeliveryFacts], dict[UUID, tuple[str, str]]]:
    """Return the last three deliveries of every producer, and the producers' names and member codes."""
    place = (
        func.row_number()
        .over(partition_by=Lot.producer_id, order_by=(Lot.delivered_on.desc(), Lot.id.desc()))
        .label("place")
    )
    newest = (
        select(Lot.id, place)
        .where(
            Lot.organisation_id == organisation_id,
            Lot.commodity == commodity,
            Lot.origin == "delivery",
            Lot.state != "cancelled",
        )
        .subquery()
    )
    rows = session.execute(
        select(Lot, Producer.full_name, Producer.sex, func.coalesce(Membership.member_code, "—"))
        .join(newest, newest.c.id == Lot.id)
        .join(Producer, Producer.id == Lot.producer_id)
        .outerjoin(
            Membership,
            (Membership.producer_id == Lot.producer_id) & (Membership.organisation_id == Lot.organisation_id),
        )
        .where(newest.c.place <= LAST_DELIVERIES)
    ).all()
    facts = [delivery_facts(row[0], is_woman=row[2] == "female") for row in rows]
    return facts, {row[0].producer_id: (row[1], row[3]) for row in rows}


def delivery_facts(lot: Lot, *, is_woman: bool) -> DeliveryFacts:
    """Return a delivery as a price sees it."""
    assert lot.producer_id is not None, "a delivery has a producer"  # noqa: S101 - an invariant of lots
    return DeliveryFacts(
        lot_id=lot.id,
        source_id=lot.id,
        producer_id=lot.producer_id,
        delivered_on=lot.delivered_on,
        quantity=lot.quantity,
        unit=lot.unit,
        label=lot.grade_key or lot.commodity,
        commodity=lot.commodity,
        grade_scheme=lot.grade_scheme,
        grade_key=lot.grade_key,
        colour=lot.colour,
        micron_tenths=lot.micron_tenths,
        claim=lot.claim,
        attributes=lot.attributes,
        is_woman=is_woman,
        shift=lot.attributes.get("shift"),
    )
