"""What the price scheme adds to the plain price or takes off: put to the records whose litres it is of. Pure."""

from collections.abc import Iterable, Sequence

from chain.settlement.fortnight.facts import Key, Quality
from chain.settlement.fortnight.results import Record


def add_quality(records: Sequence[Record], quality: Iterable[Quality]) -> None:
    """Give each record its premiums and penalties.

    Where somebody brings milk to two zones on one day, the quota serves the lower zone code first here and the morning first
    in the price scheme; what finds no payroll in its zone goes to the one in the producer's first zone.
    """
    places: dict[tuple[Key, str, Key], Record] = {}
    first: dict[tuple[Key, str], Record] = {}
    for record in records:
        places[record.producer, record.payroll.value, record.zone] = record
        first.setdefault((record.producer, record.payroll.value), record)
    for one in quality:
        place = places.get((one.producer, one.payroll, one.zone)) or first[one.producer, one.payroll]
        place.quality.append(one.item)
    for record in records:
        _limit(record)


def _limit(record: Record) -> None:
    """Let no rounding make milk worth less than nothing: the largest penalty gives way."""
    if record.quality and record.value_minor < 0:
        place = min(range(len(record.quality)), key=lambda at: record.quality[at].amount_minor)
        largest = record.quality[place]
        record.quality[place] = largest._replace(amount_minor=largest.amount_minor - record.value_minor)
