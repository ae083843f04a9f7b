"""The slip of milk that is paid by composition: a delivery without an analysis says which mean counted."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.papers.drawing.render import papers_html
from chain.papers.drawing.sheets import sheet_of
from chain.papers.models import Paper
from chain.papers.rules import PaperFormat
from chain.pricing.rules.content import Basis, Composition, PayUnit, PriceContent
from chain.pricing.services.schemes import create_scheme, write_version
from chain.pricing.services.states import activate_version
from tests.support.cast import Cast
from tests.support.pricing import add_milk, milk
from tests.support.settling import add_members, book, prepare_fortnight

POINT = Composition(parameter="fat_pct", basis=Basis.POINT, rate_minor=20, reference=Decimal("3.5"))
GRAM = Composition(parameter="fat_pct", basis=Basis.GRAM, rate_minor=2_500, typical=Decimal("3.4"))


@pytest.mark.parametrize(
    ("content", "paid"),
    [
        # 10 l at 1.50, three tenths of a point above 3.5 at 0.20
        (milk(150, composition=(POINT,)), 1_500 + 60),
        # 10.3 kg of milk with 3.8 % of fat at 25.00 a kilogram
        (milk(0, unit=PayUnit.KILOGRAM, density=Decimal("1.03"), composition=(GRAM,)), 979),
    ],
)
def test_the_mean_of_the_last_three_is_paid_and_stands_on_the_slip(
    app: Flask, session: Session, cast: Cast, now: datetime, content: PriceContent, paid: int
) -> None:
    (member,) = add_members(session, 1)
    actor = cast.accountant.actor
    for day, fat in ((10, "9.9"), (11, "3.6"), (12, "3.8"), (13, "4.0")):
        add_milk(session, member, date(2026, 2, day), results={"fat_pct": fat})
    add_milk(session, member, date(2026, 3, 10))
    scheme = create_scheme(
        session, actor=actor, now=now, scheme_id=new_id(), key="leche", name="Leche", commodity="raw-milk"
    )
    version = write_version(
        session, actor=actor, now=now, version_id=new_id(), scheme_id=scheme.id, content=content,
        valid_from=date(2026, 3, 1), valid_to=date(2026, 3, 31), decided_by="Acuerdo con la planta",
    )  # fmt: skip
    activate_version(session, actor=actor, now=now, version_id=version.id)
    run = book(session, cast, now, prepare_fortnight(session, cast, now))
    assert run.gross_minor == paid
    paper = session.scalars(select(Paper)).one()
    with app.test_request_context():
        html = papers_html([sheet_of(paper, 0)], PaperFormat.A5, address="https://chain.example")
    shown = html.replace("\u00a0", " ").replace("\u202f", " ")
    assert (
        "Sin análisis propio: promedio de los tres últimos resultados del productor. Grasa: 3.8 %." in shown
    )
