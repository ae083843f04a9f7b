"""Papers in every format: nothing is cut, the marks are there, the data are inside, the same input gives the same bytes."""

import io
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy.orm import Session

from chain.core.hashing import content_hash
from chain.papers.drawing.render import check_address, data_of, papers_html, render
from chain.papers.drawing.sheets import Sheet, sheet_of
from chain.papers.rules import PaperFormat, PaperKind
from chain.web.formats import money
from chain.web.qr import ALPHANUMERIC, qr_modules
from tests.support.cast import Cast
from tests.support.papers import VERSION_1, draft, issue, receipt_content

ADDRESS = "http://cadena.example:8000"
FORMATS = list(PaperFormat)
MM = 72 / 25.4
WIDTHS = {
    PaperFormat.A5: 148, PaperFormat.A4: 210, PaperFormat.A4_TWO: 210, PaperFormat.ROLL_80: 80, PaperFormat.ROLL_58: 58,
}  # fmt: skip


@pytest.fixture
def sheets(app: Flask, session: Session, cast: Cast) -> list[Sheet]:
    papers = issue(session, cast, [draft(content=receipt_content(name)) for name in ("Rosa", "Ana", "Zoila")])
    return [sheet_of(paper, copy) for paper, copy in zip(papers, (0, 1, None), strict=True)]


def draw(
    app: Flask, sheets: Sequence[Sheet], fmt: PaperFormat = PaperFormat.A5, language: str = "es"
) -> bytes:
    with app.test_request_context():
        return render(sheets, fmt, address=ADDRESS, language=language)


def pages(pdf: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


@pytest.mark.parametrize("fmt", FORMATS)
def test_each_format_says_everything_on_paper_of_its_width(
    app: Flask, sheets: list[Sheet], fmt: PaperFormat
) -> None:
    pdf = draw(app, sheets, fmt)
    reader = PdfReader(io.BytesIO(pdf))
    assert {round(float(page.mediabox.width) / MM) for page in reader.pages} == {WIDTHS[fmt]}
    said = " ".join(pages(pdf))
    for text in (
        "R001-00000001", "R001-00000003", "RECIBO DE PAGO", "ORIGINAL", "COPIA 1", "SOLO PARA CONSULTA", "Rosa", "CC01-0001",
        "••••4518", "Leche de lunes a sábado", "515.63", "Domingo", "72.00", "−1.98", "Aporte a la asociación 2.5 %", "−14.64",
        "Asamblea del 5 de enero de 2026", "Adelanto: Sal mineral", "cuota 2 de 4", "Transporte", "25.00", "S/ 496.01",
        "CUATROCIENTOS NOVENTA Y SEIS CON 01/100 SOLES", "200.00", "Sin análisis del 3 al 5.", "Marca del libro",
        "cadena.example:8000/R/",
    ):  # fmt: skip
        assert text in said, text


@pytest.mark.parametrize("fmt", FORMATS)
def test_the_same_sheets_give_the_same_bytes(app: Flask, sheets: list[Sheet], fmt: PaperFormat) -> None:
    assert draw(app, sheets[:2], fmt) == draw(app, sheets[:2], fmt)


def test_two_papers_stand_on_each_a4_sheet_and_a_long_one_alone(
    app: Flask, session: Session, cast: Cast, sheets: list[Sheet]
) -> None:
    assert len(pages(draw(app, sheets, PaperFormat.A4_TWO))) == 2
    (long,) = issue(session, cast, [draft(content=receipt_content("Larga", days=20))])
    drawn = pages(draw(app, [sheets[0], sheet_of(long, 0), sheets[1]], PaperFormat.A4_TWO))
    assert len(drawn) == 3
    assert "Entrega del día 20" in drawn[1]
    assert long.content["net_in_words"] in drawn[1]


def test_sheets_are_counted_of_one_paper_and_a_pile_is_named_by_its_first_and_last_number(
    app: Flask, session: Session, cast: Cast, sheets: list[Sheet]
) -> None:
    assert "1 / 1" in pages(draw(app, sheets[:1], PaperFormat.A4))[0]
    more = issue(session, cast, [draft(content=receipt_content(f"Socia {number}")) for number in range(30)])
    pile = draw(app, [sheet_of(paper, 0) for paper in more], PaperFormat.A4)
    assert not any(
        " / " in page for page in pages(pile)[:-4]
    )  # not "3 / 13", as if it were a receipt of 13 sheets
    title = PdfReader(io.BytesIO(pile)).metadata
    assert title is not None
    assert str(title.title).endswith(
        f"{more[0].series}-{more[0].number:08d} – {more[0].series}-{more[-1].number:08d}"
    )


def test_a_slip_is_cut_where_its_content_ends(
    app: Flask, session: Session, cast: Cast, sheets: list[Sheet]
) -> None:
    (long,) = issue(session, cast, [draft(content=receipt_content("Larga", days=90))])
    drawn = PdfReader(io.BytesIO(draw(app, [sheets[0], sheet_of(long, 0)], PaperFormat.ROLL_80)))
    short_mm, long_mm = (float(page.mediabox.height) / MM for page in drawn.pages)
    assert 200 < short_mm < 450
    assert long_mm > short_mm + 90 * 5
    assert "Entrega del día 90" in drawn.pages[1].extract_text()


def test_a_long_receipt_goes_on_with_its_number_at_the_foot(app: Flask, session: Session, cast: Cast) -> None:
    (long,) = issue(session, cast, [draft(content=receipt_content("Larga", days=60))])
    drawn = pages(draw(app, [sheet_of(long, 0)]))
    assert len(drawn) > 1
    assert all("R001-00000001" in page for page in drawn)


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_voided_paper_says_so_with_its_reason(app: Flask, sheets: list[Sheet], fmt: PaperFormat) -> None:
    evening = datetime(2026, 3, 21, 1, 30, tzinfo=UTC)  # still the 20th in Peru
    void = replace(sheets[1], voided_at=evening, void_reason="Peso mal anotado")
    (said,) = pages(draw(app, [void], fmt))
    assert said.count("ANULADO") >= 1
    assert "Motivo: Peso mal anotado" in said
    assert "20 mar 2026" in said
    assert "ANULADO" not in pages(draw(app, [sheets[1]], fmt))[0]


def test_the_data_of_each_paper_are_inside_a_tagged_archive_file(app: Flask, sheets: list[Sheet]) -> None:
    pdf = draw(app, sheets)
    reader = PdfReader(io.BytesIO(pdf))
    root: Any = reader.trailer["/Root"].get_object()
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    marks = root["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in marks or 'pdfaid:part="3"' in marks
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in marks or 'pdfaid:conformance="A"' in marks
    for sheet in sheets:
        (inside,) = reader.attachments[f"{sheet.serial}.json"]
        assert inside.decode() == data_of(sheet)
        said = json.loads(inside)
        assert said["content"] == sheet.content
        assert content_hash(said["content"]) == said["paper"]["content_hash"]
        assert said["paper"]["signed_code"] == sheet.signed_code


def test_a_file_for_printing_in_bulk_carries_no_data(app: Flask, sheets: list[Sheet]) -> None:
    with app.test_request_context():
        pdf = render(sheets, PaperFormat.A5, address=ADDRESS, archival=False)
    assert not PdfReader(io.BytesIO(pdf)).attachments


def test_version_1_is_still_drawn(app: Flask) -> None:
    sheet = Sheet(
        PaperKind.RECEIPT, "R001-00000007", VERSION_1, "0" * 64, "A" * 16, None, datetime(2026, 3, 16, tzinfo=UTC), 2
    )  # fmt: skip
    for fmt in FORMATS:
        (said,) = pages(draw(app, [sheet], fmt))
        for text in (
            "R001-00000007",
            "COPIA 2",
            "Rosa Mamani",
            "B1",
            "90.00",
            "Adelanto: Esquila",
            "S/ 214.37",
            "Michell",
        ):
            assert text in said, text


def test_bolivia_reads_its_own_numbers_and_english_its_own_words(
    app: Flask, session: Session, cast: Cast
) -> None:
    (paper,) = issue(session, cast, [draft(content=receipt_content(currency="BOB"))], house=cast.other_centre)
    (said,) = pages(draw(app, [sheet_of(paper, 0)]))
    assert "496,01" in said
    assert "NIT 20448123456" in said
    assert "BOLIVIANOS" in said
    (said,) = pages(draw(app, [sheet_of(paper, 0)], language="en"))
    assert "FOUR HUNDRED AND NINETY-SIX AND 01/100 BOLIVIANOS" in said
    assert "PAYMENT RECEIPT" in said


def test_the_qr_of_the_check_page_stays_small() -> None:
    address = check_address("https://cadena.example.pe", "ABCDEFGHIJKLMNOP")
    assert set(address) <= ALPHANUMERIC
    assert qr_modules(address) <= 33


def test_what_people_typed_cannot_change_the_paper(app: Flask, session: Session, cast: Cast) -> None:
    (paper,) = issue(session, cast, [draft(content=receipt_content("<b>Ana</b><img src=x>"))])
    with app.test_request_context():
        html = papers_html([sheet_of(paper, 0)], PaperFormat.A5, address=ADDRESS)
    assert "<img src=x>" not in html
    assert "&lt;b&gt;Ana" in html


def test_a_paper_is_read_by_the_fast_parser_unless_somebody_typed_what_xml_does_not_know(
    app: Flask, session: Session, cast: Cast, sheets: list[Sheet]
) -> None:
    from chain.papers.drawing.pages import ParsedPage, read_page

    (odd,) = issue(session, cast, [draft(content=receipt_content("Ana\x0bRosa"))])
    with app.test_request_context():
        for fmt in FORMATS:
            assert isinstance(read_page(papers_html(sheets, fmt, address=ADDRESS), None), ParsedPage)
        page = read_page(papers_html([sheet_of(odd, 0)], PaperFormat.A5, address=ADDRESS), None)
    assert not isinstance(page, ParsedPage)
    assert any("Rosa" in (text or "") for text in page.etree_element.itertext())


def test_papers_drawn_at_once_are_the_papers_drawn_in_turn(app: Flask, sheets: list[Sheet]) -> None:
    in_turn = [draw(app, [sheet]) for sheet in sheets]
    with ThreadPoolExecutor(max_workers=6) as pool:
        at_once = list(pool.map(lambda sheet: draw(app, [sheet]), sheets * 2))
    assert at_once == in_turn * 2


def test_frozen_inputs_are_put_in_words_of_the_area_and_numbers_of_the_country(
    app: Flask, session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(explanation: Mapping[str, Any] | None, currency: str) -> str:
        return f"Media de {money(explanation['mean_minor'], currency)}" if explanation else ""

    monkeypatch.setattr("chain.papers.labels._explainers", [told])
    content = receipt_content(currency="BOB")
    content["blocks"][0] |= {"label": "weekday", "zone": "Zona Alta"}
    content["blocks"][0]["lines"][0]["explanation"] = {"mean_minor": 123_450}
    (paper,) = issue(session, cast, [draft(content=content)], house=cast.other_centre)
    (said,) = pages(draw(app, [sheet_of(paper, 0)]))
    assert "Media de Bs" in said
    assert "1.234,50" in said
    assert "Zona Alta" in said
