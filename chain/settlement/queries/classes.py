"""What the price of a run's deliveries rests on besides their quantity, as one hash that stands in the facts of the run."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from chain.core.hashing import content_hash
from chain.lots.models import Lot
from chain.pricing.rules import DeliveryFacts, SchemeSpan

#: Columns of a lot that a price looks at and that may still change while nobody holds the lot.
PRICED_BY: tuple[InstrumentedAttribute[Any], ...] = (
    Lot.grade_scheme,
    Lot.grade_key,
    Lot.colour,
    Lot.claim,
    Lot.micron_tenths,
)
#: Producer and the values of `PRICED_BY`.
ClassKey = tuple[Any, ...]


def looks_at_classes(spans: Iterable[SchemeSpan]) -> bool:
    """Tell whether a price looks at more than quantity and day."""
    return any(one.content.classes or one.content.composition or one.content.adjustments for one in spans)


def hash_of_deliveries(deliveries: Iterable[DeliveryFacts]) -> str:
    """Return the hash of deliveries that were read to be priced."""
    sums: dict[ClassKey, int] = {}
    for one in deliveries:
        key = (one.producer_id, one.grade_scheme, one.grade_key, one.colour, one.claim, one.micron_tenths)
        sums[key] = sums.get(key, 0) + one.quantity
    return hash_of_sums(sums.items())


def hash_of_lots(
    session: Session, left: ColumnElement[int], conditions: Iterable[ColumnElement[bool]]
) -> str:
    """Return the hash of deliveries that are summed where they lie."""
    columns = (Lot.producer_id, *PRICED_BY)
    rows = session.execute(
        select(*columns, cast(func.sum(left), BigInteger)).where(*conditions).group_by(*columns)
    )
    return hash_of_sums((tuple(row[:-1]), row[-1]) for row in rows)


def hash_of_sums(sums: Iterable[tuple[ClassKey, int]]) -> str:
    """Return the hash of quantities by producer and class, whatever their order."""
    rows = [[*(None if part is None else str(part) for part in key), int(ml)] for key, ml in sums if ml]
    return content_hash({"classes": sorted(rows, key=repr)})
