"""Several people print at once: each paper comes out as if they had printed one after the other."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.settlement.models import Receipt
from chain.settlement.receipts.render import Sheet, render_receipts, sheet_of
from chain.settlement.services.runs import approve_run, pay_run, prepare_sale_run
from tests.support.cast import Cast
from tests.support.settling import sold_lots

ADDRESS = "http://127.0.0.1:8000"


def test_papers_drawn_at_once_are_the_papers_drawn_in_turn(
    app: Flask, session: Session, cast: Cast, now: datetime
) -> None:
    sale, _ = sold_lots(session, [[2000], [1500], [4321]])
    run = prepare_sale_run(session, actor=cast.preparer.actor, now=now, run_id=new_id(), sale_id=sale.id)
    approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    sheets = [sheet_of(one, 0) for one in session.scalars(select(Receipt).order_by(Receipt.number))]

    def draw(sheet: Sheet) -> bytes:
        with app.app_context():
            return render_receipts([sheet], address=ADDRESS)

    in_turn = [draw(sheet) for sheet in sheets]
    with ThreadPoolExecutor(max_workers=6) as pool:
        at_once = list(pool.map(draw, sheets * 4))
    assert at_once == in_turn * 4
