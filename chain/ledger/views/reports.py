"""Trial balance, sub-ledgers, statements of account, export."""

from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

from flask import Response, g, render_template, request

from chain.accounts.rules import Permission
from chain.core.db import db
from chain.core.i18n import N_
from chain.core.money import CURRENCIES
from chain.core.paging import MAX_PAGE_SIZE, PageRequest
from chain.ledger.export.formats import ENDINGS, MIME_TYPES, ExportFormat
from chain.ledger.export.send import export_bytes
from chain.ledger.forms import ExportForm
from chain.ledger.pages import asked_day, blueprint, last_month, page_wanted, today
from chain.ledger.queries import parties as party_queries
from chain.ledger.queries.chart import own_chart
from chain.ledger.queries.parties import Statement, StatementFilters
from chain.ledger.queries.trial_balance import totals_of, trial_balance
from chain.ledger.rules import ENTRY_KIND_LABELS, EntryKind
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.formats import number_format
from chain.web.i18n import gettext

TRIAL_TITLES = (
    N_("Number"), N_("Account"), N_("Currency"), N_("Before"), N_("Debit"), N_("Credit"), N_("Balance at the end"),
)  # fmt: skip
STATEMENT_TITLES = (
    N_("Day"), N_("Entry"), N_("What"), N_("Text"), N_("Account"), N_("Debit"), N_("Credit"), N_("Balance after it"), N_("Currency"),
)  # fmt: skip
#: Rows of a statement in a file.
MAX_ROWS = 50_000


def plain_amount(minor: int) -> str:
    """Return an amount for a spreadsheet: no grouping, the decimal sign of the country."""
    text = f"{Decimal(minor).scaleb(-2):.2f}"
    return text.replace(".", ",") if number_format() == "BO" else text


@blueprint.get("/ledger/trial-balance")
@permission_required(Permission.LEDGER_READ)
def trial() -> str:
    """Show the trial balance at the end of a day."""
    on, first = asked_day("on") or today(), asked_day("first")
    rows = trial_balance(db.session, g.actor, on=on, first=first)
    return render_template("ledger/trial_balance.html", rows=rows, totals=totals_of(rows), on=on, first=first)


@blueprint.get("/ledger/trial-balance.csv")
@permission_required(Permission.LEDGER_READ)
def trial_file() -> Response:
    """Return the trial balance as CSV."""
    on, first = asked_day("on") or today(), asked_day("first")
    rows = [
        (
            row.account.number,
            gettext(row.account.label),
            row.currency,
            plain_amount(row.opening_minor),
            plain_amount(row.debit_minor),
            plain_amount(row.credit_minor),
            plain_amount(row.closing_minor),
        )
        for row in trial_balance(db.session, g.actor, on=on, first=first)
    ]
    return csv_response(f"balance-{on}.csv", [gettext(title) for title in TRIAL_TITLES], rows)


@blueprint.get("/ledger/parties")
@permission_required(Permission.LEDGER_READ)
def party_list() -> str:
    """List what each producer and buyer owes or is owed, and that it sums to the accounts."""
    chart = own_chart(db.session, g.actor)[1]
    account = request.args.get("account") or None
    if account not in chart:
        account = None
    text, with_settled = request.args.get("q"), request.args.get("show") == "all"
    return render_template(
        "ledger/parties.html",
        page=party_queries.list_parties(
            db.session, g.actor, page_wanted(), account=account, text=text, with_settled=with_settled
        ),
        controls=party_queries.control_accounts(db.session, g.actor),
        account=account,
        text=text,
        show="all" if with_settled else "",
    )


def _filters() -> StatementFilters:
    currency = request.args.get("currency", "").strip().upper()
    return StatementFilters(
        currency if currency in CURRENCIES else None,
        request.args.get("account") or None,
        asked_day("first"),
        asked_day("last"),
    )


@blueprint.get("/ledger/parties/<uuid:party_id>")
@permission_required(Permission.LEDGER_READ)
def statement(party_id: UUID) -> str:
    """Show the statement of account of a party."""
    filters = _filters()
    found = party_queries.statement_of(db.session, g.actor, party_id, filters, page_wanted())
    return render_template("ledger/statement.html", found=found, filters=filters)


@blueprint.get("/ledger/parties/<uuid:party_id>.csv")
@permission_required(Permission.LEDGER_READ)
def statement_file(party_id: UUID) -> Response:
    """Return the statement of account as CSV, with the opening balance in front."""
    filters = _filters()
    first = party_queries.statement_of(db.session, g.actor, party_id, filters, PageRequest(1, MAX_PAGE_SIZE))
    name = first.party.code or "cuenta"
    rows = list(_statement_rows(party_id, filters, first))
    return csv_response(f"{name}.csv", [gettext(title) for title in STATEMENT_TITLES], rows)


def _statement_rows(
    party_id: UUID, filters: StatementFilters, found: Statement
) -> Iterator[tuple[object, ...]]:
    opening = (filters.first or "", "", "", gettext(N_("Opening balance")), "", "", "")
    yield (*opening, plain_amount(found.opening_minor), found.currency)
    for page in range(1, min(found.page.pages, MAX_ROWS // MAX_PAGE_SIZE) + 1):
        if page > 1:
            found = party_queries.statement_of(
                db.session, g.actor, party_id, filters, PageRequest(page, MAX_PAGE_SIZE)
            )
        for row in found.page.items:
            yield (
                row.occurred_on,
                row.sequence,
                gettext(ENTRY_KIND_LABELS[EntryKind(row.kind)]),
                row.description,
                gettext(row.account.label),
                plain_amount(row.amount_minor) if row.amount_minor > 0 else "",
                plain_amount(-row.amount_minor) if row.amount_minor < 0 else "",
                plain_amount(row.balance_minor),
                found.currency,
            )


@blueprint.get("/ledger/export")
@permission_required(Permission.LEDGER_READ)
def export() -> Response | str | tuple[str, int]:
    """Show the form; with a period and a format, send the file."""
    form = ExportForm(request.args if "format" in request.args else None)
    form.offer()
    if "format" not in request.args:
        form.first.data, form.last.data = last_month()
        form.format.data = ExportFormat.XLSX.value
        return render_template("ledger/export.html", form=form)
    first, last = form.first.data, form.last.data
    if not form.validate() or first is None or last is None:
        return render_template("ledger/export.html", form=form), 422
    if first > last:
        form.last.errors = [gettext(N_("The period ends before it begins."))]
        return render_template("ledger/export.html", form=form), 422
    wanted = ExportFormat(form.format.data)
    content = export_bytes(g.actor.org, first, last, wanted, ";" if number_format() == "BO" else ",")
    name = f"{g.organisation.code}-{first}-{last}.{ENDINGS[wanted]}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, content_type=MIME_TYPES[wanted], headers=headers)
