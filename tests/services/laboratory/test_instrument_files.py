from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.core.models import StoredFile
from chain.core.tables import UnusableFile
from chain.laboratory.errors import BadMeasurementRows, InstrumentArchived, InstrumentNameTaken, NoMapping
from chain.laboratory.importing.mapping import MappedColumn
from chain.laboratory.models import Instrument, Measurement
from chain.laboratory.services import (
    archive_instrument,
    change_instrument,
    check_measurements,
    import_measurements,
    open_measurements,
)
from chain.laboratory.services.imports import MeasurementReport
from chain.laboratory.services.instruments import InstrumentTerms
from tests.support.cast import Cast
from tests.support.laboratory import (
    file_with,
    lactoscan_mapping,
    make_instrument,
    ofda_mapping,
    sampled_lots,
)
from tests.support.lots import milk

OFDA, LACTOSCAN = "ofda-synthetic.csv", "lactoscan-synthetic.csv"


def store(
    session: Session,
    cast: Cast,
    now: datetime,
    instrument: Instrument,
    content: bytes,
    skip_bad: bool = False,
) -> MeasurementReport:
    actor = cast.clerk.actor
    file = open_measurements(
        session, actor=actor, instrument_id=instrument.id, content=content, file_name="C:\\lab\\marzo.csv"
    )
    return import_measurements(session, actor=actor, now=now, id=new_id(), file=file, skip_bad=skip_bad)


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Measurement)) or 0


def test_rows_find_their_lots_by_sample_code(session: Session, cast: Cast, now: datetime) -> None:
    lots = sampled_lots(session, now, 3)
    content = file_with(OFDA, [code for _, code in lots])
    report = store(session, cast, now, make_instrument(session, now, ofda_mapping()), content)
    assert (report.rows, report.new, report.duplicates, report.bad) == (3, 18, 0, 0)
    kept = session.scalars(select(Measurement).where(Measurement.lot_id == lots[0][0])).all()
    micron = next(one for one in kept if one.attribute == "micron")
    assert (micron.value, micron.uncertainty, micron.method, micron.status) == (
        "18.95",
        "0.4",
        "instrument",
        "report",
    )
    assert (micron.file_row, micron.measured_at.isoformat()) == (7, "2026-03-14T05:00:00+00:00")
    assert lots[0][1] in (micron.raw_line or "")
    stored = session.scalars(select(StoredFile)).one()
    assert (stored.content, stored.name) == (content, "marzo.csv")


def test_the_same_file_and_the_same_rows_in_another_file_add_nothing(
    session: Session, cast: Cast, now: datetime
) -> None:
    codes = [code for _, code in sampled_lots(session, now, 3)]
    instrument = make_instrument(session, now, ofda_mapping())
    content = file_with(OFDA, codes)
    store(session, cast, now, instrument, content)
    again = store(session, cast, now, instrument, content)
    assert (again.new, again.duplicates, count(session)) == (0, 18, 18)
    longer = content + f"{codes[0]},16/03/2026,19.05,4.0,21.0,98.1,38.0,92,\n".encode()
    more = store(session, cast, now, instrument, longer)
    assert (more.new, more.duplicates, count(session)) == (6, 18, 24)


def test_the_same_import_sent_again_answers_the_first_result(
    session: Session, cast: Cast, now: datetime
) -> None:
    codes = [code for _, code in sampled_lots(session, now, 3)]
    instrument = make_instrument(session, now, ofda_mapping())
    actor, wanted = cast.clerk.actor, new_id()
    file = open_measurements(
        session, actor=actor, instrument_id=instrument.id, content=file_with(OFDA, codes), file_name="a.csv"
    )
    first = import_measurements(session, actor=actor, now=now, id=wanted, file=file)
    again = import_measurements(session, actor=actor, now=now, id=wanted, file=file)
    assert (first.new, again.new, first.is_first_answer, again.is_first_answer) == (18, 18, True, False)
    other = open_measurements(
        session,
        actor=actor,
        instrument_id=instrument.id,
        content=file_with(OFDA, codes[:1]),
        file_name="b.csv",
    )
    with pytest.raises(IdempotencyConflict):
        import_measurements(session, actor=actor, now=now, id=wanted, file=other)


def test_decimal_commas_semicolons_and_another_unit(session: Session, cast: Cast, now: datetime) -> None:
    lots = sampled_lots(session, now, 3, milk)
    instrument = make_instrument(session, now, lactoscan_mapping(), name="Lactoscan", kind="lactoscan")
    report = store(session, cast, now, instrument, file_with(LACTOSCAN, [code for _, code in lots]))
    assert (report.new, report.bad) == (24, 0)
    kept = {
        one.attribute: (one.value, one.basis)
        for one in session.scalars(select(Measurement).where(Measurement.lot_id == lots[0][0]))
    }
    assert kept["density_g_ml"] == ("1.0302", "20_c")
    assert kept["freezing_point_c"] == ("-0.522", "celsius")
    assert kept["fat_pct"] == ("3.61", "unknown")


def test_bad_rows_are_named_and_nothing_is_stored_unless_they_are_left_out(
    session: Session, cast: Cast, now: datetime
) -> None:
    codes = [code for _, code in sampled_lots(session, now, 2)]
    mistyped = codes[1][:-1] + ("A" if codes[1][-1] != "A" else "B")
    content = (
        file_with(OFDA, codes).replace(b"S03", b"S99")
        + (
            f"{mistyped},16/03/2026,19.05,,,,,,\n"
            f"{codes[0]},16/03/2026,190.5,4.0,,,,,\n"
            f"{codes[0]},31/02/2026,19.5,4.0,,,,,\n"
            f"{codes[0]},16/03/2026,,,,,,,remark\n"
            f",,20,,,,,,mean\n"
        ).encode()
    )
    instrument = make_instrument(session, now, ofda_mapping())
    actor = cast.clerk.actor
    file = open_measurements(
        session, actor=actor, instrument_id=instrument.id, content=content, file_name="x.csv"
    )
    report = check_measurements(session, actor=actor, now=now, file=file)
    assert [(one.row, one.column) for one in report.problems if one.row != 10 or codes[1][0] != codes[1][1]] == [
        (9, "Sample ID"), (10, "Sample ID"), (11, "MFD (um)"), (12, "Date"), (13, "Sample ID"), (14, "Sample ID")
    ]  # fmt: skip
    with pytest.raises(BadMeasurementRows), session.begin_nested():
        store(session, cast, now, instrument, content)
    assert count(session) == 0
    done = store(session, cast, now, instrument, content, skip_bad=True)
    assert (done.new, done.bad, done.rows) == (12, 6, 8)


def test_a_row_of_another_product_is_refused(session: Session, cast: Cast, now: datetime) -> None:
    lots = sampled_lots(session, now, 3, milk)
    file = open_measurements(
        session,
        actor=cast.clerk.actor,
        instrument_id=make_instrument(session, now, ofda_mapping()).id,
        content=file_with(OFDA, [code for _, code in lots]),
        file_name="x.csv",
    )
    report = check_measurements(session, actor=cast.clerk.actor, now=now, file=file)
    assert (report.new, report.bad) == (0, 3)


def test_the_preview_tells_nothing_of_lot_and_producer(session: Session, cast: Cast, now: datetime) -> None:
    lots = sampled_lots(session, now, 3)
    file = open_measurements(
        session,
        actor=cast.clerk.actor,
        instrument_id=make_instrument(session, now, ofda_mapping()).id,
        content=file_with(OFDA, [code for _, code in lots]),
        file_name="x.csv",
    )
    report = check_measurements(session, actor=cast.clerk.actor, now=now, file=file)
    assert {one.code for one in report.preview} == {code for _, code in lots}


def test_files_without_titles_are_read_by_their_places(session: Session, cast: Cast, now: datetime) -> None:
    lots = sampled_lots(session, now, 2, milk)
    columns = (
        MappedColumn(0, "", "sample"),
        MappedColumn(1, "", "fat_pct", "%", "per_100_g"),
        MappedColumn(3, "", "density_g_ml", "g/ml", "20_c"),
    )
    mapping = lactoscan_mapping(header_row=0, decimal=".", columns=columns)
    instrument = make_instrument(session, now, mapping, name="Ekomilk", kind="ekomilk")
    content = file_with("ekomilk-synthetic.csv", [code for _, code in lots])
    report = store(session, cast, now, instrument, content)
    assert (report.rows, report.new, report.bad) == (2, 4, 0)


def test_columns_may_move_but_not_vanish(session: Session, cast: Cast, now: datetime) -> None:
    codes = [code for _, code in sampled_lots(session, now, 1)]
    instrument = make_instrument(
        session,
        now,
        ofda_mapping(columns=(MappedColumn(0, "Sample ID", "sample"), MappedColumn(2, "MFD (um)", "micron"))),
    )
    moved = f"Lab;X\n\nsd;mfd (UM);sample id\n4,1;18,95;{codes[0]}\n".replace(",", ".").encode()
    assert store(session, cast, now, instrument, moved).new == 1
    with pytest.raises(UnusableFile):
        store(session, cast, now, instrument, b"Sample ID;Mean\nX;20\n")


def test_who_may_read_files_and_when(session: Session, cast: Cast, now: datetime) -> None:
    bare = make_instrument(session, now, name="Nuevo")
    with pytest.raises(NoMapping):
        store(session, cast, now, bare, b"a;b\n1;2\n")
    instrument = make_instrument(session, now, ofda_mapping())
    for person, refusal in ((cast.seller, Forbidden), (cast.outsider, NotFound)):
        with pytest.raises(refusal):
            open_measurements(
                session, actor=person.actor, instrument_id=instrument.id, content=b"x", file_name="x"
            )
    archive_instrument(session, actor=cast.grader.actor, now=now, instrument_id=instrument.id)
    with pytest.raises(InstrumentArchived):
        store(session, cast, now, instrument, b"a;b\n1;2\n")


def test_instruments_have_names_of_their_own(session: Session, cast: Cast, now: datetime) -> None:
    first = make_instrument(session, now)
    with pytest.raises(InstrumentNameTaken):
        make_instrument(session, now)
    terms = InstrumentTerms(
        name="OFDA 2000", kind="ofda", method="instrument", uncertainties={"micron": "0.3"}
    )
    changed = change_instrument(
        session, actor=cast.grader.actor, now=now, instrument_id=first.id, terms=terms
    )
    assert changed.uncertainties == {"micron": "0.3"}
    with pytest.raises(ValidationFailed) as refused:
        make_instrument(session, now, name="", kind="x", method="calculated", uncertainties={"micron": "x"})
    assert set(refused.value.errors) == {"name", "kind", "method", "uncertainty_micron"}
    with pytest.raises(NotFound):
        change_instrument(session, actor=cast.outsider.actor, now=now, instrument_id=first.id, terms=terms)
    with pytest.raises(Forbidden):
        change_instrument(session, actor=cast.clerk.actor, now=now, instrument_id=first.id, terms=terms)


def test_a_mapping_must_make_sense() -> None:
    def fields(*columns: MappedColumn) -> set[str]:
        with pytest.raises(ValidationFailed) as refused:
            ofda_mapping(columns=columns)
        return set(refused.value.errors)

    sample = MappedColumn(0, "A", "sample")
    assert fields(sample) == {"columns"}
    assert fields(MappedColumn(1, "B", "micron")) == {"columns"}
    assert fields(sample, MappedColumn(1, "B", "sample")) == {"column_0", "column_1", "columns"}
    assert fields(sample, MappedColumn(1, "B", "comfort_pct", "%")) == {"column_1"}
    assert fields(sample, MappedColumn(1, "B", "micron", "inch")) == {"column_1"}
    assert fields(sample, MappedColumn(1, " ", "micron")) == {"column_1"}
