"""What must be right about an event before any lot is looked at; every field at once. Pure."""

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from chain.core.errors import FieldErrors
from chain.core.hashing import content_hash
from chain.core.i18n import N_
from chain.genealogy.rules import (
    KIND_OF,
    Added,
    Event,
    Gain,
    Loss,
    Lost,
    Merge,
    Part,
    ProcessRun,
    Sort,
    SortedPart,
    Split,
    TakeBack,
    Transfer,
)
from chain.genealogy.words import VAGUE, GainCause, LossCause, Process
from chain.grading.attributes import DENSITY_G_ML, parse_number
from chain.lots.attributes import clean_words
from chain.lots.products import PRODUCTS
from chain.lots.rules import (
    CLOCK_SKEW,
    ID_VERSION,
    IN_THE_FUTURE,
    MAX_AGE,
    MAX_AGE_YEARS,
    NO_ZONE,
    NOT_AN_ID,
    TOO_OLD,
)

MAX_INPUTS = 20_000
MAX_OUTPUTS = 200
MAX_LOSSES = 20
#: A thousand tonnes; beyond it lies a slip of the pen.
MAX_QUANTITY = 10**9
MAX_LABEL = 200
MIN_REASON, MAX_REASON = 3, 500

CHOOSE = N_("Choose one of the options.")
POSITIVE = N_("The amount must be above zero.")
TOO_MUCH = N_("That is too much.")
SHORTER = N_("Write at most %(limit)s characters.")
TWO_LOTS = N_("Choose at least two lots.")
ONE_LOT = N_("Choose at least one lot.")
TWO_PARTS = N_("Write at least two parts.")
ONE_PART = N_("Write at least one part.")
TOO_MANY = N_("That is too many: at most %(limit)s.")
ID_TWICE = N_("An id stands there twice.")
LOT_TWICE = N_("A lot stands there twice.")
SAY_WHAT = N_("Write in the note what happened.")
WRONG_DENSITY = N_("Write the density in g/ml, from %(low)s to %(high)s, such as 1.030.")


def event_hash(event: Event) -> str:
    """Return the hash of what was ordered; lots in any order and moments in any zone are the same order."""
    content = dataclasses.asdict(event)
    content["happened_at"] = event.happened_at.astimezone(UTC)
    if "lot_ids" in content:
        content["lot_ids"] = sorted(content["lot_ids"])
    return content_hash({"kind": KIND_OF[type(event)].value, **content})


def check_event(event: Event, now: datetime) -> None:
    """Refuse an event that cannot be right.

    Raises:
        ValidationFailed: every wrong field at once.
    """
    errors = FieldErrors()
    if event.id.version != ID_VERSION:
        errors.add("id", NOT_AN_ID)
    _check_moment(event.happened_at, now, errors)
    if len(event.reason or "") > MAX_REASON:
        errors.add("reason", SHORTER, limit=MAX_REASON)
    _check_kind(event, errors)
    errors.raise_any()


def _check_moment(moment: datetime, now: datetime, errors: FieldErrors) -> None:
    if moment.tzinfo is None:
        errors.add("happened_at", NO_ZONE)
    elif moment > now + CLOCK_SKEW:
        errors.add("happened_at", IN_THE_FUTURE)
    elif moment < now - MAX_AGE:
        errors.add("happened_at", TOO_OLD, years=MAX_AGE_YEARS)


def _check_kind(event: Event, errors: FieldErrors) -> None:
    if isinstance(event, Merge | ProcessRun | Transfer):
        _check_inputs(event.lot_ids, 2 if isinstance(event, Merge) else 1, errors)
    if isinstance(event, Split | Sort):
        _check_parts(event.parts, 2 if isinstance(event, Split) else 1, "parts", errors)
    if isinstance(event, ProcessRun):
        _check_process(event, errors)
    if isinstance(event, Merge):
        _check_ids([event.output_id], "output_id", errors)
        _check_label(event.label, "label", errors)
    if isinstance(event, Merge | Split | Sort | ProcessRun):
        _check_causes(event.losses, "losses", LossCause, errors)
    if isinstance(event, Merge | Sort | ProcessRun):
        _check_causes(event.gains, "gains", GainCause, errors)
    if isinstance(event, Loss | Gain):
        causes: type[LossCause | GainCause] = LossCause if isinstance(event, Loss) else GainCause
        _check_cause(event.cause, event.reason, causes, ("cause", "reason"), errors)
    if isinstance(event, Loss | Gain | TakeBack):
        _check_quantity(event.quantity, "quantity", errors)
    made = getattr(event, "remainder_id", None) or (event.output_id if isinstance(event, Gain) else None)
    if made is not None:
        _check_ids([made], "id", errors)


def _check_inputs(lot_ids: Sequence[UUID], least: int, errors: FieldErrors) -> None:
    if len(lot_ids) < least:
        errors.add("lot_ids", ONE_LOT if least == 1 else TWO_LOTS)
    elif len(lot_ids) > MAX_INPUTS:
        errors.add("lot_ids", TOO_MANY, limit=MAX_INPUTS)
    elif len(set(lot_ids)) < len(lot_ids):
        errors.add("lot_ids", LOT_TWICE)


def _check_parts(
    parts: Sequence[Part | SortedPart | Any], least: int, field: str, errors: FieldErrors
) -> None:
    if len(parts) < least:
        errors.add(field, ONE_PART if least == 1 else TWO_PARTS)
    elif len(parts) > MAX_OUTPUTS:
        errors.add(field, TOO_MANY, limit=MAX_OUTPUTS)
    _check_ids([part.id for part in parts], field, errors)
    for place, part in enumerate(parts):
        _check_quantity(part.quantity, f"{field}.{place}.quantity", errors)
        _check_label(part.label, f"{field}.{place}.label", errors)


def _check_ids(ids: Sequence[UUID], field: str, errors: FieldErrors) -> None:
    if any(one.version != ID_VERSION for one in ids):
        errors.add(field, NOT_AN_ID)
    elif len(set(ids)) < len(ids):
        errors.add(field, ID_TWICE)


def _check_quantity(quantity: int, field: str, errors: FieldErrors) -> None:
    if quantity <= 0:
        errors.add(field, POSITIVE)
    elif quantity > MAX_QUANTITY:
        errors.add(field, TOO_MUCH)


def _check_label(label: str | None, field: str, errors: FieldErrors) -> None:
    if len(label or "") > MAX_LABEL:
        errors.add(field, SHORTER, limit=MAX_LABEL)


def _check_causes(
    found: Iterable[Lost | Added], field: str, causes: type[LossCause | GainCause], errors: FieldErrors
) -> None:
    listed = list(found)
    if len(listed) > MAX_LOSSES:
        errors.add(field, TOO_MANY, limit=MAX_LOSSES)
        return
    for place, one in enumerate(listed):
        where = f"{field}.{place}"
        _check_quantity(one.quantity, f"{where}.quantity", errors)
        _check_cause(one.cause, one.note, causes, (f"{where}.cause", f"{where}.note"), errors)


def _check_cause(
    cause: str,
    note: str | None,
    causes: type[LossCause | GainCause],
    fields: tuple[str, str],
    errors: FieldErrors,
) -> None:
    if cause not in set(causes):
        errors.add(fields[0], CHOOSE)
    elif cause in VAGUE and len(clean_words(note or "")) < MIN_REASON:
        errors.add(fields[1], SAY_WHAT)
    if len(note or "") > MAX_REASON:
        errors.add(fields[1], SHORTER, limit=MAX_REASON)


def _check_process(event: ProcessRun, errors: FieldErrors) -> None:
    if event.process not in set(Process):
        errors.add("process", CHOOSE)
    _check_parts(event.outputs, 1, "outputs", errors)
    for place, made in enumerate(event.outputs):
        if made.commodity not in PRODUCTS:
            errors.add(f"outputs.{place}.commodity", CHOOSE)
    if event.density and read_density(event.density) is None:
        errors.add("density", WRONG_DENSITY, low=DENSITY_G_ML.low, high=DENSITY_G_ML.high)


def read_density(text: str | None) -> Decimal | None:
    """Return a density in g/ml, None for none or one that is not believable."""
    try:
        value = parse_number(text)
    except ValueError:
        return None
    return value if value is not None and DENSITY_G_ML.hold(value) else None
