from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.laboratory.queries import agreement_of
from chain.laboratory.services import ask_second_opinion, decide_second_opinion
from chain.lots.services import confirm_grade
from tests.support.cast import Cast
from tests.support.laboratory import graded_lot
from tests.support.lots import carcass, fibre, make_lot, make_producer


def test_the_figures_of_a_centre(session: Session, cast: Cast, now: datetime) -> None:
    producer = make_producer(session, now)
    other = make_lot(session, now, fibre(producer, now))
    confirm_grade(
        session, actor=cast.grader.actor, now=now, lot_id=other.id, key="fleece", note="Tiene cerda"
    )
    plain = make_lot(session, now, carcass(producer, now))
    confirm_grade(session, actor=cast.grader.actor, now=now, lot_id=plain.id)
    for key in ("baby", "fleece"):
        lot = graded_lot(session, now)
        opinion, _ = ask_second_opinion(
            session, actor=cast.clerk.actor, now=now, id=new_id(), lot_id=lot.id, reason="Comparar"
        )
        decide_second_opinion(
            session, actor=cast.everything.actor, now=now, opinion_id=opinion.id, key=key, note="A ciegas"
        )
    report = agreement_of(session, cast.centre.id, now - timedelta(days=1))
    blind, confirmed = report.rows
    assert (blind.kind, blind.agreement.n, blind.agreement.equal) == ("blind", 2, 1)
    assert blind.agreement.share == Decimal("0.5")
    assert (confirmed.kind, confirmed.agreement.n, confirmed.agreement.equal) == ("confirmation", 3, 2)
    assert ("baby", "fleece", 1) in confirmed.agreement.pairs
    assert (report.without_proposal, report.lapsed) == (1, 0)
    assert all(row.agreement.is_small for row in report.rows)
    assert agreement_of(session, cast.other_centre.id, now - timedelta(days=1)).rows == []
    assert agreement_of(session, cast.centre.id, now + timedelta(days=1)).rows == []
