"""Several issue, void and print at the same instant: no number is doubled, none is missing."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import count
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from chain.core.db import atomic, db
from chain.core.ids import new_id
from chain.papers.errors import PaperAlreadyVoided, PaperStands
from chain.papers.models import Paper, PaperPrint
from chain.papers.queries.series import count_series
from chain.papers.services.printing import print_papers
from chain.papers.services.voiding import void_paper
from chain.papers.subjects import Subject, register_subject
from tests.support.cast import CENTRE, Cast
from tests.support.papers import SUBJECT, draft, issue
from tests.support.races import Outcome

Race = Callable[..., Sequence[Outcome]]

ROUNDS = 6


class Induced(Exception):
    """A failure after the numbers were taken."""


def fail_if(*, is_wanted: bool) -> None:
    if is_wanted:
        raise Induced


def test_numbers_have_no_gap_when_many_issue_and_some_fail(race: Race, fresh_app: Flask, cast: Cast) -> None:
    turn = count()

    def issuing() -> int:
        done = 0
        for _ in range(ROUNDS):
            place = next(turn)
            try:
                with atomic() as session:
                    papers = issue(session, cast, [draft() for _ in range(1 + place % 3)])
                    fail_if(is_wanted=place % 4 == 1)
                    done += len(papers)
            except Induced:
                continue
        return done

    outcomes = race(*[issuing] * 4)
    assert all(one.won for one in outcomes), [one.error for one in outcomes]
    with fresh_app.app_context():
        numbers = db.session.scalars(select(Paper.number).order_by(Paper.number)).all()
        assert list(numbers) == list(range(1, sum(one.value for one in outcomes) + 1))
        (series,) = count_series(db.session, CENTRE.id)
        assert series.has_no_gap


def test_of_two_papers_for_one_subject_exactly_one_stands(race: Race, fresh_app: Flask, cast: Cast) -> None:
    subject = new_id()

    def issuing() -> None:
        with atomic() as session:
            issue(session, cast, [draft(subject_id=subject)])

    outcomes = race(*[issuing] * 3)
    assert sum(one.won for one in outcomes) == 1
    assert all(isinstance(one.error, PaperStands | IntegrityError) for one in outcomes if not one.won)
    with fresh_app.app_context():
        assert [one.number for one in db.session.scalars(select(Paper))] == [1]


def test_of_two_voids_exactly_one_wins_and_copies_are_counted(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chain.papers.subjects._subjects", {})
    register_subject(SUBJECT, Subject(why_not_void=lambda _session, _paper: None))
    with fresh_app.app_context(), atomic() as session:
        (paper,) = issue(session, cast, [draft()])
        paper_id: UUID = paper.id

    def voiding() -> None:
        with atomic() as session:
            void_paper(session, actor=cast.treasurer.actor, now=now, paper_id=paper_id, reason="Repetido")

    def printing() -> int:
        with atomic() as session:
            return print_papers(session, actor=cast.treasurer.actor, now=now, paper_ids=[paper_id])[0].copy

    outcomes = race(voiding, printing, voiding, printing)
    voids, prints = outcomes[::2], outcomes[1::2]
    assert sum(one.won for one in voids) == 1
    assert all(isinstance(one.error, PaperAlreadyVoided) for one in voids if not one.won)
    assert sorted(one.value for one in prints) == [0, 1]
    with fresh_app.app_context():
        assert sorted(db.session.scalars(select(PaperPrint.copy))) == [0, 1]
