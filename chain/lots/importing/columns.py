"""What the columns of a file mean: titles in Spanish and English, without regard to case, accents and signs."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from chain.core.i18n import N_, Message
from chain.core.tables import UnusableFile

#: Lines in which the row of titles is looked for; centres print their name and the month above it.
HEADER_LINES = 10
MIN_KNOWN_TITLES = 2
MAX_COLUMNS = 100
MAX_TITLE = 60

NO_HEADER = N_(
    "The row of column titles was not found in the first %(lines)s lines. Use titles such as %(examples)s."
)
TOO_MANY_COLUMNS = N_("The file has more than %(limit)s columns.")
COLUMNS_MISSING = N_("These columns are missing: %(columns)s.")
SAME_MEANING = N_("Two columns mean the same: “%(first)s” and “%(second)s”. Delete one of them.")
AMOUNT_COLUMNS = N_("bruto, neto or litros")
COMMODITY_OR_OPTION = N_("producto (or choose the product for the whole file)")

WEIGHTS = ("gross", "tare", "net")

#: Field → titles. The first one in Spanish and the first one in English stand in the template and in docs/import.md.
TITLES: Mapping[str, tuple[str, ...]] = {
    "member_code": (
        "codigo_socio", "member_code", "codigo", "cod_socio", "codigo_de_socio", "codigo_socia", "socio", "socia",
        "codigo_productor", "codigo_de_productor", "cod_productor", "n_socio", "no_socio", "nro_socio",
        "numero_de_socio", "member", "producer_code", "code",
    ),
    "commodity": ("producto", "commodity", "product", "rubro"),
    "date": (
        "fecha", "date", "fecha_entrega", "fecha_de_entrega", "fecha_acopio", "fecha_de_acopio", "dia",
        "delivery_date", "delivered_on", "day",
    ),
    "time": ("hora", "time", "hora_entrega", "hora_de_entrega"),
    "gross": ("bruto", "gross", "peso_bruto", "gross_weight"),
    "tare": ("tara", "tare", "peso_tara", "tare_weight"),
    "net": (
        "neto", "net", "peso_neto", "peso", "net_weight", "weight", "peso_canal", "carcass_weight", "peso_de_canal",
        "peso_carcasa",
    ),
    "litres": ("litros", "litres", "liters", "volumen", "volumen_litros", "cantidad_litros", "volume"),
    "unit": ("unidad", "unit", "unidad_de_medida", "unidad_peso", "weight_unit"),
    "breed": ("raza", "breed"),
    "colour": ("color", "colour", "color_fibra", "color_de_fibra"),
    "micron": (
        "micras", "micron", "micra", "microns", "micraje", "finura", "diametro", "diametro_micras", "diametro_um",
        "micras_um", "micron_um", "mfd", "mfd_um", "fineness",
    ),
    "length_mm": (
        "largo_mm", "length_mm", "longitud_mm", "largo_mecha_mm", "largo_de_mecha_mm", "staple_length_mm", "mecha_mm",
    ),
    "shift": ("turno", "shift"),
    "temperature_c": (
        "temperatura", "temperature_c", "temperatura_c", "temperature", "temp", "temp_c",
    ),
    "fat_pct": ("grasa", "fat_pct", "grasa_pct", "porcentaje_grasa", "porcentaje_de_grasa", "fat", "fat_percent"),
    "density_g_ml": ("densidad", "density", "densidad_g_ml", "density_g_ml"),
    "age_class": ("edad", "age_class", "edad_dientes", "edad_por_dientes", "dientes", "age"),
    "heads": ("cabezas", "heads", "animales", "numero_de_animales", "n_animales", "head"),
    "sarcocystis": ("sarcocistosis", "sarcocystis", "sarcocistiosis", "arrocillo"),
    "sex": ("sexo_animal", "animal_sex", "sexo_del_animal"),
    "conformation": ("conformacion", "conformation"),
    "finish": ("acabado", "finish"),
    "carcass_class": ("clase_canal", "carcass_class", "clase_de_canal"),
    "id": ("id", "uuid", "id_entrega", "delivery_id"),
    "reference": (
        "lote", "reference", "nro_lote", "n_lote", "no_lote", "numero_de_lote", "boleta", "nro_boleta", "n_boleta",
        "no_boleta", "referencia", "lot", "ticket",
    ),
}  # fmt: skip

#: Fields that go into a lot's attributes under their own name.
ATTRIBUTES = (
    "breed", "colour", "micron", "length_mm", "shift", "temperature_c", "fat_pct", "density_g_ml", "age_class",
    "sarcocystis", "sex", "conformation", "finish", "heads",
)  # fmt: skip

#: Units that a title may end with.
UNIT_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("kg", "kgs", "kilo", "kilos", "kilogramo", "kilogramos", "kilogram", "kilograms"), "kg"),
    **dict.fromkeys(("lb", "lbs", "libra", "libras", "pound", "pounds"), "lb"),
    **dict.fromkeys(("qq", "quintal", "quintales", "quintals"), "qq"),
    **dict.fromkeys(("g", "gr", "grs", "gramo", "gramos", "gram", "grams"), "g"),
}
_FIELD_OF = {title: field for field, titles in TITLES.items() for title in titles}
_SIGNS = re.compile(r"[^a-z0-9]+")
_SPOKEN = str.maketrans({"%": " pct ", "µ": "u", "μ": "u"})
_FILLERS = re.compile(r"_(?:en|in)$")


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is understood: where it stands, what it means, and the unit that its title names."""

    place: int
    title: str
    field: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """The row of titles: its place among the rows (0 is the first), the known columns and the titles of the others."""

    row: int
    width: int
    columns: tuple[Column, ...]
    ignored: tuple[str, ...]

    def has(self, *fields: str) -> bool:
        """Tell whether any of the fields has a column."""
        return any(column.field in fields for column in self.columns)

    def title_of(self, field: str) -> str:
        """Return the file's own title of a field; the field's Spanish title when the file has none."""
        return next((one.title for one in self.columns if one.field == field), TITLES[field][0])


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Return letters and digits in lower case, without accents, joined by underscores: "Peso Bruto (lb)" → "peso_bruto_lb"."""
    plain = unicodedata.normalize("NFKD", text.translate(_SPOKEN)).encode("ascii", "ignore").decode().lower()
    return _SIGNS.sub("_", plain).strip("_")


@lru_cache(maxsize=4096)
def understand_title(title: str) -> tuple[str, str | None] | None:
    """Return the field and the unit that a title names; None for a title that says nothing to us."""
    plain = folded(title)
    if plain in _FIELD_OF:
        return _FIELD_OF[plain], None
    stem, _, last = plain.rpartition("_")
    unit = UNIT_WORDS.get(last)
    field = _FIELD_OF.get(_FILLERS.sub("", stem))
    if unit is not None and field in WEIGHTS:
        return field, unit
    if last in {"l", "lt", "lts", "litros"} and field == "litres":
        return field, None
    if plain in {"pct_grasa", "pct_fat"}:
        return "fat_pct", None
    return None


def known_titles(cells: Sequence[object]) -> int:
    """Count the cells of a row that are titles we know."""
    return sum(
        1 for cell in cells if isinstance(cell, str) and understand_title(cell[:MAX_TITLE]) is not None
    )


def find_header(rows: Sequence[Sequence[object]]) -> Header:
    """Find the row of titles among the first rows: the first of those that hold most known titles.

    Raises:
        UnusableFile: no row holds two known titles, there are too many columns, or two columns mean the same.
    """
    top = rows[:HEADER_LINES]
    scores = [known_titles(row) for row in top]
    best = max(scores, default=0)
    if best < MIN_KNOWN_TITLES:
        raise UnusableFile(NO_HEADER, lines=HEADER_LINES, examples="codigo_socio, fecha, producto, neto_kg")
    place = scores.index(best)
    titles = ["" if cell is None else str(cell).strip() for cell in top[place]]
    while titles and not titles[-1]:
        titles.pop()
    if len(titles) > MAX_COLUMNS:
        raise UnusableFile(TOO_MANY_COLUMNS, limit=MAX_COLUMNS)
    return _header(place, titles)


def _header(row: int, titles: Sequence[str]) -> Header:
    found: dict[str, Column] = {}
    ignored = []
    for place, title in enumerate(titles):
        meaning = understand_title(title[:MAX_TITLE]) if title else None
        if meaning is None:
            if title:
                ignored.append(title[:MAX_TITLE])
            continue
        column = Column(place, " ".join(title.split())[:MAX_TITLE], *meaning)
        earlier = found.setdefault(column.field, column)
        if earlier is not column:
            raise UnusableFile(SAME_MEANING, first=earlier.title, second=column.title)
    return Header(row, len(titles), tuple(found.values()), tuple(ignored))


def missing_columns(header: Header, *, has_commodity: bool) -> list[str | Message]:
    """Return the needed columns that a file lacks."""
    missing: list[str | Message] = [
        TITLES[field][0] for field in ("member_code", "date") if not header.has(field)
    ]
    if not has_commodity and not header.has("commodity"):
        missing.append(Message(COMMODITY_OR_OPTION))
    if not header.has("gross", "net", "litres"):
        missing.append(Message(AMOUNT_COLUMNS))
    return missing
