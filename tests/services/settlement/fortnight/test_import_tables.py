"""The tables of a dairy from spreadsheets: all rows of a file or none, each fault by line, the same file once."""

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden
from chain.core.i18n import Message
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.core.tables import UnusableFile
from chain.dues.models import GroupCharge, Movement
from chain.ledger.models import JournalEntry
from chain.settlement.fortnight.errors import BadTableRows, FortnightLocked
from chain.settlement.fortnight.imported import Imported
from chain.settlement.fortnight.models import (
    BankFeeRow,
    MilkQuota,
    MilkReserve,
    OtherIncomeRow,
    ScaleReadingRow,
    TaxLicence,
)
from chain.settlement.fortnight.services.importing import import_table
from chain.settlement.fortnight.services.preparing import prepare_fortnight_run
from chain.settlement.fortnight.tables import MAX_ROWS, Table
from tests.support.cast import Cast, Person
from tests.support.dairy import add_producers, bring, set_four_prices, weigh, withhold_nothing

STORED = (ScaleReadingRow, MilkQuota, TaxLicence, MilkReserve, Movement, GroupCharge, BankFeeRow, OtherIncomeRow)  # fmt: skip
FILES = {
    Table.WEIGHINGS: "fecha;litros;zona\n02/03/2026;98,5;\n2026-03-03;0;1\n",
    Table.QUOTAS: "productor,cupo,precio_habil,desde,hasta\nM-00001,80,3.50,2026-03-01,2026-12-31\nM-00002,,,2026-03-01,2026-12-31\n",
    Table.LICENCES: "productor,numero,desde,hasta\nM-00001,L-1,2026-01-01,2026-12-31\n",
    Table.RESERVE: "fraccion,desde,hasta,acta\n0.0125,2026-03-01,,Asamblea del 2 de marzo\n",
    Table.MOVEMENTS: (
        "tipo,productor,fecha,monto,saldo,detalle,acta\n"
        "veterinario,M-00001,2026-03-05,43.37,,Vacuna,\n"
        "concentrados,M-00001,2026-02-05,120,45.5,Balanceado,\n"
        "credito,M-00002,2026-02-05,10,0,Pagado,\n"
        "comision_banco,M-00002,2026-03-06,2.50,,,\n"
        "otros_ingresos,M-00002,2026-03-07,5,,Devolución,\n"
        "alcohol,,2026-03-08,30,,Alcohol,Asamblea\n"
    ),
}


def bring_in(
    session: Session, person: Person, now: datetime, table: Table, text: str, **more: Any
) -> Imported:
    return import_table(
        session, actor=person.actor, now=now, table=table, content=text.encode(), name="file.csv", **more
    )  # fmt: skip


def stored(session: Session) -> dict[str, int]:
    """Return how many rows every table has that an import may touch."""
    models = (*STORED, JournalEntry, AuditRecord)
    return {
        model.__tablename__: session.scalar(select(func.count()).select_from(model)) or 0 for model in models
    }


def places(refused: BadTableRows) -> list[tuple[int, str]]:
    """Return line and column of every cell that was refused."""
    return [(int(str(one.params["line"])), str(one.params["column"])) for one in refused.listed]


def test_every_table_is_taken_once(session: Session, cast: Cast, now: datetime) -> None:
    add_producers(session, 2)
    for table, text in FILES.items():
        before = stored(session)
        tried = bring_in(session, cast.everything, now, table, text, dry_run=True)
        assert stored(session) == before
        first = bring_in(session, cast.everything, now, table, text)
        assert first == tried
        kept = stored(session)
        again = bring_in(session, cast.everything, now, table, text)
        assert stored(session) == kept
        assert (first.added, again.added) == {
            Table.MOVEMENTS: (5, 0),  # one is paid back wholly
        }.get(table, (first.rows, 0))
    assert [(row.per_day_ml, row.weekday_minor) for row in session.scalars(select(MilkQuota).order_by(MilkQuota.weekday_minor))] == [(80_000, 0), (80_000, 350)]  # fmt: skip
    assert session.scalars(select(MilkReserve.fraction_ppm)).all() == [12_500]
    debts = select(Movement.kind, Movement.balance_minor).order_by(Movement.number)
    assert [tuple(row) for row in session.execute(debts)] == [("vet", 4_337), ("feed", 4_550)]
    assert session.scalars(select(BankFeeRow.amount_minor)).all() == [250]
    assert session.scalars(select(OtherIncomeRow.name)).all() == ["Devolución"]
    assert session.scalars(select(GroupCharge.zone_name)).all() == ["Zona 1"]


@pytest.mark.parametrize(
    ("table", "text", "expected"),
    [
        (
            Table.WEIGHINGS,
            "fecha,litros,zona\n2026-03-02,5,\n2026-03-02,6,1\n2026-03-03,7,X\nayer,1,\n2026-12-01,5,\n",
            [(3, "date"), (4, "zone"), (5, "date"), (6, "date")],
        ),
        (
            Table.QUOTAS,
            (
                "productor,cupo,desde,hasta\nM-00001,80,2026-03-01,2026-12-31\nM-00001,90,2026-05-01,2026-12-31\n"
                "NADIE,1,2026-03-01,2026-12-31\nM-00002,-4,2026-03-01,2026-12-31\nM-00002,5000,2026-03-01,2026-02-01\n"
            ),
            [(3, "from"), (4, "producer"), (5, "litres_per_day"), (6, "to"), (6, "litres_per_day")],
        ),
        (Table.LICENCES, "productor,numero,desde,hasta\nM-00001,,2026-01-01,\n", [(2, "to"), (2, "number")]),
        (
            Table.RESERVE,
            "fraccion,desde,acta\n0.9,2026-03-01,Asamblea\n0.01,2026-03-01,\n",
            [(2, "fraction"), (3, "decision")],
        ),
        (
            Table.MOVEMENTS,
            (
                "tipo,productor,fecha,monto,saldo,origen\nvaca,M-00001,2026-03-05,1,,\nvet,M-00001,2026-03-05,1,2,\n"
                "vet,M-00001,2027-03-05,1,,\nvet,M-00001,2026-03-05,1,,luna\nalcohol,,2026-03-05,3,,\nvet,M-00001,2026-03-05,3,,\n"
            ),
            [(2, "kind"), (3, "balance"), (4, "date"), (5, "source"), (6, "decision")],
        ),
    ],
)
def test_each_cell_that_cannot_be_used_is_named_and_nothing_is_stored(
    session: Session, cast: Cast, now: datetime, table: Table, text: str, expected: list[tuple[int, str]]
) -> None:
    add_producers(session, 2)
    before = stored(session)
    with pytest.raises(BadTableRows) as refused:
        bring_in(session, cast.everything, now, table, text)
    assert places(refused.value) == expected
    assert stored(session) == before
    assert isinstance(refused.value.errors["file"][1], Message)


def test_a_file_that_is_no_table_or_too_long_is_refused_as_a_whole(
    session: Session, cast: Cast, now: datetime
) -> None:
    for text in ("", "fecha\n2026-03-02\n", "fecha,litros\n" + "2026-03-02,1\n" * (MAX_ROWS + 1)):
        with pytest.raises(UnusableFile):
            bring_in(session, cast.everything, now, Table.WEIGHINGS, text)


def test_who_may_not_write_a_table_brings_in_none(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(Forbidden):
        bring_in(session, cast.clerk, now, Table.QUOTAS, FILES[Table.QUOTAS])
    assert bring_in(session, cast.clerk, now, Table.WEIGHINGS, FILES[Table.WEIGHINGS]).rows == 2


def test_readings_of_a_fortnight_with_a_settlement_are_refused(
    session: Session, cast: Cast, now: datetime
) -> None:
    set_four_prices(session)
    withhold_nothing(session)
    (one,) = add_producers(session, 1)
    bring(session, one, date(2026, 3, 2), 10)
    weigh(session, cast.accountant.actor, now, {date(2026, 3, 2): 10_000})
    actor = cast.accountant.actor
    prepare_fortnight_run(session, actor=actor, now=now, run_id=new_id(), first_day=date(2026, 3, 1))
    with pytest.raises(FortnightLocked):
        bring_in(session, cast.accountant, now, Table.WEIGHINGS, FILES[Table.WEIGHINGS])
