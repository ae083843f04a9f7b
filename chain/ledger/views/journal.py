"""Pages of the books: accounts with balances, the journal, an entry, entries by hand, reversals."""

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, InvalidId
from chain.core.i18n import N_
from chain.core.ids import parse_id
from chain.core.money import CURRENCIES
from chain.ledger.forms import ManualForm, ReverseForm
from chain.ledger.pages import asked_day, blueprint, page_wanted, today
from chain.ledger.queries import journal as queries
from chain.ledger.queries.chart import ChartRow, own_chart
from chain.ledger.queries.journal import EntryFilters
from chain.ledger.rules import ENTRY_KIND_LABELS, EntryKind
from chain.ledger.services.manual import post_manual, reverse_by_hand
from chain.web.access import permission_required


@blueprint.get("/ledger")
@permission_required(Permission.LEDGER_READ)
def accounts() -> str:
    """Show the accounts with their balances; debit and credit sides sum to the same."""
    return render_template("ledger/accounts.html", accounts=queries.list_accounts(db.session, g.actor))


@blueprint.get("/ledger/entries")
@permission_required(Permission.LEDGER_READ)
def entry_list() -> str:
    """Show the journal, or what the filters leave of it."""
    listed = queries.list_accounts(db.session, g.actor)
    try:
        account_id = parse_id(request.args["account"]) if request.args.get("account") else None
    except InvalidId:
        account_id = None
    if account_id not in {account.id for account in listed}:
        account_id = None
    kind = request.args.get("kind", "")
    filters = EntryFilters(
        account_id,
        EntryKind(kind) if kind in ENTRY_KIND_LABELS else None,
        asked_day("first"),
        asked_day("last"),
    )
    return render_template(
        "ledger/entries.html",
        page=queries.list_entries(db.session, g.actor, page_wanted(), filters),
        accounts=listed,
        filters=filters,
    )


@blueprint.get("/ledger/entries/<uuid:entry_id>")
@permission_required(Permission.LEDGER_READ)
def entry_show(entry_id: UUID) -> str:
    """Show an entry with its postings, and what undoes it."""
    return _entry_page(entry_id, ReverseForm())


def _entry_page(entry_id: UUID, form: ReverseForm) -> str:
    found = queries.get_entry_for(db.session, g.actor, entry_id)
    return render_template(
        "ledger/entry.html",
        found=found,
        form=form,
        may_reverse=found.is_reversible and g.actor.may(Permission.LEDGER_WRITE),
    )


@blueprint.post("/ledger/entries/<uuid:entry_id>/reverse")
@permission_required(Permission.LEDGER_WRITE)
def entry_reverse(entry_id: UUID) -> BaseResponse | tuple[str, int]:
    """Post the opposite of an entry by hand."""
    form = ReverseForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                undone = reverse_by_hand(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    entry_id=entry_id,
                    reason=form.reason.data or "",
                )
                undone_id = undone.id
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The entry is reversed. Both stay in the journal."), "success")
            return redirect(url_for("ledger.entry_show", entry_id=undone_id))
    return _entry_page(entry_id, form), 422


def _currencies() -> list[str]:
    return sorted(CURRENCIES, key=lambda one: (one != g.organisation.currency, one))


def _chart() -> list[ChartRow]:
    return list(own_chart(db.session, g.actor)[1].values())


@blueprint.get("/ledger/entries/new")
@permission_required(Permission.LEDGER_WRITE)
def manual_form() -> str:
    """Show the form for an entry by hand."""
    form = ManualForm()
    form.offer(_chart(), _currencies())
    form.occurred_on.data = today()
    return render_template("ledger/manual.html", form=form)


@blueprint.post("/ledger/entries/new")
@permission_required(Permission.LEDGER_WRITE)
def manual_submit() -> BaseResponse | str | tuple[str, int]:
    """Post the entry, or show more lines."""
    form = ManualForm()
    chart = _chart()
    form.offer(chart, _currencies())
    if "more" in request.form:
        form.add_lines(chart)
        return render_template("ledger/manual.html", form=form)
    day = form.occurred_on.data
    if form.validate_on_submit() and day is not None:
        try:
            with atomic() as session:
                entry = post_manual(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    entry_id=form.id.value,
                    occurred_on=day,
                    description=form.description.data or "",
                    lines=form.manual_lines(),
                )
                entry_id = entry.id
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The entry is posted."), "success")
            return redirect(url_for("ledger.entry_show", entry_id=entry_id))
    return render_template("ledger/manual.html", form=form), 422
