"""Pages of member cards: print one or many, replace a lost one, open a member by a scanned card."""

from uuid import UUID

from flask import Response, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.i18n import N_
from chain.producers import queries, services
from chain.producers.card_rules import card_in
from chain.producers.cards import PAPERS, CardFace, render_cards
from chain.producers.errors import UnknownCard
from chain.producers.services import MAX_CARDS, IssuedCard
from chain.producers.views import blueprint
from chain.web.access import permission_required
from chain.web.pdf import own_address, pdf_answer


@blueprint.post("/producers/<uuid:producer_id>/card")
@permission_required(Permission.PRODUCERS_WRITE)
def card_print(producer_id: UUID) -> Response:
    """Print the member's card: the first one, or the same again."""
    with atomic() as session:
        issued = services.issue_cards(session, actor=g.actor, now=utc_now(), producer_ids=[producer_id])
    return cards_pdf(issued, request.form.get("paper", "card"))


@blueprint.post("/producers/<uuid:producer_id>/card/replace")
@permission_required(Permission.PRODUCERS_WRITE)
def card_replace(producer_id: UUID) -> BaseResponse:
    """Make the lost card void; the new one is printed from the member's page."""
    with atomic() as session:
        services.replace_card(session, actor=g.actor, now=utc_now(), producer_id=producer_id)
    flash(N_("The old card is no longer valid. Print the new one now."), "success")
    return redirect(url_for("producers.producer_detail", producer_id=producer_id) + "#card")


@blueprint.get("/producers/cards")
@permission_required(Permission.PRODUCERS_WRITE)
def card_list() -> str:
    """Offer to print the cards of all members, or of those who have none yet."""
    counts = queries.count_cards(db.session, g.actor)
    return render_template(
        "producers/cards.html",
        counts=counts,
        papers=PAPERS,
        limit=MAX_CARDS,
        parts=-(-counts.members // MAX_CARDS),
    )


@blueprint.post("/producers/cards")
@permission_required(Permission.PRODUCERS_WRITE)
def cards_print() -> BaseResponse:
    """Print many cards, at most `MAX_CARDS` at once: those of members without one, or a part of all."""
    wants_all = request.form.get("which") == "all"
    part = max(request.form.get("part", 0, int), 0)
    with atomic() as session:
        ids = queries.ids_for_cards(
            session, g.actor, without_card=not wants_all, part=part if wants_all else 0, size=MAX_CARDS
        )
        issued = services.issue_cards(session, actor=g.actor, now=utc_now(), producer_ids=ids)
    if not issued:
        flash(N_("Every member has a card already."), "info")
        return redirect(url_for("producers.card_list"))
    return cards_pdf(issued, request.form.get("paper", "a4"))


@blueprint.get("/M/<path:code>")
@permission_required(Permission.PRODUCERS_READ)
def member_of_card(code: str) -> BaseResponse:
    """Open the member whose card was scanned; whoever is not signed in signs in first."""
    card = card_in(code)
    if card is None:
        raise UnknownCard
    producer_id = queries.producer_of_card(db.session, g.actor.org, card)
    return redirect(url_for("producers.producer_detail", producer_id=producer_id))


def cards_pdf(issued: list[IssuedCard], paper: str) -> Response:
    """Return the PDF of cards; an unknown paper is a single card."""
    names = queries.names_of(db.session, g.actor.org, [one.producer_id for one in issued])
    house = get_own_organisation(db.session, g.actor).name
    faces = [CardFace(names[one.producer_id].full_name, house, one.code) for one in issued]
    paper = paper if paper in PAPERS else "card"
    name = f"carne-{issued[0].code.member_code}" if len(issued) == 1 else "carnes"
    return pdf_answer(render_cards(faces, paper=paper, address=own_address()), _plain(name))


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name)
