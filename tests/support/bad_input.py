"""The bad input that every road must refuse: what is typed or sent, at which field it is told, in which words."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from chain.accounts.models import User
from chain.core.ids import new_id
from chain.core.orm import Model
from tests.support.cast import Person

LANGUAGES = ("es", "en")
#: What the product must take in as it is, and never run.
HOSTILE_NAMES = (
    "Rosa <script>alert(1)</script>",
    "Rosa'); DROP TABLE lot; --",
    'Rosa" onmouseover="alert(1)',
    "Rosa {{ 7 * 7 }} %(name)s",
)
TWENTY_MB = 20 * 1024 * 1024
NOT_FOUND = {"es": "No lo encontramos", "en": "We could not find it"}
TOO_LARGE = {
    "es": "Es demasiado grande. Envíe como máximo 8 MB.",
    "en": "That is too large. Send at most 8 MB.",
}
OTHER_CONTENT = {
    "es": "Este identificador ya se usó con otro contenido.",
    "en": "This id was already used with other content.",
}
CLOSED = {
    "es": "El concurso está cerrado. Ya no se reciben ofertas.",
    "en": "The tender is closed. No more bids are taken.",
}
NO_SUCH_MEMBER = {
    "es": "Ningún socio ni socia tiene ahora el código",
    "en": "No member has the code",
}
#: Files that say they are workbooks: what they are, and what is said of them.
BROKEN_WORKBOOKS = {
    "nothing behind the signature": b"PK\x03\x04nonsense",
    "cut in the middle": b"PK\x03\x04" + b"\x00" * 4000,
}
BROKEN_WORKBOOK = {"es": "El libro de Excel está dañado.", "en": "The workbook is damaged."}


@dataclass(frozen=True, slots=True)
class BadDelivery:
    """A delivery that cannot be true. `cells` stand in a row of a file whose weights are in kilograms."""

    label: str
    spanish: str
    english: str
    #: fields of the form
    typed: dict[str, str] = field(default_factory=dict)
    #: fields of the JSON body
    sent: dict[str, Any] = field(default_factory=dict)
    #: the field of the API that is to blame
    to_blame: str = ""
    #: columns of a file
    cells: dict[str, str] = field(default_factory=dict)

    def words(self, language: str) -> str:
        """The words that must be read."""
        return self.spanish if language == "es" else self.english

    def words_in_file(self, language: str) -> str:
        """The words that must be read about the row: files name a member by the code."""
        told = NO_SUCH_MEMBER[language] if "codigo_socio" in self.cells else self.words(language)
        return told.rstrip(".")


ABOVE_ZERO = ("La cantidad debe ser mayor que cero.", "The amount must be above zero.")
TOO_MUCH = ("Es demasiado para una entrega", "That is too much for one delivery")
MICRON = ("no es creíble: debe estar entre", "is not believable: it must lie from")
BAD_DELIVERIES = (
    BadDelivery(
        "a negative weight", *ABOVE_ZERO, {"gross": "-5"}, {"gross_g": -5000}, "gross_g", {"bruto_kg": "-5"}
    ),
    BadDelivery(
        "an absurd weight",
        *TOO_MUCH,
        {"gross": "9000"},
        {"gross_g": 9_000_000},
        "gross_g",
        {"bruto_kg": "9000"},
    ),
    BadDelivery(
        "a weight beyond every number",
        *TOO_MUCH,
        {"gross": "999999999999"},
        {"gross_g": 10**30},
        "gross_g",
        {"bruto_kg": "999999999"},
    ),
    BadDelivery(
        "a micron of 5", *MICRON, {"micron": "5"}, {"attributes": {"micron": 5}}, "micron", {"micras": "5"}
    ),
    BadDelivery(
        "a micron of 80",
        *MICRON,
        {"micron": "80"},
        {"attributes": {"micron": 80}},
        "micron",
        {"micras": "80"},
    ),
    BadDelivery(
        "a tare above the gross weight",
        "La tara es mayor que el peso bruto.",
        "The tare is above the gross weight.",
        {"tare": "14"},
        {"tare_g": 14_000},
        "tare_g",
        {"tara_kg": "14"},
    ),
    BadDelivery(
        "a delivery in the future",
        "La entrega está en el futuro. Revise la fecha y la hora.",
        "The delivery lies in the future. Check date and time.",
        {"delivered_at": "2026-03-17T09:30"},
        {"delivered_at": "2026-03-17T09:30:00-05:00"},
        "delivered_at",
        {"fecha": "2026-03-17"},
    ),
    BadDelivery(
        "an unknown producer",
        "No conocemos a este productor en su organización.",
        "We do not know this producer in your organisation.",
        {"producer": "018c0000-0000-7000-8000-00000000ffff"},
        {"producer_id": "018c0000-0000-7000-8000-00000000ffff"},
        "producer_id",
        {"codigo_socio": "CC01-9999"},
    ),
)


def typed_delivery(producer: UUID) -> dict[str, str]:
    """Return a filled form of the registration screen, good as it is."""
    return {
        "step": "save",
        "commodity": "alpaca-fibre",
        "id": str(new_id()),
        "new_producer_id": str(new_id()),
        "producer": str(producer),
        "gross": "13",
        "tare": "0,5",
        "colour": "white",
        "micron": "22,4",
        "length_mm": "85",
        "delivered_at": "2026-03-16T09:30",
    }


def sent_delivery(producer: UUID, now: datetime) -> dict[str, Any]:
    """Return the JSON of a delivery, good as it is."""
    return {
        "id": str(new_id()),
        "commodity": "alpaca-fibre",
        "producer_id": str(producer),
        "delivered_at": now.isoformat(),
        "gross_g": 13_000,
        "tare_g": 500,
        "attributes": {"micron": 22.4, "length_mm": 85},
    }


def file_with(member_code: str, cells: dict[str, str]) -> bytes:
    """Return a file with a good row and, below it, one with the given cells."""
    good = {
        "codigo_socio": member_code,
        "fecha": "2026-03-02",
        "producto": "alpaca-fibre",
        "bruto_kg": "12,5",
        "tara_kg": "0,5",
        "color": "blanco",
        "micras": "22",
    }
    rows = (good, good | {"fecha": "2026-03-03"} | cells)
    return "\n".join(";".join(line) for line in (good, *(row.values() for row in rows))).encode()


def speak(session: Session, person: Person, language: str) -> None:
    """Let a person choose a language."""
    session.get_one(User, person.id).language = language
    session.flush()


def everything_written(session: Session) -> dict[str, int]:
    """Return the number of rows of every table: two of these are equal when nothing was written between them."""
    return dict(session.execute(_counts(len(Model.metadata.tables))).mappings().one())


@cache
def _counts(_tables: int) -> Select[Any]:
    """Count in one statement: a hundred of them would take longer than what most tests do in between."""
    return select(
        *(
            select(func.count()).select_from(table).scalar_subquery().label(name)
            for name, table in Model.metadata.tables.items()
        )
    )
