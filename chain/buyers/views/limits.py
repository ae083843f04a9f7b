"""Pages of limits: a seller's list of buyers, credit, deposits and their return; a buyer's own limits."""

from decimal import Decimal
from uuid import UUID

from flask import Response as FlaskResponse
from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.buyers.limit_forms import CreditForm, DepositForm, PaidForm, ReturnForm, minor
from chain.buyers.limit_queries import (
    LimitRow,
    asks_everybody,
    get_limit_buyer,
    last_decision,
    limit_book,
    list_limits,
    list_own_limits,
    list_returns,
)
from chain.buyers.limit_rules import VETTING_LABELS, standing
from chain.buyers.services.deposits import (
    Movement,
    ask_return,
    grant_credit,
    pay_return,
    record_deposit,
    withdraw_return,
)
from chain.buyers.services.limits import room_of
from chain.buyers.services.vetting import set_limit_rule
from chain.buyers.views import blueprint
from chain.buyers.words import local_today
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.formats import format_decimal, number_format
from chain.web.i18n import gettext
from chain.web.lists import every_row, page_wanted

Answer = Response | tuple[str, int]
#: Forms of one page whose fields would have the same names.
CREDIT, PAID = "credit-", "paid-"


@blueprint.get("/limits")
@permission_required(Permission.CREDITS_WRITE)
def limit_list() -> str:
    """Show the buyers with what they have committed and what they may still commit, and the deposits to be paid back."""
    wanted = page_wanted(sortable=True)
    page = list_limits(db.session, g.actor, wanted, today=local_today())
    returns = list_returns(db.session, g.actor, page_wanted(name="returns"))
    names = {row.organisation.id: row.organisation.name for row in page.items}
    return render_template(
        "buyers/limits.html",
        page=page,
        returns=returns,
        names=names,
        asks_everybody=asks_everybody(db.session, g.actor.org),
    )


@blueprint.get("/limits.csv")
@permission_required(Permission.CREDITS_WRITE)
def limit_file() -> FlaskResponse:
    """Send the list of buyers as a CSV file."""
    rows = every_row(lambda request: list_limits(db.session, g.actor, request, today=local_today()))
    return csv_response("limits.csv", _limit_header(N_("Buyer")), [_limit_row(row) for row in rows])


def _limit_header(partner: str) -> list[str]:
    names = (
        partner, N_("Vetting"), N_("Credit granted"), N_("Deposit"), N_("Committed"), N_("Free"), N_("Currency"),
    )  # fmt: skip
    return [gettext(one) for one in names]


def _limit_row(row: LimitRow) -> list[object]:
    return [
        row.organisation.name,
        gettext(VETTING_LABELS[row.standing]),
        _amount(row.room.credit_minor),
        _amount(row.room.deposit_minor),
        _amount(row.room.held_minor),
        gettext(N_("no limit")) if row.room.free_minor is None else _amount(row.room.free_minor),
        row.room.currency,
    ]


@blueprint.post("/limits/rule")
@permission_required(Permission.CREDITS_WRITE)
def limit_rule() -> Response:
    """Say whether every buyer needs a limit."""
    with atomic() as session:
        set_limit_rule(
            session, actor=g.actor, now=utc_now(), limit_required=request.form.get("required") == "yes"
        )
    flash(N_("The rule is kept."), "success")
    return redirect(url_for("buyers.limit_list"))


def _page(buyer_id: UUID, credit: CreditForm | None = None, deposit: DepositForm | None = None) -> str:
    buyer = get_limit_buyer(db.session, g.actor, buyer_id)
    credit = credit or CreditForm(formdata=None, prefix=CREDIT)
    deposit = deposit or DepositForm(formdata=None)
    deposit.offer()
    if deposit.happened_on.data is None and not deposit.is_submitted():
        deposit.happened_on.data = local_today()
    return render_template(
        "buyers/limit.html",
        buyer=buyer,
        credit=credit,
        deposit=deposit,
        paid=PaidForm(formdata=None, prefix=PAID),
        room=room_of(db.session, g.actor.org, buyer_id, now=utc_now()),
        book=limit_book(db.session, seller_id=g.actor.org, buyer_id=buyer_id),
        standing=standing(last_decision(db.session, buyer_id), local_today()),
    )


@blueprint.get("/limits/<uuid:buyer_id>")
@permission_required(Permission.CREDITS_WRITE)
def limit_detail(buyer_id: UUID) -> str:
    """Show a buyer's limit and what stands behind it."""
    return _page(buyer_id)


@blueprint.post("/limits/<uuid:buyer_id>/credit")
@permission_required(Permission.CREDITS_WRITE)
def credit_submit(buyer_id: UUID) -> Answer:
    """Grant credit."""
    form = CreditForm(prefix=CREDIT)
    if form.validate_on_submit():
        try:
            with atomic() as session:
                grant_credit(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    credit_id=form.id.value,
                    buyer_id=buyer_id,
                    amount_minor=minor(form.amount),
                    until=form.until.data or local_today(),
                    reason=form.reason.data or "",
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The credit is granted."), "success")
            return redirect(url_for("buyers.limit_detail", buyer_id=buyer_id))
    return _page(buyer_id, credit=form), 422


@blueprint.post("/limits/<uuid:buyer_id>/deposit")
@permission_required(Permission.CREDITS_WRITE)
def deposit_submit(buyer_id: UUID) -> Answer:
    """Keep a movement of the deposit."""
    form = DepositForm()
    form.offer()
    if form.validate_on_submit():
        try:
            movement = Movement(
                kind=form.kind.data,
                amount_minor=minor(form.amount),
                means=form.means.data,
                happened_on=form.happened_on.data or local_today(),
                reference=form.reference.data,
                note=form.note.data,
            )
            with atomic() as session:
                record_deposit(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    deposit_id=form.id.value,
                    buyer_id=buyer_id,
                    movement=movement,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The deposit is kept."), "success")
            return redirect(url_for("buyers.limit_detail", buyer_id=buyer_id))
    return _page(buyer_id, deposit=form), 422


@blueprint.post("/limits/returns/<uuid:return_id>/paid")
@permission_required(Permission.CREDITS_WRITE)
def return_paid(return_id: UUID) -> Response:
    """Note that a deposit was paid back."""
    form = PaidForm(prefix=PAID)
    with atomic() as session:
        row = pay_return(
            session, actor=g.actor, now=utc_now(), return_id=return_id, reference=form.reference.data or ""
        )
        buyer_id = row.buyer_id
    flash(N_("The return is noted."), "success")
    return redirect(url_for("buyers.limit_detail", buyer_id=buyer_id))


def _prefix(seller_id: UUID, currency: str) -> str:
    return f"{seller_id}-{currency}-"


def _own_page(typed: ReturnForm | None = None, prefix: str = "") -> str:
    wanted = page_wanted()
    page = list_own_limits(db.session, g.actor, wanted, today=local_today())
    decision = last_decision(db.session, g.actor.org)
    books = {
        row.organisation.id: limit_book(db.session, seller_id=row.organisation.id, buyer_id=g.actor.org)
        for row in page.items
    }
    forms = {}
    for row in page.items:
        name = _prefix(row.organisation.id, row.room.currency)
        is_typed = typed is not None and name == prefix
        forms[name] = typed if is_typed else ReturnForm(formdata=None, prefix=name)
    return render_template(
        "buyers/own_limits.html",
        page=page,
        decision=decision,
        standing=standing(decision, local_today()),
        books=books,
        forms=forms,
        typed=typed,
    )


@blueprint.get("/limits/own")
@permission_required(Permission.BIDS_PLACE)
def own_limits() -> str:
    """Show a buyer its vetting, and what it may still commit with each seller."""
    return _own_page()


@blueprint.get("/limits/own.csv")
@permission_required(Permission.BIDS_PLACE)
def own_limit_file() -> FlaskResponse:
    """Send a buyer what it may still commit with each seller as a table."""
    rows = every_row(lambda request: list_own_limits(db.session, g.actor, request, today=local_today()))
    return csv_response("limits.csv", _limit_header(N_("Seller")), [_limit_row(row) for row in rows])


@blueprint.post("/limits/own/<uuid:seller_id>/<currency>/return")
@permission_required(Permission.BIDS_PLACE)
def return_submit(seller_id: UUID, currency: str) -> Answer:
    """Ask for the own deposit."""
    form = ReturnForm(prefix=_prefix(seller_id, currency))
    if form.validate_on_submit():
        try:
            with atomic() as session:
                ask_return(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    return_id=form.id.value,
                    seller_id=seller_id,
                    currency=currency,
                    pay_to=form.pay_to.data or "",
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("You will get the deposit back as soon as nothing is committed."), "success")
            return redirect(url_for("buyers.own_limits"))
    return _own_page(form, _prefix(seller_id, currency)), 422


@blueprint.post("/limits/own/returns/<uuid:return_id>/withdraw")
@permission_required(Permission.BIDS_PLACE)
def return_withdraw(return_id: UUID) -> Response:
    """Take back the wish for the deposit."""
    with atomic() as session:
        withdraw_return(session, actor=g.actor, now=utc_now(), return_id=return_id)
    flash(N_("Your deposit stays where it is."), "success")
    return redirect(url_for("buyers.own_limits"))


def _amount(minor_units: int) -> str:
    return format_decimal(Decimal(minor_units) / 100, 2, number_format=number_format())
