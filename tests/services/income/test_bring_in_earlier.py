from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden
from chain.core.models import AuditRecord
from chain.income.earlier_file import read_earlier_file
from chain.income.errors import BadEarlierRows, TooManySeasons
from chain.income.models import IncomeRecord
from chain.income.rules import EarlierSeason
from chain.income.services.earlier import (
    EarlierResult,
    FileResult,
    bring_in_earlier_seasons,
    bring_in_file,
)
from chain.producers.queries import names_of
from tests.support.cast import Cast
from tests.support.lots import make_producer


def row(producer_id: UUID | None, **changes: object) -> EarlierSeason:
    values: dict[str, object] = {
        "season": 2023,
        "commodity": "alpaca-fibre",
        "quantity": 100_000,
        "gross_minor": 230_000,
        "deductions_minor": 4_600,
        "source": "Libro de caja 2023",
        "producer_id": producer_id,
    }
    return EarlierSeason(**(values | changes))  # type: ignore[arg-type]  # wrong on purpose in some tests


def bring(session: Session, cast: Cast, now: datetime, *rows: EarlierSeason) -> list[EarlierResult]:
    return bring_in_earlier_seasons(session, actor=cast.accountant.actor, now=now, rows=rows)


def code_of(session: Session, cast: Cast, producer_id: UUID) -> str:
    return names_of(session, cast.centre.id, [producer_id])[producer_id].member_code


def test_each_row_has_its_own_answer(session: Session, cast: Cast, now: datetime) -> None:
    rosa = make_producer(session, now)
    code = code_of(session, cast, rosa)
    results = bring(
        session,
        cast,
        now,
        row(rosa),
        row(None, member_code=code),
        row(rosa, gross_minor=231_000),
        row(None, member_code="NOBODY-1"),
        row(None),
        row(rosa, season=2022, deductions_minor=999_999),
        row(rosa, season=2022, commodity="raw-milk"),
    )
    assert [one.status.value for one in results] == [
        "stored", "duplicate", "conflict", "rejected", "rejected", "rejected", "stored",
    ]  # fmt: skip
    assert [list(one.errors) for one in results[2:6]] == [
        ["season"], ["member_code"], ["member_code"], ["deductions_minor"],
    ]  # fmt: skip
    kept = session.scalars(select(IncomeRecord).order_by(IncomeRecord.season)).all()
    assert [(one.unit, one.net_minor, one.currency) for one in kept] == [
        ("ml", 225_400, "PEN"),
        ("g", 225_400, "PEN"),
    ]


def test_the_same_batch_again_adds_nothing(session: Session, cast: Cast, now: datetime) -> None:
    rows = [row(make_producer(session, now, name=f"Socia {name}")) for name in ("Ana", "Eva", "Inés")]
    assert {one.status for one in bring(session, cast, now, *rows)} == {"stored"}
    assert {one.status for one in bring(session, cast, now, *rows)} == {"duplicate"}
    assert session.scalar(select(func.count()).select_from(IncomeRecord)) == 3
    tag = "income:record:brought_in"
    assert session.scalar(select(func.count()).where(AuditRecord.tag == tag)) == 3


def test_another_organisation_s_member_is_unknown(session: Session, cast: Cast, now: datetime) -> None:
    stranger = make_producer(session, now, actor=cast.outsider.actor)
    (result,) = bring(session, cast, now, row(stranger))
    assert result.status == "rejected"


def test_too_many_rows_and_those_who_may_not_are_refused(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(TooManySeasons):
        bring(session, cast, now, *[row(None)] * 1001)
    with pytest.raises(Forbidden):
        bring_in_earlier_seasons(session, actor=cast.clerk.actor, now=now, rows=[])


def test_a_file_with_spanish_titles_and_decimal_commas_is_taken_once(
    session: Session, cast: Cast, now: datetime
) -> None:
    code = code_of(session, cast, make_producer(session, now))
    content = (
        "\ufeffCódigo de socio;Campaña;Producto;Cantidad;Bruto;Descuentos;Moneda;Fuente\r\n"
        f"{code};2023;Fibra de alpaca;100,5;2311,50;46,23;;Libro de caja\r\n\r\n"
        f"{code};2022;leche;3000;4200;;PEN;Cuaderno de la quesería\r\n"
    ).encode()
    file = read_earlier_file(content)
    actor = cast.accountant.actor
    assert bring_in_file(session, actor=actor, now=now, file=file) == FileResult(2, 0)
    assert bring_in_file(session, actor=actor, now=now, file=file) == FileResult(0, 2)
    kept = session.scalars(select(IncomeRecord).order_by(IncomeRecord.season)).all()
    assert [(one.quantity, one.gross_minor, one.deductions_minor) for one in kept] == [
        (3_000_000, 420_000, 0),
        (100_500, 231_150, 4_623),
    ]


def test_a_file_with_mistakes_names_every_row_and_keeps_nothing(
    session: Session, cast: Cast, now: datetime
) -> None:
    code = code_of(session, cast, make_producer(session, now))
    content = (
        "member_code,season,commodity,quantity,gross,source\n"
        f"{code},2023,fibra,100,2300,Libro\n"
        f"{code},23,fibra,cien,2300.001,\n"
        "NOBODY,2023,wool,100,2300,Libro\n"
    ).encode()
    with pytest.raises(BadEarlierRows) as refused, session.begin_nested():
        bring_in_file(session, actor=cast.accountant.actor, now=now, file=read_earlier_file(content))
    assert [(number, column) for number, column, _ in refused.value.rows] == [
        (3, "gross"), (3, "quantity"), (3, "season"), (3, "source"), (4, "commodity"), (4, "member_code"),
    ]  # fmt: skip
    assert session.scalar(select(func.count()).select_from(IncomeRecord)) == 0
