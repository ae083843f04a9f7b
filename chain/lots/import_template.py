"""The empty workbook that centres fill in: titles in the reader's language, and a sheet that explains them."""

import io

import xlsxwriter

from chain.core.i18n import N_
from chain.lots.importing.columns import TITLES
from chain.web.i18n import current_language, gettext

WIDTH = 16
#: Field → unit at the end of its title, and the explanation.
COLUMNS: dict[str, tuple[str, str]] = {
    "reference": ("", N_("Number of your own paper; may be empty.")),
    "member_code": ("", N_("Code of the producer in your roll. Needed.")),
    "date": ("", N_("Day of the delivery: 2026-11-22 or 22/11/2026. Needed.")),
    "time": ("", N_("Time of day: 14:30; may be empty.")),
    "commodity": ("", N_("alpaca-fibre, llama-fibre, raw-milk or llama-carcass. Needed.")),
    "gross": ("_kg", N_("Weight with the sack. Write _lb instead of _kg for pounds.")),
    "tare": ("_kg", N_("Weight of the sack.")),
    "litres": ("", N_("Milk: litres, instead of the weights.")),
    "breed": ("", N_("Fibre: huacaya or suri; llama: qara or chaku.")),
    "colour": ("", N_("Fibre: name, key or letters of the colour card.")),
    "micron": ("", N_("Fibre: mean diameter in microns.")),
    "length_mm": ("", N_("Fibre: staple length in millimetres.")),
    "shift": ("", N_("Milk: am or pm.")),
    "temperature_c": ("", N_("Milk: degrees Celsius.")),
    "fat_pct": ("", N_("Milk: fat in percent.")),
    "density_g_ml": ("", N_("Milk: density in g/ml, such as 1.030.")),
    "age_class": ("", N_("Carcass: DL, 2D, 4D or BLL.")),
    "sarcocystis": ("", N_("Carcass: absent, present or not_inspected.")),
}


def title_of(field: str, language: str) -> str:
    """Return the title of a field in the template."""
    place = 1 if language == "en" else 0
    return TITLES[field][place] + COLUMNS[field][0]


def template_workbook() -> bytes:
    """Return the workbook as bytes."""
    language = current_language()
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    bold = book.add_format({"bold": True, "bg_color": "#E6EDE4", "border": 1})
    text, wrapped = book.add_format({"num_format": "@"}), book.add_format({"text_wrap": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    table = book.add_worksheet("lots" if language == "en" else "lotes")
    table.freeze_panes(1, 0)
    for place, field in enumerate(COLUMNS):
        # codes keep their leading zeros as text
        form = {"member_code": text, "reference": text, "time": text, "date": day}.get(field)
        table.set_column(place, place, WIDTH, form)
        table.write_string(0, place, title_of(field, language), bold)
    notes = book.add_worksheet("help" if language == "en" else "ayuda")
    notes.set_column(0, 0, WIDTH + 4)
    notes.set_column(1, 1, 4 * WIDTH)
    for row, (field, (_, explanation)) in enumerate(COLUMNS.items()):
        notes.write_string(row, 0, title_of(field, language))
        notes.write_string(row, 1, gettext(explanation), wrapped)
    book.close()
    return content.getvalue()
