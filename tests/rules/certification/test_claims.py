"""What may be said of goods on a day."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.certification.rules import Claim, State, at_least, best_on, claim_of, state_on, worst_of

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


@dataclass(frozen=True)
class Paper:
    level: str = "full"
    valid_from: date = FIRST
    valid_to: date = LAST
    suspended_from: date | None = None


def test_without_a_certificate_goods_are_conventional() -> None:
    assert claim_of([], FIRST) is Claim.CONVENTIONAL


@pytest.mark.parametrize(
    ("day", "claim"),
    [
        (FIRST - timedelta(days=1), Claim.CONVENTIONAL),
        (FIRST, Claim.ORGANIC),
        (LAST, Claim.ORGANIC),
        (LAST + timedelta(days=1), Claim.CONVENTIONAL),
    ],
)
def test_the_first_and_the_last_day_are_included(day: date, claim: Claim) -> None:
    assert claim_of([Paper()], day) is claim


def test_a_suspended_certificate_says_nothing_from_that_day_on() -> None:
    paper = Paper(suspended_from=date(2026, 6, 1))
    assert claim_of([paper], date(2026, 5, 31)) is Claim.ORGANIC
    assert claim_of([paper], date(2026, 6, 1)) is Claim.CONVENTIONAL


def test_the_best_of_overlapping_certificates_counts() -> None:
    transition = Paper("transition", FIRST, date(2027, 6, 1))
    full = Paper("full", date(2026, 7, 1), LAST)
    assert claim_of([transition, full], date(2026, 6, 30)) is Claim.TRANSITION
    assert claim_of([transition, full], date(2026, 7, 1)) is Claim.ORGANIC
    assert claim_of([full, transition], date(2027, 1, 1)) is Claim.TRANSITION


def test_when_the_full_one_is_suspended_the_transition_one_still_speaks() -> None:
    papers = [Paper("transition"), Paper("full", suspended_from=date(2026, 3, 1))]
    assert claim_of(papers, date(2026, 3, 1)) is Claim.TRANSITION


def test_of_equal_certificates_the_longest_is_named() -> None:
    short, long = Paper(valid_to=date(2026, 6, 1)), Paper()
    assert best_on([short, long], FIRST) is long


def test_claims_are_ordered() -> None:
    assert at_least("organic", "transition")
    assert at_least("conventional", "conventional")
    assert not at_least("transition", "organic")
    assert worst_of(["organic", "transition"]) is Claim.TRANSITION
    assert worst_of([]) is Claim.CONVENTIONAL


@given(st.lists(st.sampled_from(list(Claim)), min_size=1))
def test_a_mixture_is_never_better_than_any_of_its_sources(claims: list[Claim]) -> None:
    assert all(worst_of(claims).rank() <= one.rank() for one in claims)


@pytest.mark.parametrize(
    ("paper", "today", "state"),
    [
        (Paper(), date(2025, 12, 31), State.NOT_YET),
        (Paper(), FIRST, State.IN_FORCE),
        (Paper(), date(2026, 11, 1), State.EXPIRING),
        (Paper(), date(2026, 10, 31), State.IN_FORCE),
        (Paper(), LAST, State.EXPIRING),
        (Paper(), date(2027, 1, 1), State.EXPIRED),
        (Paper(suspended_from=date(2026, 3, 1)), date(2026, 3, 1), State.SUSPENDED),
        (Paper(suspended_from=date(2026, 3, 1)), date(2026, 2, 28), State.IN_FORCE),
        (Paper(suspended_from=date(2026, 3, 1)), date(2027, 1, 1), State.EXPIRED),
    ],
)
def test_the_state_of_a_certificate_on_a_day(paper: Paper, today: date, state: State) -> None:
    assert state_on(paper, today) is state
