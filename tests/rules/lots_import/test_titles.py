import pytest

from chain.core.tables import UnusableFile
from chain.lots.importing.columns import MAX_COLUMNS, TITLES, find_header, understand_title


def test_every_title_of_the_table_means_one_field() -> None:
    titles = [title for titles in TITLES.values() for title in titles]
    assert len(titles) == len(set(titles))
    assert all(
        understand_title(title) == (field, None) for field, titles in TITLES.items() for title in titles
    )


@pytest.mark.parametrize(
    ("title", "meaning"),
    [
        ("Código de Socio", ("member_code", None)),
        ("  CODIGO SOCIO ", ("member_code", None)),
        ("N° socio", ("member_code", None)),
        ("Peso bruto (lb)", ("gross", "lb")),
        ("bruto_kg", ("gross", "kg")),
        ("Tara en libras", ("tare", "lb")),
        ("NETO QUINTALES", ("net", "qq")),
        ("gross_g", ("gross", "g")),
        ("% grasa", ("fat_pct", None)),
        ("Litros (l)", ("litres", None)),
        ("Largo mecha (mm)", ("length_mm", None)),
        ("Micras (µm)", ("micron", None)),
        ("Apellidos y nombres", None),
        ("bruto_toneladas", None),
        ("", None),
    ],
)
def test_titles_are_understood_whatever_their_case_accents_and_signs(
    title: str, meaning: tuple[str, str | None] | None
) -> None:
    assert understand_title(title) == meaning


def test_the_row_of_titles_is_found_below_headings() -> None:
    rows = [["Centro de acopio"], [], ["Código socio", "Fecha", "Bruto kg", "Nota"], ["A", "1", "2", "x"]]
    header = find_header(rows)
    assert (header.row, header.width, header.ignored) == (2, 4, ("Nota",))
    assert header.title_of("gross") == "Bruto kg"
    assert header.title_of("tare") == "tara"


def test_titles_too_far_down_too_many_or_twice_are_refused() -> None:
    with pytest.raises(UnusableFile, match="first 10 lines"):
        find_header([["x"]] * 10 + [["fecha", "socio"]])
    with pytest.raises(UnusableFile, match="more than"):
        find_header([["fecha", "socio", *("x" for _ in range(MAX_COLUMNS))]])
    with pytest.raises(UnusableFile, match="“bruto_kg” and “Peso bruto”"):
        find_header([["bruto_kg", "fecha", "Peso bruto"]])
