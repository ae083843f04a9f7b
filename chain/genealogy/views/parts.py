"""What the pages of operations share: lots that were chosen or scanned, causes, saving, and coming back with a refusal."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import flash, g, redirect, request, url_for
from werkzeug.wrappers import Response

from chain.core.clock import local_moment, utc_now
from chain.core.db import db, run_atomic
from chain.core.errors import DomainError, InvalidId, Kind, NotFound
from chain.core.i18n import N_, Message
from chain.core.ids import parse_id
from chain.genealogy.forms import EventForm
from chain.genealogy.models import LotEvent
from chain.genealogy.queries.events import get_event_row
from chain.genealogy.queries.pages import MAX_TICKED
from chain.genealogy.rules import Event
from chain.lots.models import Lot
from chain.lots.queries import get_lot_for
from chain.lots.queries.labels import lot_id_by_number
from chain.lots.scanning import read_scan
from chain.web.formats import timezone_name
from chain.web.i18n import gettext

Answer = str | Response | tuple[str, int]
NO_SUCH_LOT = N_("There is no lot with the number “%(value)s” here.")


def local_now() -> datetime:
    """Return the wall clock of the organisation, without seconds, as forms show it."""
    return utc_now().astimezone(ZoneInfo(timezone_name())).replace(tzinfo=None, second=0, microsecond=0)


def moment_of(form: EventForm) -> datetime:
    """Return the moment that a validated form names."""
    assert form.happened_at.data is not None  # noqa: S101 - the field is required
    return local_moment(form.happened_at.data, timezone_name())


def asked_id(name: str) -> UUID | None:
    """Return an id of the address or form; what is none is nothing."""
    try:
        return parse_id(request.values[name]) if request.values.get(name) else None
    except InvalidId:
        return None


def id_of(text: str | None) -> UUID | None:
    """Return the id that a select field holds."""
    try:
        return parse_id(text) if text else None
    except InvalidId:
        return None


def ticked_ids() -> list[UUID]:
    """Return the lots that the request names under `lot` or `lot_id`, each once; what is no id is left out."""
    texts = [*request.values.getlist("lot"), *request.args.getlist("lot_id")]
    found = (id_of(text) for text in texts[:MAX_TICKED])
    return list(dict.fromkeys(one for one in found if one is not None))


def scanned_ids(typed: str) -> tuple[list[UUID], list[Message]]:
    """Return the lots whose numbers were typed or scanned, and a sentence for each that is not here."""
    found, unknown = list[UUID](), list[Message]()
    for text in (typed or "").replace(",", " ").replace(";", " ").split()[:MAX_TICKED]:
        scan = read_scan(text)
        try:
            if scan.lot_id is not None:
                found.append(get_lot_for(db.session, g.actor, scan.lot_id).id)
            else:
                found.append(lot_id_by_number(db.session, g.actor, scan.number or text))
        except NotFound:
            unknown.append(Message(NO_SUCH_LOT, {"value": text[:40]}))
    return found, unknown


def asked_lot() -> Lot | None:
    """Return the one lot that a page is about, None where it is still to be chosen.

    Raises:
        NotFound: there is no such lot, or it is somebody else's.
    """
    lot_id = asked_id("lot") or asked_id("lot_id")
    return None if lot_id is None else get_lot_for(db.session, g.actor, lot_id)


def save(form: EventForm, service: Callable[..., LotEvent], event: Event) -> Response | None:
    """Carry an event out and lead to its page; None with the refusal on the form."""
    now = utc_now()
    try:
        stored = run_atomic(lambda session: service(session, actor=g.actor, now=now, event=event).id)
    except DomainError as refused:
        take_refusal(form, refused)
        return None
    flash(N_("The operation is saved."), "success")
    return redirect(url_for("genealogy.event_detail", event_id=stored))


def stored_before() -> Response | None:
    """Lead to the event that this form made before: its lots are no longer found by the filter that chose them."""
    event_id = id_of(request.form.get("id"))
    if request.form.get("step") != "save" or event_id is None:
        return None
    try:
        event = get_event_row(db.session, g.actor, event_id)
    except NotFound:
        return None
    return redirect(url_for("genealogy.event_detail", event_id=event.id))


def take_refusal(form: EventForm, refused: DomainError) -> None:
    """Put a refusal on its form; what is not there or not allowed has a page of its own.

    Raises:
        DomainError: the refusal, when it is no matter of the form.
    """
    if refused.kind in {Kind.NOT_FOUND, Kind.FORBIDDEN}:
        raise refused
    form.take_refusal(refused)


def add_errors(form: EventForm, messages: Sequence[Message | str]) -> None:
    """Put sentences on top of a form."""
    form.form_errors = [*form.form_errors, *(gettext(one) for one in messages)]
