"""The files that `chain settle` reads, their columns, and the words that people write in them, in English and Spanish."""

from collections.abc import Mapping
from dataclasses import dataclass

from chain.dues.rules import MOVEMENT_ACCOUNTS, DueKind


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file of the folder: its name, its columns with what they may be called, and those that must be there."""

    stems: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    needed: frozenset[str]
    is_needed: bool = False


_FROM, _TO = ("from", "desde", "valid_from"), ("to", "hasta", "valid_to")
_PRODUCER = ("producer", "productor", "productora", "member_code", "codigo")
_ZONE = ("zone", "zona", "gab")
_DATE = ("date", "fecha", "day", "dia")
_LITRES = ("litres", "litros", "liters", "quantity_l")
_ENABLED = ("enabled", "vigente", "habilitado")
_DECISION = ("decision", "acta", "decided_by")
_NAME = ("name", "nombre")
_SHIFT = ("shift", "turno")

DELIVERIES = Sheet(
    ("deliveries", "entregas", "acopio"),
    {
        "producer": _PRODUCER,
        "date": _DATE,
        "litres": _LITRES,
        "zone": _ZONE,
        "name": _NAME,
        "shift": _SHIFT,
    },
    frozenset({"producer", "date", "litres"}),
    is_needed=True,
)
WEIGHINGS = Sheet(
    ("weighings", "pesajes", "pesadas"),
    {"date": _DATE, "litres": _LITRES, "zone": _ZONE},
    frozenset({"date", "litres"}),
)
#: What composition is paid by, with the words that a column of it begins with.
CONSTITUENTS: Mapping[str, tuple[str, ...]] = {
    "fat_pct": ("fat", "grasa"),
    "protein_pct": ("protein", "proteina"),
    "snf_pct": ("snf", "sng"),
    "total_solids_pct": ("total_solids", "solidos_totales"),
}
#: What else milk is looked at for: hygiene, cold, water.
OTHER_RESULTS: Mapping[str, tuple[str, ...]] = {
    "reductase_hours": ("reductase", "reductasa"),
    "mesophiles_cfu_ml": ("mesophiles", "mesofilos"),
    "coliforms_cfu_ml": ("coliforms", "coliformes"),
    "somatic_cells_ml": ("somatic_cells", "celulas_somaticas"),
    "temperature_c": ("temperature", "temperatura"),
    "acidity_pct": ("acidity", "acidez"),
    "added_water_pct": ("added_water", "agua_anadida"),
    "lactose_pct": ("lactose", "lactosa"),
}
#: Every result of a folder by the keys of the laboratory, with what it may be called.
RESULTS: Mapping[str, tuple[str, ...]] = {
    key: (key, *words) for key, words in (*CONSTITUENTS.items(), *OTHER_RESULTS.items())
}
#: What a price says of a constituent, in both languages.
_OF_CONSTITUENT = {
    "point": "punto",
    "reference": "referencia",
    "low": "minimo",
    "high": "maximo",
    "typical": "tipico",
}
_COMPOSITION = {
    f"{words[0]}_{part}": tuple(f"{word}_{name}" for word in words for name in (part, spanish))
    for words in CONSTITUENTS.values()
    for part, spanish in _OF_CONSTITUENT.items()
}
PRICES = Sheet(
    ("prices", "precios"),
    {
        "weekday": ("weekday", "habil", "quincena"),
        "sunday": ("sunday", "domingo"),
        "excess_weekday": ("excess_weekday", "excedente_habil"),
        "excess_sunday": ("excess_sunday", "excedente_domingo"),
        "from": _FROM,
        "to": _TO,
        "enabled": _ENABLED,
        **_COMPOSITION,
    },
    frozenset({"weekday", "sunday", "excess_weekday", "excess_sunday", "from", "to"}),
    is_needed=True,
)
QUOTAS = Sheet(
    ("quotas", "cupos"),
    {
        "producer": _PRODUCER,
        "litres_per_day": ("litres_per_day", "litros_por_dia", "quota", "cupo"),
        "override_weekday": ("override_weekday", "precio_habil"),
        "override_sunday": ("override_sunday", "precio_domingo"),
        "from": _FROM,
        "to": _TO,
        "enabled": _ENABLED,
    },
    frozenset({"producer", "from", "to"}),
)
LICENCES = Sheet(
    ("licences", "licencias", "licenses"),
    {"producer": _PRODUCER, "number": ("number", "numero"), "from": _FROM, "to": _TO},
    frozenset({"producer", "number", "from", "to"}),
)
MOVEMENTS = Sheet(
    ("movements", "movimientos"),
    {
        "number": ("number", "numero", "no"),
        "kind": ("kind", "tipo", "clase"),
        "producer": _PRODUCER,
        "zone": _ZONE,
        "date": _DATE,
        "amount": ("amount", "monto"),
        "balance": ("balance", "saldo"),
        "name": (*_NAME, "detail", "detalle"),
        # of the import into the books: what was given for a debt, and who decided a group charge
        "source": ("source", "origen"),
        "decision": _DECISION,
    },
    frozenset({"kind", "date", "amount"}),
)
RESERVE = Sheet(
    ("reserve", "reserva"),
    {"fraction": ("fraction", "fraccion"), "from": _FROM, "to": _TO, "decision": _DECISION},
    frozenset({"fraction", "from"}),
)
SETTINGS = Sheet(
    ("settings", "ajustes"),
    {"name": ("name", "nombre"), "value": ("value", "valor")},
    frozenset({"name", "value"}),
)
ANALYSES = Sheet(
    ("analyses", "analisis"),
    {"producer": _PRODUCER, "date": _DATE, "shift": _SHIFT, **RESULTS},
    frozenset({"producer", "date"}),
)
PREMIUMS = Sheet(
    ("premiums", "premios"),
    {
        "name": _NAME,
        "kind": ("kind", "tipo", "clase"),
        "amount": ("amount", "monto"),
        "percent": ("percent", "porcentaje"),
        "result": ("result", "resultado"),
        "low": ("low", "minimo"),
        "high": ("high", "maximo"),
        "litres_low": ("litres_low", "litros_minimo"),
        "litres_high": ("litres_high", "litros_maximo"),
        "from": _FROM,
        "to": _TO,
    },
    frozenset({"name", "kind"}),
)
SHEETS = (
    DELIVERIES,
    WEIGHINGS,
    PRICES,
    QUOTAS,
    LICENCES,
    MOVEMENTS,
    RESERVE,
    SETTINGS,
    ANALYSES,
    PREMIUMS,
)

#: What a movement may be called in a file; anything else is refused, so that a slip of the pen drops no deduction.
KIND_WORDS: Mapping[str, DueKind] = {
    **{kind.value: kind for kind in MOVEMENT_ACCOUNTS},
    "veterinario": DueKind.VET,
    "credito": DueKind.CREDIT,
    "concentrados": DueKind.FEED,
    "yogurt": DueKind.YOGHURT,
    "tachos": DueKind.CANS,
    "otros_egresos": DueKind.OTHER,
    "anticipo": DueKind.ADVANCE,
}
BANK_FEE_WORDS = frozenset({"bank_fee", "comision_banco"})
GROUP_WORDS = frozenset({"group", "group_charge", "alcohol"})
INCOME_WORDS = frozenset({"other_income", "otros_ingresos"})

PREMIUM_WORDS = frozenset({"premium", "premio", "bonificacion"})
PENALTY_WORDS = frozenset({"penalty", "castigo", "penalidad"})
#: Shifts as the books know them; the morning fills the quota first.
SHIFT_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("am", "morning", "manana", "m"), "am"),
    **dict.fromkeys(("pm", "afternoon", "tarde", "t"), "pm"),
}

YES, NO = frozenset({"yes", "si", "sí", "true", "1"}), frozenset({"no", "false", "0"})
