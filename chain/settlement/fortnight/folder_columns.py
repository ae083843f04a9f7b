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

DELIVERIES = Sheet(
    ("deliveries", "entregas", "acopio"),
    {
        "producer": _PRODUCER,
        "date": _DATE,
        "litres": _LITRES,
        "zone": _ZONE,
        "name": _NAME,
        "shift": ("shift", "turno"),
    },
    frozenset({"producer", "date", "litres"}),
    is_needed=True,
)
WEIGHINGS = Sheet(
    ("weighings", "pesajes", "pesadas"),
    {"date": _DATE, "litres": _LITRES, "zone": _ZONE},
    frozenset({"date", "litres"}),
)
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
SHEETS = (DELIVERIES, WEIGHINGS, PRICES, QUOTAS, LICENCES, MOVEMENTS, RESERVE, SETTINGS)

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

YES, NO = frozenset({"yes", "si", "sí", "true", "1"}), frozenset({"no", "false", "0"})
