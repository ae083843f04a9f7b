"""A class is never a bare word: "Fina" is a class of several norms."""

import pytest

from chain.lots.grades import class_with_norm


@pytest.mark.parametrize(
    ("scheme", "edition", "key", "spanish"),
    [
        ("ntp-231.301", "2022", "extrafina", "Extrafina (NTP 231.301:2022)"),
        ("ntp-231.300", "2014", "extrafina", "Extrafina (NTP 231.300:2014)"),
        ("infoalpacas", "undated", "baby", "Baby (INFOALPACAS)"),
        ("ntp-231.301", "2014", None, "Sin determinar"),
        ("gone", "1", "fina", "fina (GONE:1)"),
    ],
)
def test_a_class_is_shown_with_its_norm_and_edition(
    scheme: str, edition: str, key: str | None, spanish: str
) -> None:
    assert class_with_norm(scheme, edition, key, "es") == spanish
