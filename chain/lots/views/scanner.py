"""The scan page: one field for a keyboard wedge, and the camera where the browser reads codes by itself."""

from urllib.parse import urlencode
from uuid import UUID

from flask import g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.accounts.views.sign_in import safe_next
from chain.core.db import db
from chain.core.errors import NotFound
from chain.core.i18n import N_, Message
from chain.lots import queries
from chain.lots.scanning import MAX_SCAN, Scan, read_scan
from chain.lots.views import blueprint
from chain.producers.errors import UnknownCard
from chain.producers.queries import producer_of_card, producers_by_member_code
from chain.web.access import permission_required
from chain.web.i18n import gettext

UNKNOWN_CODE = N_("We know no lot, card or member by “%(value)s”. Scan it again, or write the number.")
NOT_SCANNED = N_("Scan a code or write a number.")


@blueprint.get("/scan")
@permission_required(Permission.LOTS_READ)
def scan() -> Response | tuple[Response, int]:
    """Show the field, or with `?code=` go on to what was scanned.

    With `&next=` a page of ours is opened with `lot=` or `producer=` added, so that forms can let somebody scan.
    """
    typed, onward = request.args.get("code"), safe_next(request.args.get("next"))
    if typed is None:
        return _page("", None, onward)
    if not typed.strip():
        return _page("", gettext(NOT_SCANNED), onward), 422
    try:
        kind, found = resolve(read_scan(typed))
    except (UnknownCard, NotFound) as refused:
        unknown = Message(UNKNOWN_CODE, {"value": typed[:60]})
        text = refused.message if isinstance(refused, UnknownCard) else unknown
        return _page(typed, gettext(text), onward), 404
    return redirect(_address(kind, found, onward))


def _address(kind: str, found: UUID, onward: str | None) -> str:
    if onward is not None:
        sign = "&" if "?" in onward else "?"
        return f"{onward}{sign}{urlencode({kind: found})}"
    if kind == "lot":
        return url_for("lots.show", lot_id=found)
    return url_for("producers.producer_detail", producer_id=found)


def resolve(read: Scan) -> tuple[str, UUID]:
    """Return "lot" or "producer" and the id of what was scanned, of the acting organisation only.

    Raises:
        NotFound: there is no such thing here.
        UnknownCard: it is a card, but not a valid one of this house.
    """
    if read.lot_id is not None:
        return "lot", queries.get_lot_for(db.session, g.actor, read.lot_id).id
    may_see_people = g.actor.may(Permission.PRODUCERS_READ)
    if read.card is not None and may_see_people:
        return "producer", producer_of_card(db.session, g.actor.org, read.card)
    try:
        return "lot", queries.lot_id_by_number(db.session, g.actor, read.number or read.text)
    except NotFound:
        members = producers_by_member_code(db.session, g.actor.org, [read.text]) if may_see_people else {}
        if read.text not in members:
            raise
        return "producer", members[read.text]


def _page(typed: str, problem: str | None, onward: str | None) -> Response:
    page = render_template(
        "lots/scan.html", typed=typed[:MAX_SCAN], problem=problem, onward=onward, limit=MAX_SCAN
    )
    answer = make_response(page)
    # the only page that may ask for the camera
    answer.headers["Permissions-Policy"] = "geolocation=(), microphone=(), camera=(self)"
    return answer
