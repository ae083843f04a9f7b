"""A price grid copied from a spreadsheet."""

import pytest

from chain.buyers.class_options import SchemeClasses
from chain.buyers.grid_text import Words, read_grid_text
from chain.buyers.pricing import PriceRow
from chain.core.errors import ValidationFailed

WORDS = Words(
    [SchemeClasses("ntp/2014", "NTP 2014", (("baby", "Baby"), ("fleece", "Fleece")))],
    {"white": ("white", "blanco"), "true_black": ("true_black", "negro")},
)


def test_tabs_semicolons_and_commas_are_read_with_a_line_of_headings() -> None:
    text = "Calidad;Color;Precio\nBaby;Blanco;45,50\n\nntp/2014/fleece\tnegro\t30\n*,*,12.5\n"
    assert read_grid_text(text, WORDS) == [
        PriceRow(4_550, "ntp/2014/baby", "white"),
        PriceRow(3_000, "ntp/2014/fleece", "true_black"),
        PriceRow(1_250),
    ]


@pytest.mark.parametrize(
    "line", ["baby;blanco", "suri;blanco;1", "baby;verde;1", "baby;blanco;1,234567", "*;*;1\nbaby;blanco;x"]
)
def test_a_line_that_cannot_be_read_is_named(line: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        read_grid_text(line, WORDS)
    assert set(refused.value.errors) == {"grid_text"}
