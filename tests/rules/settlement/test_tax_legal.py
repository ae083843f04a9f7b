"""What tax papers come to, and what is checked before one is issued."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.settlement.legal.rules import (
    Seller,
    Setting,
    TaxKind,
    advance_of,
    as_withheld,
    held_of,
    limit_problem,
    liquidation,
    purchase_receipt,
    seller_problems,
    trimmed,
)

DAY = date(2026, 3, 16)
SELLER = Seller("Rosa Quispe", "dni", "01234567", 1980, "Palca s/n", "210701", "02", has_tax_number=False)
RATES = st.integers(0, 4000)
MINOR = st.integers(0, 10**9)


def test_the_worked_example_of_grossing_up() -> None:
    made = purchase_receipt(100_000, iue=500, it=300, gross_up=True, has_rau=False)
    assert (made.value_minor, [tax[2] for tax in made.taxes], made.net_minor) == (
        108_696,
        [5435, 3261],
        100_000,
    )


def test_without_grossing_up_the_retention_lowers_the_payment() -> None:
    made = purchase_receipt(100_000, iue=500, it=300, gross_up=False, has_rau=False)
    assert ([tax[2] for tax in made.taxes], made.net_minor) == ([5000, 3000], 92_000)


def test_with_a_rau_certificate_nothing_is_held_back() -> None:
    made = purchase_receipt(100_000, iue=500, it=300, gross_up=False, has_rau=True)
    assert ([tax[2] for tax in made.taxes], made.net_minor) == ([0, 0], 100_000)


def test_a_liquidation_holds_back_both_taxes() -> None:
    made = liquidation(100_000, igv=1800, income=150, advances=10_000)
    assert made.subtotal_minor == 118_000
    assert [tax[2] for tax in made.taxes] == [18_000, 1500]
    assert made.net_minor == 118_000 - 18_000 - 1500 - 10_000
    spent = liquidation(100, igv=0, income=0, advances=101)
    assert (spent.advances_minor, spent.net_minor) == (100, 0)


def test_an_advance_is_the_part_of_an_earlier_net_that_is_taken_off() -> None:
    half = advance_of("L001-00000001", DAY, 15_000, gross_minor=30_000, net_minor=29_550)
    assert half.amount_minor == 14_775
    assert [one.amount_minor for one in trimmed([half, half], 20_000)] == [14_775, 5_225]


@given(MINOR, RATES, RATES, st.data())
def test_both_papers_together_pay_what_one_would(
    value: int, igv: int, income: int, data: st.DataObject
) -> None:
    floor = data.draw(st.integers(1, max(1, value)))
    first = liquidation(floor, igv=igv, income=income)
    one = advance_of("L001-00000001", DAY, floor, gross_minor=floor, net_minor=first.net_minor)
    second = liquidation(max(value, 1), igv=igv, income=income, advances=one.amount_minor)
    assert first.net_minor + second.net_minor == liquidation(max(value, 1), igv=igv, income=income).net_minor


@given(MINOR, RATES, RATES, st.booleans())
def test_net_and_retentions_sum_to_the_gross(value: int, iue: int, it: int, up: bool) -> None:
    made = purchase_receipt(value, iue=iue, it=it, gross_up=up, has_rau=False)
    assert made.net_minor + sum(tax[2] for tax in made.taxes) == made.subtotal_minor
    assert made.net_minor >= 0 or iue + it > 10_000 - 2
    assert not up or made.net_minor == value


@given(MINOR, RATES, RATES)
def test_a_liquidation_reconciles(value: int, igv: int, income: int) -> None:
    made = liquidation(value, igv=igv, income=income)
    assert made.net_minor + sum(tax[2] for tax in made.taxes) == made.subtotal_minor


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"document_kind": "ci"}, "DNI"),
        ({"document_kind": "passport", "document_number": " "}, "passport"),
        ({"document_kind": None}, "DNI"),
        ({"document_number": "123"}, "DNI"),
        ({"birth_year": None}, "birth is missing"),
        ({"birth_year": 2008}, "of age"),
        ({"address": ""}, "address"),
        ({"ubigeo": "12"}, "ubigeo"),
        ({"has_tax_number": None}, "Nobody noted"),
        ({"has_tax_number": True}, "active RUC"),
    ],
)
def test_what_a_seller_lacks_is_named(change: dict[str, object], word: str) -> None:
    assert seller_problems("PE", SELLER, DAY) == []
    (problem,) = seller_problems("PE", replace(SELLER, **change), DAY)  # type: ignore[arg-type]  # drawn by name
    assert word in str(problem)


@pytest.mark.parametrize(
    ("kind", "number"), [("dni", "01234567"), ("foreigner_card", "001234567"), ("passport", "AB12345")]
)
def test_a_seller_shows_a_dni_a_foreigners_card_or_a_passport(kind: str, number: str) -> None:
    assert seller_problems("PE", replace(SELLER, document_kind=kind, document_number=number), DAY) == []


def test_the_limit_of_tax_units_counts_the_year() -> None:
    settings = {
        TaxKind.UIT: Setting(TaxKind.UIT, 550_000),
        TaxKind.UIT_LIMIT: Setting(TaxKind.UIT_LIMIT, 75),
    }
    assert limit_problem(settings, 0, 41_250_000) is None  # 75 tax units of 5,500 are 412,500
    assert limit_problem(settings, 0, 41_250_001) is not None
    assert limit_problem(settings, 41_000_000, 250_000) is None
    assert limit_problem(settings, 41_000_000, 250_001) is not None


def test_a_paper_says_what_the_settlement_took_off_or_does_not_agree() -> None:
    made = purchase_receipt(12_345, iue=500, it=300, gross_up=False, has_rau=False)
    assert (held_of(made), made.net_minor) == (617 + 370, 11_358)
    assert as_withheld(made, 987, at_our_cost=False) == made
    rounded = as_withheld(made, 988, at_our_cost=False)  # 8 % of 123.45 at once
    assert rounded is not None
    assert (rounded.taxes, rounded.net_minor) == ((("IUE", 500, 617), ("IT", 300, 371)), 11_357)
    for taken in (0, 984, 990):
        assert as_withheld(made, taken, at_our_cost=False) is None
    carried = purchase_receipt(100_000, iue=500, it=300, gross_up=True, has_rau=False)
    assert as_withheld(carried, 0, at_our_cost=True) == carried
    assert as_withheld(carried, 8_000, at_our_cost=True) is None
    sold = liquidation(100_000, igv=1_800, income=150)
    assert as_withheld(sold, 1_500, at_our_cost=False) == sold  # the IGV comes on top
    assert as_withheld(sold, 0, at_our_cost=False) is None
