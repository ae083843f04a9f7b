"""Sharing out is exact: rows and columns sum, nobody gets more than is theirs, and a tie has one answer."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.core.money import NothingToSplitBy, split_largest_remainder
from chain.genealogy.shares import (
    ShareTable,
    Taken,
    pooled,
    proportion,
    scaled,
    share_out,
    sole,
    table_of,
)

PARTS = st.lists(st.integers(1, 10**12), min_size=1, max_size=40)


def ids(count: int) -> list[UUID]:
    return [UUID(int=number + 1) for number in range(count)]


def table(*parts: int) -> ShareTable:
    return ShareTable(ids(len(parts)), list(parts))


def by_id(one: ShareTable) -> dict[UUID, int]:
    return dict(zip(one.ids, one.parts, strict=True))


@given(PARTS, st.data())
def test_a_proportion_is_the_split_of_money(weights: list[int], data: st.DataObject) -> None:
    total = data.draw(st.integers(0, 2 * sum(weights)))
    assert proportion(total, weights) == split_largest_remainder(total, weights, range(len(weights)))


@given(PARTS, st.data())
def test_rows_and_columns_sum_exactly(parts: list[int], data: st.DataObject) -> None:
    pool = table(*parts)
    gained = data.draw(st.integers(0, 1000))
    total = pool.total + gained
    marks = sorted(data.draw(st.lists(st.integers(0, total), max_size=6)))
    outputs = [end - start for start, end in zip([0, *marks[:-1]], marks, strict=True)] if marks else []
    shared = share_out(pool, total, outputs)
    assert [one.total for one in shared.outputs] == outputs
    assert shared.lost.total == total - sum(outputs)
    came = by_id(ShareTable(pool.ids, proportion(total, pool.parts)))
    went = pooled([*shared.outputs, shared.lost])
    assert by_id(went) == {key: part for key, part in came.items() if part}
    assert all(part > 0 for one in shared.outputs for part in one.parts)


@given(PARTS, st.data())
def test_what_one_takes_back_costs_nobody_else_a_gram(parts: list[int], data: st.DataObject) -> None:
    pool = table(*parts)
    own = frozenset(data.draw(st.sets(st.sampled_from(list(pool.ids)), min_size=1)))
    share = sum(part for key, part in by_id(pool).items() if key in own)
    wanted = data.draw(st.integers(1, share))
    shared = share_out(pool, pool.total, [pool.total - wanted], Taken(own, wanted))
    assert shared.taken.total == wanted
    assert set(shared.taken.ids) <= own
    left = by_id(shared.outputs[0])
    assert all(left[key] == part for key, part in by_id(pool).items() if key not in own)


def test_equal_remainders_go_to_the_smaller_id() -> None:
    shared = share_out(table(1, 1, 1), 3, [2])
    assert by_id(shared.outputs[0]) == {UUID(int=1): 1, UUID(int=2): 1}
    assert by_id(shared.lost) == {UUID(int=3): 1}


def test_outputs_are_taken_one_after_the_other() -> None:
    shared = share_out(table(41_300, 27_500, 31_200), 100_000, [60_001, 30_003, 7_000])
    assert [list(one.parts) for one in shared.outputs] == [
        [24_781, 16_500, 18_720],
        [12_391, 8_251, 9_361],
        [2_891, 1_925, 2_184],
    ]
    assert list(shared.lost.parts) == [1_237, 824, 935]


def test_a_gain_belongs_to_all_in_proportion() -> None:
    shared = share_out(table(300, 700), 1_100, [1_100])
    assert list(shared.outputs[0].parts) == [330, 770]


def test_a_lot_of_five_grams_from_twenty_deliveries_names_five() -> None:
    shared = share_out(table(*[100] * 20), 2_000, [5])
    assert list(shared.outputs[0].ids) == ids(5)


def test_tables_pour_together_by_id() -> None:
    first, second = table_of([(ids(2)[1], 4), (ids(2)[0], 3)]), sole(ids(2)[1], 6)
    assert list(first.ids) == ids(2)
    assert list(pooled([first, second]).parts) == [3, 10]
    assert list(scaled(first, 70).parts) == [30, 40]


def test_more_than_there_is_cannot_be_shared_out() -> None:
    with pytest.raises(NothingToSplitBy):
        share_out(table(10, 20), 30, [31])
    with pytest.raises(NothingToSplitBy):
        share_out(table(10, 20), 30, [], Taken(frozenset(ids(1)), 11))
    with pytest.raises(NothingToSplitBy):
        proportion(1, [0, 0])


def test_a_million_tonnes_lose_no_gram() -> None:
    parts = [10**12 + number for number in range(500)]
    shared = share_out(table(*parts), sum(parts), [sum(parts) // 3, sum(parts) // 7])
    assert sum(one.total for one in shared.outputs) + shared.lost.total == sum(parts)
