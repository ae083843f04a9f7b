"""How long the page of a slip is: a roll's page needs its length before anything is drawn."""

from typing import Any

import pytest

from chain.lots.note_papers import LENGTHS, roll_length


def content(bags: int = 0, rejected: int = 0) -> dict[str, Any]:
    return {
        "bags": [{}] * bags,
        "rejected": [{}] * rejected,
        "attributes": {},
        "facts": [],
        "corrects": None,
    }


@pytest.mark.parametrize(
    ("bags", "rejected", "length"), [(0, 0, 200), (3, 2, 300), (20, 0, 400), (200, 0, LENGTHS[-1])]
)
def test_a_slip_gets_the_shortest_page_that_holds_it(bags: int, rejected: int, length: int) -> None:
    assert roll_length(content(bags, rejected)) == length
