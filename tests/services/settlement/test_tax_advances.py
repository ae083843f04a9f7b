"""Tax papers of a floor price and of the rest after the sale: the second counts the first as an advance, never twice."""

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.papers.errors import VoidRefused
from chain.papers.models import Paper
from chain.papers.services.voiding import void_paper
from chain.pricing.rules import PriceContent
from chain.pricing.rules.content import Advance, PayUnit, SchemeKind
from chain.pricing.services.schemes import create_scheme, write_version
from chain.pricing.services.states import activate_version
from chain.settlement.legal.export import tax_records
from chain.settlement.legal.models import TaxPaperAmount
from chain.settlement.legal.queries import tax_preview
from chain.settlement.legal.services import issue_tax_papers
from chain.settlement.models import SettlementRun
from chain.settlement.services.runs import prepare_gate_run
from tests.support.cast import Cast
from tests.support.settling import add_lot, add_members, add_sale, book, prepare_sale
from tests.support.tax import FIRST_DAY, complete, confirm_peru, withhold

Runs = tuple[SettlementRun, SettlementRun]


@pytest.fixture
def runs(session: Session, cast: Cast, now: datetime) -> Runs:
    """A floor of 100.00 paid at the gate, and a sale of 400.00 of the same fibre, both in the books."""
    content = PriceContent(
        kind=SchemeKind.SHARE,
        unit=PayUnit.KILOGRAM,
        advance=Advance(per_unit_minor=1_000),
        share_basis_points=10_000,
    )
    actor = cast.accountant.actor
    scheme = create_scheme(
        session,
        actor=actor,
        now=now,
        scheme_id=new_id(),
        key="campana",
        name="Campaña",
        commodity="alpaca-fibre",
    )
    version = write_version(
        session, actor=actor, now=now, version_id=new_id(), scheme_id=scheme.id, content=content, valid_from=FIRST_DAY,
        valid_to=None, decided_by="Asamblea",
    )  # fmt: skip
    activate_version(session, actor=actor, now=now, version_id=version.id)
    (ana,) = add_members(session, 1)
    lot = add_lot(session, ana, 10_000)
    withhold(session, cast, now)
    floor = prepare_gate_run(session, actor=actor, now=now, run_id=new_id(), lot_ids=[lot.id])
    book(session, cast, now, floor)
    rest = book(session, cast, now, prepare_sale(session, cast, now, add_sale(session, [lot], 4_000)))
    confirm_peru(session, cast, now)
    complete(session, cast, now, ana)
    return floor, rest


def issue(session: Session, cast: Cast, now: datetime, run: SettlementRun) -> list[Paper]:
    return issue_tax_papers(session, actor=cast.accountant.actor, now=now, run_id=run.id).papers


def test_the_paper_over_the_rest_points_to_the_paper_over_the_floor(
    session: Session, cast: Cast, now: datetime, runs: Runs
) -> None:
    (first,) = issue(session, cast, now, runs[0])
    (second,) = issue(session, cast, now, runs[1])
    assert (first.content["value_minor"], first.amount_minor) == (10_000, 9_850)
    content = second.content
    assert (content["value_minor"], content["taxes"][1]["amount_minor"]) == (40_000, 600)
    assert content["advances"] == [
        {"serial": "L001-00000001", "issued_on": first.issued_on.isoformat(), "amount_minor": 9_850}
    ]
    assert second.amount_minor == 40_000 - 600 - 9_850
    assert session.scalars(select(TaxPaperAmount.value_minor).order_by(TaxPaperAmount.value_minor)).all() == [
        10_000,
        30_000,
    ], "the year of the seller counts the goods once"
    (record,) = tax_records([second])
    assert (record["advances"], record["advance_papers"]) == ("98.50", ["L001-00000001"])
    with pytest.raises(VoidRefused, match="L001-00000002"):
        void_paper(
            session, actor=cast.accountant.actor, now=now, paper_id=first.id, reason="Peso mal anotado"
        )


def test_without_a_paper_over_the_floor_one_says_it_all_and_the_floor_gets_none(
    session: Session, cast: Cast, now: datetime, runs: Runs
) -> None:
    (whole,) = issue(session, cast, now, runs[1])
    assert (whole.content["advances"], whole.amount_minor) == ([], 39_400)
    assert issue(session, cast, now, runs[0]) == []
    (row,) = tax_preview(session, cast.accountant.actor, runs[0].id, now.date()).rows
    assert "L001-00000001 is made out" in str(row.problems[0])
    void_paper(session, actor=cast.accountant.actor, now=now, paper_id=whole.id, reason="Orden equivocado")
    assert len(issue(session, cast, now, runs[0])) == 1
