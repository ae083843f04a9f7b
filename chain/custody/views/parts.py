"""What the pages of custody share: lots that were chosen or scanned, the present moment, amounts that were typed."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import g, request
from werkzeug.wrappers import Response

from chain.core.clock import local_date, utc_now
from chain.core.db import db
from chain.core.errors import DomainError, FieldErrors, InvalidId, Kind
from chain.core.i18n import N_
from chain.core.ids import parse_id
from chain.core.quantity import NotANumber, parse_decimal, thousandths
from chain.custody.queries.stock import StockRow, lots_by_id, scanned_lot
from chain.custody.rules.words import MAX_LOTS
from chain.web.formats import timezone_name
from chain.web.forms import BaseForm

Answer = str | Response | tuple[str, int]


def local_today() -> date:
    """Return the day it is at the organisation."""
    return local_date(utc_now(), timezone_name())


def asked_id(name: str) -> UUID | None:
    """Return an id of the address; what is none is nothing."""
    try:
        return parse_id(request.values[name]) if request.values.get(name) else None
    except InvalidId:
        return None


def choice(form: BaseForm, name: str) -> UUID | None:
    """Return what a select field of ids holds."""
    value = form[name].data
    try:
        return parse_id(value) if value else None
    except InvalidId:
        return None


def ticked_lots() -> list[UUID]:
    """Return the lots whose ids the request carries under `lot`; what is no id is left out."""
    found = []
    for text in request.values.getlist("lot")[:MAX_LOTS]:
        try:
            found.append(parse_id(text))
        except InvalidId:
            continue
    return found


def shown_lots() -> Sequence[StockRow]:
    """Return the chosen lots as a form lists them."""
    return lots_by_id(db.session, g.actor, ticked_lots())


def chosen_lots(typed: str | None) -> list[UUID]:
    """Return the lots that were ticked or whose numbers were typed or scanned, one per line or between spaces.

    Raises:
        ValidationFailed: a number that no lot has.
    """
    numbers = list(dict.fromkeys((typed or "").replace(",", " ").replace(";", " ").split()))[:MAX_LOTS]
    found = {number: scanned_lot(db.session, g.actor, number) for number in numbers}
    unknown = [number for number, lot_id in found.items() if lot_id is None]
    errors = FieldErrors()
    if unknown:
        errors.add(
            "numbers", N_("There is no lot with the number “%(value)s” here."), value=", ".join(unknown[:5])
        )
    errors.raise_any()
    return list(dict.fromkeys([*ticked_lots(), *(one for one in found.values() if one is not None)]))


def typed_quantities(names: Mapping[str, Any], prefix: str) -> dict[Any, int] | None:
    """Return what was typed beside a form, in grams or millilitres, by key; None: all of it is empty.

    Raises:
        ValidationFailed: a field that cannot be read, or one that is empty beside others that are not.
    """
    errors = FieldErrors()
    found: dict[Any, int] = {}
    for suffix, key in names.items():
        text = request.form.get(f"{prefix}{suffix}", "").strip()
        if not text:
            continue
        try:
            found[key] = thousandths(parse_decimal(text))
        except NotANumber as error:
            errors.take(prefix.rstrip("-"), error)
    errors.raise_any()
    return found or None


def pass_on_or_take(form: BaseForm, error: DomainError) -> None:
    """Put a refusal on its form; what is not there or not allowed has a page of its own.

    Raises:
        DomainError: the refusal, when it is no matter of the form.
    """
    if error.kind in {Kind.NOT_FOUND, Kind.FORBIDDEN}:
        raise error
    form.take_refusal(error)
