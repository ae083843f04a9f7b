"""Pass-on: the last day, how much, and where an obligation stands."""

from datetime import date

from chain.dues.passing_rules import DEFAULT_MONTHS, Goods, Standing, due_day, owed_of, standing_on


def test_animals_have_three_years_and_seed_one() -> None:
    assert due_day(date(2024, 2, 29), DEFAULT_MONTHS[Goods.ANIMALS]) == date(2027, 2, 28)
    assert due_day(date(2026, 9, 15), DEFAULT_MONTHS[Goods.SEED]) == date(2027, 9, 15)


def test_half_an_animal_is_a_whole_one() -> None:
    assert owed_of(3, 50) == 2
    assert owed_of(10, 100) == 10
    assert owed_of(1, 10) == 1
    assert owed_of(46_000, 110) == 50_600


def test_where_an_obligation_stands() -> None:
    today = date(2026, 3, 16)
    assert standing_on(0, date(2026, 1, 1), today) is Standing.DONE
    assert standing_on(1, date(2026, 3, 15), today) is Standing.OVERDUE
    assert standing_on(1, date(2026, 3, 16), today) is Standing.SOON
    assert standing_on(1, date(2026, 6, 14), today) is Standing.SOON
    assert standing_on(1, date(2026, 6, 15), today) is Standing.RUNNING
