"""A print counts when its paper was drawn; what somebody else printed or voided meanwhile is drawn anew."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.db import db
from chain.papers.drawing.sheets import Sheet
from chain.papers.errors import PrintedMeanwhile
from chain.papers.models import Paper, PaperPrint
from chain.papers.print_edge import TRIES, print_drawn
from chain.papers.rules import PaperFormat
from chain.papers.services.printing import print_papers
from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in
from tests.support.papers import draft, issue, receipt_content
from tests.support.settling import add_members


@pytest.fixture
def paper_id(session: Session, cast: Cast) -> UUID:
    (member,) = add_members(session, 1)
    return issue(session, cast, [draft(party_id=member.id, content=receipt_content(member.name))])[0].id


def test_a_page_that_cannot_draw_notes_no_print(
    client: ChainClient, session: Session, cast: Cast, paper_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_options: object) -> bytes:
        message = "no fonts"
        raise RuntimeError(message)

    sign_in(client, cast.treasurer)
    with monkeypatch.context() as broken:
        broken.setattr("chain.papers.edge.render", refuse)
        client.crash_expected = True
        assert client.post(f"/papers/{paper_id}/print").status_code == 500
    session.expire_all()
    assert session.get_one(Paper, paper_id).printed == 0
    assert session.scalar(select(func.count()).select_from(PaperPrint)) == 0


class Meddler:
    """Draws, and lets somebody else print the same paper meanwhile the first few times."""

    def __init__(self, cast: Cast, now: datetime, paper_id: UUID, times: int) -> None:
        self.cast, self.now, self.paper_id, self.times = cast, now, paper_id, times
        self.copies: list[int | None] = []

    def __call__(self, sheets: Sequence[Sheet]) -> bytes:
        self.copies.append(sheets[0].copy)
        if len(self.copies) <= self.times:
            print_papers(db.session, actor=self.cast.treasurer.actor, now=self.now, paper_ids=[self.paper_id])
            db.session.commit()
        return b"%PDF"


@pytest.mark.parametrize("times", [1, TRIES])
def test_what_was_printed_meanwhile_is_drawn_anew_or_refused(
    fresh_app: Flask, cast: Cast, now: datetime, times: int
) -> None:
    with fresh_app.app_context():
        (member,) = add_members(db.session, 1)
        one = issue(db.session, cast, [draft(party_id=member.id, content=receipt_content(member.name))])[0].id
        db.session.commit()
        draw = Meddler(cast, now, one, times)
        if times == TRIES:
            with pytest.raises(PrintedMeanwhile):
                print_drawn(
                    actor=cast.treasurer.actor, now=now, paper_ids=[one], fmt=PaperFormat.A5, draw=draw
                )
        else:
            sheets, pdf = print_drawn(
                actor=cast.treasurer.actor, now=now, paper_ids=[one], fmt=PaperFormat.A5, draw=draw
            )
            assert (sheets[0].copy, pdf, draw.copies) == (1, b"%PDF", [0, 1])
        assert db.session.get_one(Paper, one).printed == (TRIES if times == TRIES else 2)
