"""Events that cannot be right are refused before any lot is looked at, every field at once."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from chain.core.errors import ValidationFailed
from chain.core.ids import new_id
from chain.genealogy.checks import check_event, event_hash, read_density
from chain.genealogy.rules import (
    Added,
    Event,
    Gain,
    Loss,
    Lost,
    Made,
    Merge,
    Part,
    ProcessRun,
    Split,
    Transfer,
)

NOW = datetime(2026, 3, 16, 15, 0, tzinfo=UTC)
LOTS = (new_id(), new_id())


def merge(**changes: Any) -> Merge:
    values: dict[str, Any] = {"id": new_id(), "happened_at": NOW, "lot_ids": LOTS, "output_id": new_id()}
    return Merge(**(values | changes))


def split(*quantities: int, **changes: Any) -> Split:
    parts = tuple(Part(id=new_id(), quantity=one) for one in quantities)
    values: dict[str, Any] = {"id": new_id(), "happened_at": NOW, "lot_id": LOTS[0], "parts": parts}
    return Split(**(values | changes))


def process(**changes: Any) -> ProcessRun:
    values: dict[str, Any] = {
        "id": new_id(),
        "happened_at": NOW,
        "process": "scour",
        "lot_ids": LOTS,
        "outputs": (Made(id=new_id(), commodity="scoured-fibre", quantity=1),),
    }
    return ProcessRun(**(values | changes))


TWIN = Part(id=new_id(), quantity=1)


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (merge(id=uuid4()), "id"),
        (merge(happened_at=NOW + timedelta(hours=1)), "happened_at"),
        (merge(happened_at=NOW.replace(tzinfo=None)), "happened_at"),
        (merge(happened_at=NOW.replace(year=2006)), "happened_at"),
        (merge(reason="x" * 501), "reason"),
        (merge(lot_ids=LOTS[:1]), "lot_ids"),
        (merge(lot_ids=(LOTS[0], LOTS[0])), "lot_ids"),
        (merge(lot_ids=tuple(UUID(int=one) for one in range(20_001))), "lot_ids"),
        (merge(output_id=uuid4()), "output_id"),
        (merge(label="x" * 201), "label"),
        (merge(losses=(Lost(cause="magic", quantity=1),)), "losses.0.cause"),
        (merge(losses=(Lost(cause="dust", quantity=0),)), "losses.0.quantity"),
        (merge(losses=(Lost(cause="other", quantity=1),)), "losses.0.note"),
        (merge(losses=(Lost(cause="dust", quantity=1),) * 21), "losses"),
        (merge(gains=(Added(cause="dust", quantity=1),)), "gains.0.cause"),
        (split(5), "parts"),
        (split(5, -1), "parts.1.quantity"),
        (split(5, 10**10), "parts.1.quantity"),
        (split(parts=(TWIN, TWIN)), "parts"),
        (process(process="magic"), "process"),
        (process(outputs=()), "outputs"),
        (process(outputs=(Made(id=new_id(), commodity="gold", quantity=1),)), "outputs.0.commodity"),
        (process(density="1030"), "density"),
        (Transfer(id=new_id(), happened_at=NOW, lot_ids=(), to_site_id=new_id()), "lot_ids"),
        (Loss(id=new_id(), happened_at=NOW, lot_id=LOTS[0], quantity=1, cause="theft"), "reason"),
        (Loss(id=new_id(), happened_at=NOW, lot_id=LOTS[0], quantity=0, cause="dust"), "quantity"),
        (
            Gain(id=new_id(), happened_at=NOW, lot_id=LOTS[0], quantity=1, cause="salt", output_id=uuid4()),
            "id",
        ),
    ],
)
def test_what_cannot_be_right_names_the_field(event: Event, field: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        check_event(event, NOW)
    assert field in refused.value.errors


def test_what_may_be_right_passes() -> None:
    for event in (merge(), split(5, 6), process(density="1,030")):
        check_event(event, NOW)
    assert read_density("1,030") == Decimal("1.030")


def test_the_same_order_hashes_equally_whatever_the_zone_and_the_order_of_its_lots() -> None:
    event = merge()
    lima = timezone(timedelta(hours=-5))
    same = merge(id=event.id, output_id=event.output_id, lot_ids=LOTS[::-1], happened_at=NOW.astimezone(lima))
    assert event_hash(same) == event_hash(event)
    assert event_hash(merge(id=event.id, output_id=event.output_id, label="otro")) != event_hash(event)
