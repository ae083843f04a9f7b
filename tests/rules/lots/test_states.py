import pytest

from chain.lots.errors import LotStateRefused
from chain.lots.rules import TRANSITIONS, LotState, check_transition


@pytest.mark.parametrize("now", list(LotState))
@pytest.mark.parametrize("to", list(LotState))
def test_only_the_listed_changes_of_state_pass(now: LotState, to: LotState) -> None:
    if to in TRANSITIONS[now]:
        check_transition("CC01-000001", now.value, to)
    else:
        with pytest.raises(LotStateRefused):
            check_transition("CC01-000001", now.value, to)


def test_what_is_sold_or_settled_is_never_cancelled() -> None:
    for state in (LotState.OFFERED, LotState.SOLD, LotState.SETTLED):
        assert LotState.CANCELLED not in TRANSITIONS[state]
