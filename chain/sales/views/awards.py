"""Pages of awards: what waits for confirmation, one award, its answers, and the association's rule about them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.core.money import CURRENCIES
from chain.sales.forms import ReasonForm, RuleForm
from chain.sales.queries.awards import (
    AwardRow,
    answers_of,
    award_lots,
    get_award_row_for,
    has_answered,
    list_awards,
)
from chain.sales.rules import AWARD_STATE_LABELS, METHOD_LABELS, AwardState, Method
from chain.sales.services import awards as services
from chain.sales.services.awards import rule_of
from chain.sales.services.market_rules import set_market_rule
from chain.sales.terms import read_terms
from chain.sales.views import blueprint
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.i18n import gettext
from chain.web.lists import every_row, page_wanted

Answer = Response | str | tuple[str, int]
HEADER = (
    N_("What"), N_("Way of selling"), N_("Seller"), N_("Buyer"), N_("Lots"), N_("Quantity"), N_("Unit"), N_("Currency"),
    N_("Proceeds"), N_("State"), N_("Awarded"), N_("To confirm until"),
)  # fmt: skip


def _wanted_state() -> AwardState | None:
    word = request.args.get("state", "")
    return AwardState(word) if word in set(AwardState) else None


@blueprint.get("/sales/awards")
@permission_required(Permission.SALES_READ)
def award_list() -> str:
    """Show the awards of the own organisation, those that wait first."""
    state = _wanted_state()
    return render_template(
        "sales/awards.html",
        page=list_awards(db.session, g.actor, page_wanted(), state=state),
        state=state or "",
        states=AWARD_STATE_LABELS,
        now=utc_now(),
        rule=rule_of(db.session, g.actor.org),
        may_answer=g.actor.may(Permission.AWARDS_ACCEPT),
    )


@blueprint.get("/sales/awards.csv")
@permission_required(Permission.SALES_READ)
def award_file() -> Response:
    """Return the awards of the own organisation as a file."""
    session, actor = db.session, g.actor
    rows = every_row(lambda asked: list_awards(session, actor, asked, state=_wanted_state()))
    return csv_response("adjudicaciones.csv", [gettext(one) for one in HEADER], [_cells(row) for row in rows])


def _cells(row: AwardRow) -> tuple[object, ...]:
    award = row.award
    places = CURRENCIES[award.currency]
    return (
        "" if row.event is None else row.event.title,
        gettext(METHOD_LABELS[Method(award.method)]),
        row.seller_name,
        row.buyer_name,
        row.lots,
        f"{award.quantity // 1000}.{award.quantity % 1000:03}",
        "kg" if award.unit == "g" else "l",
        award.currency,
        f"{award.proceeds_minor / 10**places:.{places}f}",
        gettext(AWARD_STATE_LABELS[AwardState(award.state)]),
        award.made_at.isoformat(),
        award.confirm_by.isoformat(),
    )


@blueprint.get("/sales/awards/<uuid:award_id>")
@permission_required(Permission.SALES_READ)
def award_detail(award_id: UUID) -> str:
    """Show an award: lots, prices, who confirmed, the time left and what silence means."""
    return _page(award_id, ReasonForm(formdata=None))


def _page(award_id: UUID, form: ReasonForm) -> str:
    row = get_award_row_for(db.session, g.actor, award_id)
    award, now = row.award, utc_now()
    is_open = award.state == AwardState.WAITING and now < award.confirm_by
    may_answer = row.is_own and is_open and g.actor.may(Permission.AWARDS_ACCEPT)
    return render_template(
        "sales/award.html",
        row=row,
        award=award,
        terms=read_terms(award.terms),
        page=award_lots(db.session, award, page_wanted()),
        answers=answers_of(db.session, g.actor, award),
        now=now,
        form=form,
        is_opener=award.opened_by is not None and award.opened_by == g.actor.user_id,
        has_answered=has_answered(db.session, g.actor, award.id),
        may_answer=may_answer,
    )


@blueprint.post("/sales/awards/<uuid:award_id>/confirm")
@permission_required(Permission.AWARDS_ACCEPT)
def award_confirm(award_id: UUID) -> Answer:
    """Confirm an award as one of its officers."""
    return _answer(award_id, N_("You confirmed the award."), services.confirm_award)


@blueprint.post("/sales/awards/<uuid:award_id>/decline")
@permission_required(Permission.AWARDS_ACCEPT)
def award_decline(award_id: UUID) -> Answer:
    """Decline an award with a reason."""
    reason = request.form.get("reason", "")
    return _answer(
        award_id,
        N_("You declined the award. The lots are in the stock again."),
        services.decline_award,
        reason=reason,
    )


def _answer(award_id: UUID, done: str, command: Callable[..., Any], **inputs: str) -> Answer:
    form = ReasonForm()
    try:
        with atomic() as session:
            award = command(session, actor=g.actor, now=utc_now(), award_id=award_id, **inputs)
            is_sold = award.state == AwardState.CONFIRMED
    except NotFound:
        raise
    except DomainError as refused:
        form.take_refusal(refused)
        return _page(award_id, form), 422
    flash(N_("The award is confirmed: the lots are sold.") if is_sold else done, "success")
    return redirect(url_for("sales.award_detail", award_id=award_id))


@blueprint.get("/sales/rule")
@permission_required(Permission.SALES_READ)
def rule_form() -> str:
    """Show how the association answers awards."""
    form = RuleForm(formdata=None)
    form.offer()
    form.show(rule_of(db.session, g.actor.org))
    return _rule_page(form)


@blueprint.post("/sales/rule")
@permission_required(Permission.ORGANISATION_MANAGE)
def rule_submit() -> Answer:
    """Set the rule for the awards from now on."""
    form = RuleForm()
    form.offer()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                set_market_rule(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    confirmations_needed=form.confirmations_needed.data or 0,
                    confirm_hours=form.confirm_hours.data or 0,
                    silence=form.silence.data,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The rule is saved. It holds for new awards; those that wait keep theirs."), "success")
            return redirect(url_for("sales.rule_form"))
    return _rule_page(form), 422


def _rule_page(form: RuleForm) -> str:
    return render_template(
        "sales/rule.html",
        form=form,
        rule=rule_of(db.session, g.actor.org),
        may_write=g.actor.may(Permission.ORGANISATION_MANAGE),
    )
