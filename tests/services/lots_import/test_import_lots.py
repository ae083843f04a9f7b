import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.errors import Forbidden, IdempotencyConflict
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.lots.importing.report import FileReadOtherwise, ImportReport, Outcome, RowsRefused
from chain.lots.models import ImportBatch, Lot
from chain.lots.services.imports import ImportChoices, check_import, import_lots, open_file
from chain.producers.services import register_producer
from tests.support.cast import Cast
from tests.support.import_files import BAD_ROWS, CODES, SAMPLES, workbook
from tests.support.queries import Queries

CAST = Cast()
NAMES = ("Rosa Quispe Mamani", "Juan Condori Ñaupa", "Eulalia Huamán Choque")
HEADER = "codigo_socio;fecha;producto;bruto_kg;tara_kg;color"


def row(number: int, code: str = CODES[0]) -> str:
    return f"{code};2026-03-02;alpaca-fibre;{number},5;0,5;blanco"


@pytest.fixture
def members(session: Session, now: datetime) -> None:
    for code, name in zip(CODES, NAMES, strict=True):
        register_producer(
            session,
            actor=CAST.clerk.actor,
            now=now,
            id=new_id(),
            full_name=name,
            sex="female",
            member_code=code,
        )


class Desk:
    """Brings files as the clerk."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now

    def check(self, content: bytes | str, actor: Actor = CAST.clerk.actor, **choices: Any) -> ImportReport:
        file = open_file(
            self.session,
            actor=actor,
            content=content.encode() if isinstance(content, str) else content,
            file_name="../../acopio.csv",
            choices=ImportChoices(**choices),
        )
        return check_import(self.session, actor=actor, now=self.now, file=file)

    def store(
        self,
        content: bytes | str,
        *,
        skip_bad: bool = False,
        actor: Actor = CAST.clerk.actor,
        batch_id: Any = None,
        **choices: Any,
    ) -> ImportReport:
        file = open_file(
            self.session,
            actor=actor,
            content=content.encode() if isinstance(content, str) else content,
            file_name="../../acopio.csv",
            choices=ImportChoices(**choices),
        )
        with self.session.begin_nested():
            return import_lots(
                self.session,
                actor=actor,
                now=self.now,
                id=batch_id or new_id(),
                file=file,
                skip_bad=skip_bad,
            )

    def lots(self) -> int:
        return self.session.scalar(select(func.count()).select_from(Lot)) or 0


@pytest.fixture
def desk(session: Session, now: datetime, members: None) -> Desk:
    return Desk(session, now)


def counts(report: ImportReport) -> tuple[int, int, int]:
    return report.new, report.duplicates, report.bad


def test_a_file_of_a_centre_becomes_lots_with_grams_class_and_source(desk: Desk, session: Session) -> None:
    report = desk.store((SAMPLES / "fibra-libras-windows.csv").read_bytes())
    assert counts(report) == (4, 0, 0)
    lots = session.scalars(select(Lot).order_by(Lot.number)).all()
    # 27.5 lb = 12,473.79 g, 0.5 lb = 226.80 g
    assert (lots[0].gross_g, lots[0].tare_g, lots[0].quantity) == (12_474, 227, 12_247)
    assert (lots[0].grade_key, lots[0].colour, lots[0].attributes["breed"]) == ("baby", "white", "huacaya")
    assert lots[3].delivered_at.isoformat() == "2026-03-03T12:45:00+00:00"
    assert {lot.import_batch_id for lot in lots} == {report.batch_id}
    assert len({lot.source_key for lot in lots}) == 4


def test_a_workbook_with_a_cover_and_merged_headings_is_read(desk: Desk, session: Session) -> None:
    report = desk.store((SAMPLES / "acopio-marzo.xlsx").read_bytes(), commodity="alpaca-fibre")
    assert counts(report) == (3, 0, 0)
    assert (report.sheet_name, report.ignored) == ("Acopio marzo", ("Apellidos y nombres",))
    weights = session.execute(select(Lot.gross_g, Lot.tare_g, Lot.colour).order_by(Lot.number)).all()
    assert [tuple(one) for one in weights] == [
        (12_500, 500, "white"),
        (30_100, 500, "beige"),
        (8_000, 250, "dark_brown"),
    ]


def test_milk_is_read_in_litres(desk: Desk, session: Session) -> None:
    assert counts(desk.store((SAMPLES / "milk.csv").read_bytes())) == (3, 0, 0)
    assert session.scalars(select(Lot.quantity).order_by(Lot.number)).all() == [23_500, 18_000, 20_250]


def test_reading_the_same_file_again_adds_nothing_and_equal_rows_are_two_deliveries(desk: Desk) -> None:
    content = "\n".join([HEADER, row(1), row(1), row(2)])
    assert counts(desk.store(content)) == (3, 0, 0)
    assert counts(desk.check(content)) == (0, 3, 0)
    assert counts(desk.store(content)) == (0, 3, 0)
    assert counts(desk.store(content + "\n" + row(1) + "\n" + row(3))) == (2, 3, 0)
    assert desk.lots() == 5


def test_the_same_rows_in_other_clothes_are_the_same_deliveries(desk: Desk) -> None:
    desk.store("\n".join([HEADER, row(1), row(2)]))
    sheet = workbook(
        [
            ["Color", "Fecha", "Neto", "Unidad", "Bruto (g)", "Tara (g)", "Código", "Producto"],
            ["WH", date(2026, 3, 2), 2, "kg", 2500, 500, "cc01-0001 ", "Alpaca"],
            ["blanco", "02/03/2026", None, "kg", 1500.0, 500, "CC01-0001", "alpaca-fibre"],
        ]
    )
    assert counts(desk.store(sheet)) == (0, 2, 0)


def test_any_subset_in_any_order_any_number_of_times_ends_in_the_same_lots(desk: Desk) -> None:
    rows = [row(number % 4 + 1, CODES[number % 3]) for number in range(12)] * 2
    most = {one: rows.count(one) for one in rows}
    dice = random.Random(7)
    for _ in range(8):
        some = dice.sample(rows, dice.randint(1, len(rows)))
        desk.store("\n".join([HEADER, *some]))
    desk.store("\n".join([HEADER, *rows]))
    assert desk.lots() == sum(most.values())


def test_bad_rows_stop_the_whole_file_and_each_is_named(desk: Desk, session: Session) -> None:
    before = session.scalar(select(func.count()).select_from(AuditRecord))
    checked = desk.check(BAD_ROWS)
    with pytest.raises(RowsRefused) as refused:
        desk.store(BAD_ROWS)
    report = refused.value.report
    assert report.outcome is Outcome.REFUSED
    assert counts(report) == counts(checked) == (2, 0, 11)
    assert [(one.row, one.column, str(one.reason)) for one in report.problems] == [
        (3, "codigo_socio", "No member has the code “CC01-9999” now."),
        (4, "fecha", "“02/13/2026” is not a date. Write 2026-11-22 or 22/11/2026 (day/month/year)."),
        (
            5,
            "bruto_kg",
            "“1.234,5” groups the thousands. Write the number without them, such as 1234.5 or 1234,5.",
        ),
        (6, "tara_kg", "The tare is above the gross weight."),
        (7, "color", "“verde” is not in the colour list."),
        (8, "micras", "5 µm is not believable: it must lie from 10.0 to 60.0."),
        (9, "fecha", "The delivery lies in the future. Check date and time."),
        (10, "codigo_socio", "The cell is empty."),
        (11, "producto", "“vicuña” is not one of the products."),
        (12, "codigo_socio", "No member has the code “=1+1” now."),
        (13, "codigo_socio", "This looks like a line of totals. Delete it from the file."),
    ]
    assert desk.lots() == 0
    assert session.scalar(select(func.count()).select_from(ImportBatch)) == 0
    assert session.scalar(select(func.count()).select_from(AuditRecord)) == before


def test_skipping_bad_rows_stores_the_others_and_a_later_correction_adds_only_the_rest(desk: Desk) -> None:
    assert counts(desk.store(BAD_ROWS, skip_bad=True)) == (2, 0, 11)
    assert counts(desk.store(BAD_ROWS, skip_bad=True)) == (0, 2, 11)
    mended = BAD_ROWS.replace("CC01-9999", CODES[2]).replace("verde", "beige")
    assert counts(desk.store(mended, skip_bad=True)) == (2, 2, 9)
    assert desk.lots() == 4


def test_a_rejection_of_registration_alone_rolls_everything_back(desk: Desk) -> None:
    content = "\n".join([HEADER, row(1), row(2).replace("2026-03-02", "2031-01-01")])
    assert counts(desk.check(content)) == (1, 0, 1)
    with pytest.raises(RowsRefused):
        desk.store(content)
    assert desk.lots() == 0


def test_the_same_import_sent_twice_answers_the_first_result(desk: Desk, session: Session) -> None:
    batch_id = new_id()
    content = "\n".join([HEADER, row(1), row(2)])
    first = desk.store(content, batch_id=batch_id)
    again = desk.store(content, batch_id=batch_id)
    assert (counts(first), first.is_first_answer) == ((2, 0, 0), True)
    assert (counts(again), again.is_first_answer) == ((2, 0, 0), False)
    assert session.scalar(select(func.count()).select_from(ImportBatch)) == 1
    with pytest.raises(IdempotencyConflict):
        desk.store(content + "\n" + row(3), batch_id=batch_id)


def test_an_id_of_the_sender_makes_a_row_that_delivery(desk: Desk) -> None:
    first, second = new_id(), new_id()
    header = HEADER + ";id"
    content = "\n".join(
        [header, f"{row(1)};{first}", f"{row(1)};{second}", f"{row(1)};{second}", f"{row(1)};"]
    )
    assert counts(desk.check(content)) == (3, 1, 0)
    assert counts(desk.store(content)) == (3, 1, 0)
    assert counts(desk.store(content)) == (0, 4, 0)
    changed = "\n".join([header, f"{row(2)};{first}"])
    assert counts(desk.check(changed)) == (0, 0, 1)
    with pytest.raises(RowsRefused) as refused:
        desk.store(changed)
    assert str(refused.value.report.problems[0].reason) == "This id was already used with other content."


def test_the_same_file_under_another_factor_is_refused(desk: Desk) -> None:
    content = "codigo_socio;fecha;producto;neto_qq\nCC01-0001;2026-03-02;alpaca-fibre;1,5\n"
    assert counts(desk.store(content, grams_per_quintal=Decimal(46_000))) == (1, 0, 0)
    assert counts(desk.store(content, grams_per_quintal=Decimal(46_000))) == (0, 1, 0)
    with pytest.raises(FileReadOtherwise):
        desk.check(content, grams_per_quintal=Decimal("45359.237"))
    with pytest.raises(FileReadOtherwise):
        desk.store(content, grams_per_quintal=Decimal("45359.237"))


def test_the_batch_and_its_audit_record_say_who_brought_what(desk: Desk, session: Session) -> None:
    content = "codigo_socio;fecha;producto;neto\nCC01-0001;2026-03-02;alpaca-fibre;1,5\n"
    report = desk.store(content, unit="qq", grams_per_quintal=Decimal("45359.237"))
    batch = session.get_one(ImportBatch, report.batch_id)
    assert (batch.file_name, batch.weight_unit, batch.grams_per_unit) == ("acopio.csv", "qq", "45359.237")
    assert (batch.rows_stored, batch.imported_by) == (1, CAST.clerk.id)
    record = session.scalars(select(AuditRecord).where(AuditRecord.subject_id == batch.id)).one()
    assert (record.tag, record.actor_id) == ("lots:import:stored", CAST.clerk.id)
    assert session.scalars(select(Lot.quantity)).one() == 68_039  # 1.5 × 45,359.237 = 68,038.8555


def test_members_of_another_house_are_unknown_and_their_lots_are_no_duplicates(desk: Desk) -> None:
    content = "\n".join([HEADER, row(1)])
    desk.store(content)
    report = desk.check(content, actor=CAST.outsider.actor)
    assert counts(report) == (0, 0, 1)
    assert report.earlier is None


def test_whoever_may_not_import_is_refused(desk: Desk) -> None:
    for person in (CAST.grader, CAST.treasurer, CAST.auditor, CAST.buyer):
        with pytest.raises(Forbidden):
            desk.check(HEADER, actor=person.actor)


def test_two_thousand_rows_take_few_statements(
    desk: Desk, query_count: Callable[[], AbstractContextManager[Queries]]
) -> None:
    content = "\n".join([HEADER, *(row(number % 900 + 1) for number in range(2000))])
    with query_count() as queries:
        assert counts(desk.store(content)) == (2000, 0, 0)
    assert queries.count <= 45, str(queries)


def test_the_preview_shows_names_class_and_state(desk: Desk) -> None:
    desk.store("\n".join([HEADER, row(1)]))
    report = desk.check("\n".join([HEADER, row(1), row(2, CODES[1])]))
    assert [
        (one.number, one.status, one.producer_name, one.quantity, one.claim) for one in report.preview
    ] == [
        (2, "duplicate", NAMES[0], 1000, "conventional"),
        (3, "new", NAMES[1], 2000, "conventional"),
    ]


def test_live_llamas_come_from_files_too_without_a_class(
    members: None, session: Session, now: datetime
) -> None:
    del members
    desk = Desk(session, now)
    desk.store(
        "codigo_socio;fecha;producto;bruto_kg;tara_kg;cabezas;sexo_animal;dientes\n"
        f"{CODES[0]};2026-03-02;llamas vivas;310,5;0;3;macho;4 dientes\n"
    )
    lot = session.scalars(select(Lot)).one()
    assert (lot.commodity, lot.quantity, lot.grade_scheme, lot.grade_key) == (
        "live-llama",
        310_500,
        None,
        None,
    )
    assert lot.attributes == {"heads": "3", "sex": "male", "age_class": "4D"}
