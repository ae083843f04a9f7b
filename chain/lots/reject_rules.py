"""Goods that are not taken: causes per product, what may become of them, and what is believed. Pure.

The causes of milk follow the code lists that dairies use; those of the other products are the project's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from chain.core.i18n import N_, Message
from chain.core.text import tidy
from chain.grading.scheme import ALPACA_FIBRE, LLAMA_CARCASS, LLAMA_FIBRE, RAW_MILK
from chain.lots.attributes import SPECS
from chain.lots.products import LIVE_LLAMA
from chain.lots.rules import ID_VERSION, NOT_AN_ID, UNKNOWN_COMMODITY

OTHER = "other"
#: Nobody's fault at home: never counted against the producer.
PLANT_CLOSED = "plant_closed"
MAX_NOTE = 500
#: Kept goods are collected within a quarter of a year; later they are thrown away with consent.
MAX_KEPT = timedelta(days=92)
MIN_NOTE = 3

_EVERY = {
    "supplier_blocked": N_("The producer is blocked"),
    "papers_missing": N_("Papers are missing"),
    PLANT_CLOSED: N_("The plant was closed or did not collect"),
    OTHER: N_("Other (write it)"),
}
_FIBRE = {
    "wet": N_("Wet"),
    "dirty": N_("Earth, dung or straw"),
    "foreign_fibre": N_("Plastic, rope or foreign fibre"),
    "other_species": N_("Mixed with another species"),
    "moth_or_rot": N_("Moth or rot"),
    "skin_pieces": N_("Pieces of skin or scab"),
    "paint": N_("Paint or tar"),
    **_EVERY,
}
_ANIMAL = {
    "sick": N_("Sick or hurt"),
    "pregnant": N_("Pregnant"),
    "too_light": N_("Too light or too young"),
    **_EVERY,
}
CAUSES: Mapping[str, Mapping[str, str]] = {
    ALPACA_FIBRE: _FIBRE,
    LLAMA_FIBRE: _FIBRE,
    RAW_MILK: {
        "alcohol": N_("Alcohol test positive"),
        "visual": N_("Looks, smells or tastes bad"),
        "temperature": N_("Too warm"),
        "acidity": N_("Acidity"),
        "ph": N_("pH"),
        "density": N_("Density"),
        "added_water": N_("Added water"),
        "freezing_point": N_("Freezing point"),
        "antibiotic_first": N_("Antibiotic, first result"),
        "antibiotic_confirmed": N_("Antibiotic, confirmed"),
        "reductase": N_("Reductase time too short"),
        "colostrum": N_("Colostrum"),
        "preservative": N_("Neutraliser or preservative"),
        "wrong_producer": N_("Wrong or unknown producer"),
        "wrong_tank": N_("Wrong or unknown tank"),
        **_EVERY,
    },
    LLAMA_CARCASS: {
        "condemned": N_("Condemned by the inspector"),
        "sarcocystis": N_("Sarcocystis"),
        "bruises": N_("Bruises or wounds"),
        "soiled": N_("Soiled"),
        "temperature": N_("Too warm"),
        "smell": N_("Bad smell or colour"),
        **_EVERY,
    },
    LIVE_LLAMA: _ANIMAL,
}
CAUSE_LABELS: Mapping[str, str] = {key: label for one in CAUSES.values() for key, label in one.items()}


class Disposition(StrEnum):
    """What becomes of goods that were not taken."""

    RETURNED = "returned"
    TO_COLLECT = "to_collect"
    COLLECTED = "collected"
    DISCARDED = "discarded"


DISPOSITION_LABELS = {
    Disposition.RETURNED: N_("Given back at once"),
    Disposition.TO_COLLECT: N_("Kept until the producer collects it"),
    Disposition.COLLECTED: N_("Collected by the producer"),
    Disposition.DISCARDED: N_("Thrown away, the producer agrees"),
}
#: What may be written when the goods are not taken, and what may become of kept ones later.
FIRST = (Disposition.RETURNED, Disposition.TO_COLLECT, Disposition.DISCARDED)
LATER = (Disposition.COLLECTED, Disposition.DISCARDED)

UNKNOWN_CAUSE = N_("“%(value)s” is not a cause for this product.")
NOTE_NEEDED = N_("Write what the cause is.")
NOTE_TOO_LONG = N_("Write at most %(limit)s characters.")
UNKNOWN_DISPOSITION = N_("Say what becomes of the goods.")
DAY_NEEDED = N_("Write until which day the producer may collect it.")
DAY_NOT_MEANT = N_("Only goods that are kept have a day to be collected by.")
DAY_PASSED = N_("The day lies in the past.")
DAY_TOO_FAR = N_("The day lies more than %(days)s days ahead.")
NOT_POSITIVE = N_("The amount must be above zero.")
NOT_WHOLE = N_("Write a whole number.")
TOO_MUCH = N_("That is more than one delivery can hold.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRejection:
    """Goods that were brought and not taken. `quantity` in grams or millilitres, by the product."""

    id: UUID
    producer_id: UUID
    commodity: str
    quantity: int
    cause: str
    disposition: str
    note: str | None = None
    collect_by: date | None = None
    #: what was taken of the same delivery
    lot_id: UUID | None = None


Errors = dict[str, list[Message]]


def check_rejection(wanted: NewRejection, today: date) -> Errors:
    """Return every refusal per field; nothing for a rejection that may be kept."""
    errors: Errors = {}
    if wanted.id.version != ID_VERSION:
        errors["id"] = [Message(NOT_AN_ID)]
    spec = SPECS.get(wanted.commodity)
    if spec is None:
        errors["commodity"] = [Message(UNKNOWN_COMMODITY, {"value": wanted.commodity[:40]})]
        return errors
    if type(wanted.quantity) is not int:
        errors["quantity"] = [Message(NOT_WHOLE)]
    elif wanted.quantity <= 0:
        errors["quantity"] = [Message(NOT_POSITIVE)]
    elif wanted.quantity > spec.most:
        errors["quantity"] = [Message(TOO_MUCH)]
    note = tidy(wanted.note)
    if wanted.cause not in CAUSES[wanted.commodity]:
        errors["cause"] = [Message(UNKNOWN_CAUSE, {"value": wanted.cause[:40]})]
    elif wanted.cause == OTHER and len(note) < MIN_NOTE:
        errors["note"] = [Message(NOTE_NEEDED)]
    if len(note) > MAX_NOTE:
        errors["note"] = [Message(NOTE_TOO_LONG, {"limit": MAX_NOTE})]
    _check_disposition(wanted, today, errors)
    return errors


def _check_disposition(wanted: NewRejection, today: date, errors: Errors) -> None:
    if wanted.disposition not in set(FIRST):
        errors["disposition"] = [Message(UNKNOWN_DISPOSITION)]
        return
    day = wanted.collect_by
    if wanted.disposition != Disposition.TO_COLLECT:
        if day is not None:
            errors["collect_by"] = [Message(DAY_NOT_MEANT)]
    elif day is None:
        errors["collect_by"] = [Message(DAY_NEEDED)]
    elif day < today:
        errors["collect_by"] = [Message(DAY_PASSED)]
    elif day - today > MAX_KEPT:
        errors["collect_by"] = [Message(DAY_TOO_FAR, {"days": MAX_KEPT.days})]
