"""A sheet of debts is taken wholly or not at all, and once; the books hold it."""

from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.dues.errors import BadMovementRows
from chain.dues.models import Movement
from chain.dues.movement_file import read_movement_file
from chain.dues.services.importing import import_movements, preview_movements
from tests.services.dues.test_debts import owed_in_books
from tests.support.cast import Cast
from tests.support.settling import add_members

TITLES = "codigo,tipo,fecha,monto,detalle\n"


def test_a_sheet_is_taken_once_and_posted(session: Session, cast: Cast, now: datetime) -> None:
    first, second = add_members(session, 2)
    text = TITLES + "".join(
        f"{code},{kind},2026-03-02,{amount},Sal\n"
        for code, kind, amount in (
            (first.code, "vet", "10"),
            (first.code, "vet", "10"),
            (second.code, "adelanto", "5"),
        )
    )
    file = read_movement_file(text.encode())
    actor = cast.accountant.actor
    preview = preview_movements(session, actor=actor, now=now, file=file)
    assert (preview.fresh, preview.fresh_minor, list(preview.bad)) == (3, 2_500, [])
    assert import_movements(session, actor=actor, now=now, file=file) == (3, 0)
    assert import_movements(session, actor=actor, now=now, file=file) == (0, 3)
    assert list(session.scalars(select(Movement.number).order_by(Movement.number))) == [1, 2, 3]
    assert (owed_in_books(session, first.id), owed_in_books(session, second.id)) == (2_000, 500)


def test_one_bad_cell_keeps_the_whole_sheet_out(session: Session, cast: Cast, now: datetime) -> None:
    (member,) = add_members(session, 1)
    text = f"{TITLES}{member.code},vet,2026-03-02,10,Sal\nNO-1,vet,2026-03-02,10,Sal\n{member.code},vet,2030-01-01,0,Sal\n"
    with pytest.raises(BadMovementRows) as refused:
        import_movements(
            session, actor=cast.accountant.actor, now=now, file=read_movement_file(text.encode())
        )
    assert [(row, column) for row, column, _ in refused.value.rows] == [
        (3, "member_code"),
        (4, "amount"),
        (4, "date"),
    ]
    assert session.scalar(select(func.count()).select_from(Movement)) == 0
