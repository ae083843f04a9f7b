"""Files of batches: made of what was approved, never with an account that is cut."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from chain.core.errors import ValidationFailed
from chain.core.ids import new_id
from chain.payout.errors import NeedsColumns
from chain.payout.rules import Rail
from chain.payout.services.files import make_file
from chain.payout.services.limits import set_layout
from tests.support.cast import Cast
from tests.support.paying import accounted_run, add_account, batch_of

QR = "00020101021126" + "7" * 60
COLUMNS = {"columns": [{"title": "QR", "field": "account"}, {"title": "Monto", "field": "amount"}]}


def test_the_text_of_a_qr_goes_into_columns_of_its_own_and_into_no_pain_001(
    session: Session, cast: Cast, now: datetime
) -> None:
    run, members = accounted_run(session, cast, now, [[10_000]])
    add_account(session, cast, now, members[0], Rail.QR, QR)
    batch = batch_of(session, cast, now, run, Rail.QR)
    with pytest.raises(NeedsColumns):
        make_file(
            session,
            actor=cast.treasurer.actor,
            now=now,
            file_id=new_id(),
            batch_id=batch.id,
            own_account="191-1",
        )
    layout = set_layout(
        session, actor=cast.treasurer.actor, now=now, layout_id=new_id(), name="Banco", layout=COLUMNS
    )
    made = make_file(
        session, actor=cast.treasurer.actor, now=now, file_id=new_id(), batch_id=batch.id, layout_id=layout.id
    )
    assert QR in made.content.decode()


def test_an_account_that_no_file_can_hold_is_not_written_down(
    session: Session, cast: Cast, now: datetime
) -> None:
    _, members = accounted_run(session, cast, now, [[10_000]])
    with pytest.raises(ValidationFailed):
        add_account(session, cast, now, members[0], Rail.BANK, "A" * 35)
