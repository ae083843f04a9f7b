"""A corrected reading of the scale changes what is owed: producers are told litres and their part, before and after."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.catalogues import translate
from chain.core.ids import new_id
from chain.lots.models import ProducerNotice
from chain.lots.queries.notices import notices_of
from chain.settlement.fortnight.errors import FortnightLocked
from chain.settlement.fortnight.services.importing import import_table
from chain.settlement.fortnight.services.preparing import prepare_fortnight_run
from chain.settlement.fortnight.services.scale_told import SCALE_CORRECTED, SCALES_CORRECTED, SHARE_LATER
from chain.settlement.fortnight.services.terms import set_reserve
from chain.settlement.fortnight.services.zones import Reading, add_zone, place_routes, record_readings
from chain.settlement.fortnight.tables import Table
from chain.settlement.models import SettlementItem, SettlementLine, SettlementRun
from chain.settlement.services.notices import RUN_AGAIN, RUN_REVERSED
from chain.settlement.services.reversing import reverse_run
from chain.settlement.services.runs import account_run, approve_run, discard_run
from tests.support.cast import Cast
from tests.support.dairy import MARCH, add_producers, add_route, bring, set_four_prices, withhold_nothing

MONDAY, TUESDAY, SUNDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 8)


class Dairy:
    """Two producers in zone 1, one in zone 2; all on a Monday, the scales agree."""

    def __init__(self, session: Session, cast: Cast, now: datetime, **content: Any) -> None:
        self.session, self.cast, self.now, self.actor = session, cast, now, cast.accountant.actor
        set_four_prices(session, **content)
        withhold_nothing(session)
        self.one, self.two, self.far = add_producers(session, 3)
        everything = cast.everything.actor
        self.north = add_zone(session, actor=everything, now=now, zone_id=new_id(), code="2", name="Norte").id
        route = add_route(session, "R2")
        place_routes(session, actor=everything, now=now, zones={route: self.north})
        bring(session, self.one, MONDAY, 100)
        bring(session, self.two, MONDAY, 50)
        bring(session, self.far, MONDAY, 40, route=route)
        self.read({MONDAY: 150_000})
        self.read({MONDAY: 40_000}, self.north)
        assert self.told() == {}

    def read(self, readings: Mapping[date, int], zone: UUID | None = None) -> None:
        """Record readings, of the first zone unless another is named."""
        text = "date,litres,zone\n" + "".join(
            f"{day},{ml / 1000},{2 if zone else ''}\n" for day, ml in readings.items()
        )
        import_table(
            self.session,
            actor=self.actor,
            now=self.now,
            table=Table.WEIGHINGS,
            content=text.encode(),
            name="pesajes.csv",
        )

    def told(self) -> dict[UUID, list[tuple[str, Any]]]:
        """Return what was told so far: sentences with their values."""
        found: dict[UUID, list[tuple[str, Any]]] = {}
        for row in self.session.scalars(select(ProducerNotice).order_by(ProducerNotice.id)):
            found.setdefault(row.producer_id, []).append((row.msgid, row.params))
        return found

    def shares(self) -> dict[UUID, tuple[int, int]]:
        """Return the parts before and after of the last notices."""
        return {
            key: (
                rows[-1][1]["share"]["params"]["before_minor"],
                rows[-1][1]["share"]["params"]["after_minor"],
            )
            for key, rows in self.told().items()
        }

    def prepare(self) -> SettlementRun:
        return prepare_fortnight_run(
            self.session, actor=self.actor, now=self.now, run_id=new_id(), first_day=MARCH.first
        )

    def weighed(self, run: SettlementRun) -> dict[UUID, int]:
        """Return what weighing difference and reserve come to in a run."""
        rows = self.session.execute(
            select(SettlementLine.producer_id, func.sum(SettlementItem.amount_minor))
            .join(SettlementItem, SettlementItem.line_id == SettlementLine.id)
            .where(SettlementLine.run_id == run.id, SettlementItem.kind.in_(["weighing", "reserve"]))
            .group_by(SettlementLine.producer_id)
        )
        return {row[0]: int(row[1]) for row in rows}


def test_whose_part_changes_is_told_both_amounts_and_the_run_pays_the_second(
    session: Session, cast: Cast, now: datetime
) -> None:
    dairy = Dairy(session, cast, now)
    dairy.read({MONDAY: 148_999})
    # 1.001 l less at 5.00: 5.01 shared by 100 and 50 l
    assert dairy.shares() == {dairy.one: (0, -334), dairy.two: (0, -167)}
    msgid, params = dairy.told()[dairy.one][0]
    assert (msgid, params["before"], params["after"]) == (SCALE_CORRECTED, "150", "148.999")
    assert dairy.weighed(dairy.prepare()) == {dairy.one: -334, dairy.two: -167}
    (shown,) = notices_of(session, dairy.one)
    assert translate("es", shown.message).startswith("Balanza de Zona 1, ")
    assert "diferencia de pesaje y la reserva" in translate("es", shown.message)


def test_some_days_at_once_are_one_notice(session: Session, cast: Cast, now: datetime) -> None:
    dairy = Dairy(session, cast, now)
    bring(session, dairy.one, TUESDAY, 10)
    dairy.read({TUESDAY: 10_000})
    dairy.read({MONDAY: 151_000, TUESDAY: 11_000})
    (told,) = dairy.told()[dairy.one]
    assert told[0] == SCALES_CORRECTED
    assert (told[1]["count"], told[1]["before"], told[1]["after"]) == (2, "160", "162")
    assert sum(after for _, after in dairy.shares().values()) == 1_000


def test_the_reserve_follows_the_scale_of_its_zone_and_is_told_with_the_difference(
    session: Session, cast: Cast, now: datetime
) -> None:
    dairy = Dairy(session, cast, now)
    set_reserve(
        session,
        actor=dairy.actor,
        now=now,
        reserve_id=new_id(),
        fraction_ppm=100_000,
        valid_from=MARCH.first,
        valid_to=None,
        decided_by="Asamblea",
    )
    rows = {key: len(rows) for key, rows in dairy.told().items()}
    dairy.read({MONDAY: 50_000}, dairy.north)
    new = {key for key, found in dairy.told().items() if len(found) > rows.get(key, 0)}
    assert new == {dairy.far}
    # 10 l more at 5.00, less a tenth of the 50 l that were weighed
    share = dairy.told()[dairy.far][-1][1]["share"]["params"]
    assert (share["before_minor"], share["after_minor"]) == (-2_000, 5_000 - 2_500)
    assert dairy.weighed(dairy.prepare())[dairy.far] == 2_500


def test_while_the_fortnight_cannot_be_calculated_litres_are_told(
    session: Session, cast: Cast, now: datetime
) -> None:
    dairy = Dairy(session, cast, now)
    bring(session, dairy.one, TUESDAY, 10)  # no reading yet
    dairy.read({MONDAY: 149_000})
    assert set(dairy.told()) == {dairy.one, dairy.two}, "those whose milk lay on that scale"
    msgid, params = dairy.told()[dairy.two][0]
    assert (msgid, params["share"]["msgid"]) == (SCALE_CORRECTED, SHARE_LATER)


@pytest.mark.parametrize("content", [{}, {"unit": "kg", "density": "1.03"}])
def test_nobody_is_told_what_changes_nothing(
    session: Session, cast: Cast, now: datetime, content: dict[str, Any]
) -> None:
    dairy = Dairy(session, cast, now, **content)
    dairy.read({MONDAY: 150_000})
    dairy.read({SUNDAY: 5_000})
    dairy.read({SUNDAY: 6_000})  # Sundays are not weighed
    if content:
        dairy.read({MONDAY: 140_000})  # by the kilogram: the scale has no part in it
    assert dairy.told() == {}


def test_twice_in_one_command_is_what_it_ends_with(session: Session, cast: Cast, now: datetime) -> None:
    dairy = Dairy(session, cast, now)
    (zone,) = {one.zone_id for one in _rows(dairy) if one.zone_id != dairy.north}
    back = [Reading(zone, MONDAY, 149_000), Reading(zone, MONDAY, 150_000)]
    record_readings(session, actor=dairy.actor, now=now, readings=back)
    fresh = [Reading(zone, TUESDAY, 1_000), Reading(zone, TUESDAY, 2_000)]
    record_readings(session, actor=dairy.actor, now=now, readings=fresh)
    assert dairy.told() == {}


def _rows(dairy: Dairy) -> list[Any]:
    from chain.settlement.fortnight.models import ScaleReadingRow

    return list(dairy.session.scalars(select(ScaleReadingRow)))


def test_an_accounted_amount_changes_only_by_taking_it_back_and_each_step_is_told(
    session: Session, cast: Cast, now: datetime
) -> None:
    dairy = Dairy(session, cast, now)
    run = dairy.prepare()
    approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    account_run(session, actor=dairy.actor, now=now, run_id=run.id)
    with pytest.raises(FortnightLocked):
        dairy.read({MONDAY: 149_000})
    assert dairy.told() == {}
    later = now + timedelta(minutes=1)
    reverse_run(session, actor=dairy.actor, now=later, run_id=run.id, reason="Pesaje mal leído")
    with pytest.raises(FortnightLocked):
        dairy.read({MONDAY: 149_000})
    discard_run(session, actor=dairy.actor, now=later, run_id=run.id, reason="Pesaje mal leído")
    dairy.read({MONDAY: 149_000})
    again = dairy.prepare()
    approve_run(session, actor=cast.treasurer.actor, now=later, run_id=again.id)
    account_run(session, actor=dairy.actor, now=later, run_id=again.id)
    told = dairy.told()[dairy.one]
    assert [msgid for msgid, _ in told] == [RUN_REVERSED, SCALE_CORRECTED, RUN_AGAIN]
    assert [(one.get("before_minor"), one.get("after_minor")) for _, one in told] == [
        (50_000, 0), (None, None), (0, 49_667),
    ]  # fmt: skip
    assert dairy.told()[dairy.far][-1][0] == RUN_AGAIN
