"""Rounds of the worker: each at its own pace, all of them at the start."""

from datetime import timedelta

import pytest

from chain.core import rounds
from chain.core.rounds import Watch, make_rounds


def test_each_round_is_due_at_the_start_and_then_at_its_own_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "_rounds", {})
    make_rounds("often", timedelta(seconds=10), lambda *_: False, lambda *_: None)
    make_rounds("seldom", timedelta(minutes=1), lambda *_: False, lambda *_: None)
    moments = (1000.0, 1009.9, 1010.0, 1015.0, 1060.0)
    clock = iter(moments)
    watch = Watch(lambda: next(clock))
    paces = [[one.every.total_seconds() for one in watch.due()] for _ in moments]
    assert paces == [[10, 60], [], [10], [], [10, 60]]
