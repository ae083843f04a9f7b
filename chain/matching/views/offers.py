"""Pages of lots offered to matching."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.certification.rules import CLAIM_LABELS, Claim
from chain.core.clock import local_date, utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, InvalidId, NotFound
from chain.core.i18n import N_
from chain.core.ids import parse_id
from chain.core.paging import MAX_PAGE_SIZE, PageRequest
from chain.core.quantity import NotANumber, parse_decimal
from chain.lots.attributes import COLOURS
from chain.lots.grades import class_with_norm
from chain.lots.products import PRODUCT_LABELS
from chain.lots.queries.wanted import WantedLots
from chain.matching.errors import ListChanged
from chain.matching.forms import SCOPE_FILTER, OfferForm
from chain.matching.queries.offers import (
    list_offers,
    offer_sums,
    offerable_commodities,
    offerable_grades,
    offerable_ids,
    offerable_lots,
    offerable_sum,
)
from chain.matching.services.offers import OfferTerms, offer_lots, withdraw_lots
from chain.matching.views import UNIT_WORDS, blueprint
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.formats import timezone_name
from chain.web.i18n import current_language, gettext
from chain.web.lists import every_row, page_wanted

DEFAULT_DAYS = timedelta(days=30)
MAX_MICRON = 100
Choices = list[tuple[str, str]]


@blueprint.get("/matching/lots")
@permission_required(Permission.TENDERS_READ)
def offer_list() -> str:
    """Show the own lots that are offered to matching."""
    return render_template(
        "matching/offers.html",
        page=list_offers(db.session, g.actor, WantedLots(), page_wanted(sortable=True)),
        sums=offer_sums(db.session, g.actor),
        may_write=g.actor.may(Permission.TENDERS_WRITE),
    )


@blueprint.get("/matching/lots.csv")
@permission_required(Permission.TENDERS_READ)
def offer_export() -> Response:
    """Send the own offered lots as a table."""
    rows = [
        [
            one.lot.number,
            gettext(PRODUCT_LABELS[one.lot.commodity]),
            f"{one.lot.quantity / 1000:.3f}",
            UNIT_WORDS[one.lot.unit],
            class_with_norm(one.lot.grade_scheme, one.lot.grade_edition, one.lot.grade_key, "es"),
            one.lot.colour or "",
            "" if one.lot.micron_tenths is None else f"{one.lot.micron_tenths / 10:.1f}",
            one.lot.claim,
            f"{one.reserve_minor_per_unit / 100:.2f}",
            one.currency,
            gettext(N_("yes")) if one.is_divisible else gettext(N_("no")),
            one.valid_to.isoformat(),
        ]
        for one in every_row(lambda request_: list_offers(db.session, g.actor, WantedLots(), request_))
    ]
    header = (
        N_("Lot"), N_("Product"), N_("Quantity"), N_("Unit"), N_("Class"), N_("Colour"), N_("Micron"), N_("Claim"),
        N_("Reserve"), N_("Currency"), N_("Divisible"), N_("Last day"),
    )  # fmt: skip
    return csv_response("matching-lots.csv", [gettext(one) for one in header], rows)


@blueprint.get("/matching/lots/new")
@permission_required(Permission.TENDERS_WRITE)
def offer_form() -> str:
    """Show the free lots, filtered, and the terms to fill in."""
    form = OfferForm()
    form.offer()
    form.valid_to.data = local_date(utc_now(), timezone_name()) + DEFAULT_DAYS
    return _form_page(form, [])


def _filters(values: Mapping[str, str]) -> tuple[WantedLots, Sequence[str]]:
    """Return the filters with a product, and the products there are."""
    commodities = offerable_commodities(db.session, g.actor)
    commodity = values.get("commodity")
    if commodity not in commodities:
        commodity = commodities[0] if commodities else None
    claim = values.get("claim")
    found = WantedLots(
        commodity=commodity,
        grade=(values.get("grade") or "")[:100] or None,
        colour=(values.get("colour") or "")[:100] or None,
        claim=claim if claim in list(Claim) else None,
        micron_min_tenths=_tenths(values.get("micron_min")),
        micron_max_tenths=_tenths(values.get("micron_max")),
    )
    return found, commodities


def _tenths(text: str | None) -> int | None:
    try:
        value = parse_decimal(text)
    except NotANumber:
        return None
    return int(value * 10) if 0 <= value <= MAX_MICRON else None


def _form_page(form: OfferForm, ticked: Sequence[str]) -> str:
    filters, commodities = _filters(request.values)
    language = "en" if current_language() == "en" else "es"
    everything = [("", gettext(N_("All")))]
    grades = offerable_grades(db.session, g.actor, filters.commodity or "")
    lots, quantity = offerable_sum(db.session, g.actor, filters)
    return render_template(
        "matching/offer_new.html",
        form=form,
        page=offerable_lots(db.session, g.actor, filters, PageRequest(1, MAX_PAGE_SIZE)),
        lots=lots,
        quantity=quantity,
        ticked=set(ticked),
        filters=filters,
        typed={name: request.values.get(name, "") for name in ("micron_min", "micron_max")},
        currency=g.currency,
        commodities=[(one, PRODUCT_LABELS[one]) for one in commodities],
        grades=everything + [("/".join(one), class_with_norm(*one, language)) for one in grades],
        colours=everything + [(key, one.names[language].capitalize()) for key, one in COLOURS.items()],
        claims=everything + [(one.value, CLAIM_LABELS[one]) for one in (Claim.TRANSITION, Claim.ORGANIC)],
    )


@blueprint.post("/matching/lots/new")
@permission_required(Permission.TENDERS_WRITE)
def offer_submit() -> str | Response | tuple[str, int]:
    """Offer the lots of the filter, or those ticked."""
    form = OfferForm()
    form.offer()
    ticked = request.form.getlist("lots")
    if form.validate_on_submit() and form.valid_to.data is not None:
        terms = OfferTerms(form.reserve.minor, form.kind.data == "divisible", form.valid_to.data)
        try:
            with atomic() as session:
                ids = _chosen(form, ticked)
                offer_lots(session, actor=g.actor, now=utc_now(), lot_ids=ids, terms=terms)
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(
                N_("The lots are offered to matching. They stay free until a proposal is accepted."),
                "success",
            )
            return redirect(url_for("matching.offer_list"))
    return _form_page(form, ticked), 422


def _chosen(form: OfferForm, ticked: Sequence[str]) -> list[UUID]:
    if form.scope.data != SCOPE_FILTER:
        return _ids(ticked)
    filters, _ = _filters(request.form)
    if request.form.get("seen") != str(offerable_sum(db.session, g.actor, filters)[1]):
        raise ListChanged
    return list(offerable_ids(db.session, g.actor, filters))


def _ids(texts: Sequence[str]) -> list[UUID]:
    try:
        return [parse_id(text) for text in texts]
    except InvalidId:
        raise NotFound from None


@blueprint.post("/matching/lots/withdraw")
@permission_required(Permission.TENDERS_WRITE)
def offer_withdraw() -> Response:
    """Take ticked lots back from matching."""
    with atomic() as session:
        withdraw_lots(session, actor=g.actor, now=utc_now(), lot_ids=_ids(request.form.getlist("lots")))
    flash(N_("The lots are not offered to matching any more."), "success")
    return redirect(url_for("matching.offer_list"))
