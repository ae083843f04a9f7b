"""Which invoice a line of a statement may pay, shares of amounts, and the provider's units."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.payin.rules import (
    Debt,
    InvoiceState,
    OpenInvoice,
    from_provider,
    invoice_state,
    names_serial,
    part_for,
    propose,
    provider_amount,
)


def _open(serial: str, minor: int, buyer: str = "Molino Andino SAC") -> OpenInvoice:
    return OpenInvoice(serial, buyer, buyer, serial, 7, minor, "PEN", date(2026, 3, 16))


@pytest.mark.parametrize(
    "text", ["F001-00000012", "pago f001-12", "F001 12", "FACT F00100000012", "(F001-0012)"]
)
def test_a_text_names_an_invoice_in_many_ways(text: str) -> None:
    assert names_serial(text, "F001-00000012")


@pytest.mark.parametrize("text", ["F001-120", "F001-112", "XF001-12", "12", "F002-12"])
def test_a_text_that_names_another_one_does_not(text: str) -> None:
    assert not names_serial(text, "F001-00000012")


def test_name_and_amount_beat_amount_alone_and_several_invoices_are_found_by_their_sum() -> None:
    mine, other = _open("F001-00000001", 500), _open("F001-00000002", 500, "Lanas del Sur EIRL")
    first, second = propose("abono", "MOLINO ANDINO", 500, [mine, other])
    assert (first.invoices, second.invoices) == ((mine,), (other,))
    assert first.score > second.score
    (both,) = propose("abono", "Molino Andino", 800, [mine, _open("F001-00000003", 300)])[:1]
    assert len(both.invoices) == 2


@pytest.mark.parametrize(
    ("figures", "state"),
    [
        ((100, 0, 0), InvoiceState.OPEN),
        ((100, 40, 0), InvoiceState.OPEN),
        ((100, 0, 1), InvoiceState.PARTLY_PAID),
        ((100, 40, 60), InvoiceState.PAID),
        ((100, 41, 60), InvoiceState.OVERPAID),
    ],
)
def test_the_state_follows_from_the_figures(figures: tuple[int, int, int], state: InvoiceState) -> None:
    assert invoice_state(*figures) is state


@pytest.mark.parametrize(
    ("minor", "currency", "there"), [(12_345, "PEN", 12_345), (12_300, "CLP", 123), (12_345, "KWD", 123_450)]
)
def test_amounts_are_in_the_provider_s_own_unit_and_come_back(minor: int, currency: str, there: int) -> None:
    assert provider_amount(minor, 2, currency) == there
    assert from_provider(there, 2, currency) == minor


def test_a_fraction_that_a_currency_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="CLP"):
        provider_amount(12_345, 2, "CLP")


@given(st.integers(1, 10**7), st.integers(1, 5 * 10**6), st.lists(st.integers(1, 10**6), max_size=12))
def test_parts_of_a_foreign_debt_sum_to_its_worth_in_the_books(
    amount: int, rate_thousandths: int, payments: list[int]
) -> None:
    book = max(1, amount * rate_thousandths // 1000)
    own = settled = 0
    for money in [*payments, amount]:
        part = part_for(Debt("USD", "PEN", amount - own, book - settled, amount, book), money, "USD")
        if part is not None:
            own, settled = own + part.own_minor, settled + part.settled_minor
            assert 0 <= settled <= book
    assert (own, settled) == (amount, book)
