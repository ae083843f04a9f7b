"""Two clerks print the first card of one member in the same instant: both papers carry the same card."""

from collections.abc import Callable
from typing import Any

from flask import Flask

from chain.core.clock import utc_now
from chain.core.db import atomic
from chain.producers.services import issue_cards
from tests.support.cast import Cast
from tests.support.lots import make_producer


def test_two_prints_of_a_first_card_are_the_same_card(
    fresh_app: Flask, race: Callable[..., list[Any]], cast: Cast
) -> None:
    with fresh_app.app_context(), atomic() as session:
        producer = make_producer(session, utc_now())

    def print_card() -> object:
        with atomic() as session:
            (issued,) = issue_cards(session, actor=cast.clerk.actor, now=utc_now(), producer_ids=[producer])
            return str(issued.code), issued.is_new

    outcomes = race(print_card, print_card)
    assert all(one.won for one in outcomes), outcomes
    codes = {one.value[0] for one in outcomes}
    assert len(codes) == 1
    assert sorted(one.value[1] for one in outcomes) == [False, True]
