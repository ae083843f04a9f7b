"""Pages of bank accounts, their statements and the matching of lines."""

from dataclasses import asdict
from uuid import UUID

from flask import Response, flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.core.ids import parse_id
from chain.core.money import CURRENCIES
from chain.core.tables import UnusableFile
from chain.payin.bank_files import (
    PREVIEW_LINES,
    Columns,
    guess_mapping,
    is_xml,
    mapping_of,
    open_table,
    read_statement,
)
from chain.payin.forms import BankAccountForm, MappingForm, ReasonForm, StatementForm
from chain.payin.pages import every_row, ids_wanted, page_wanted, plain_amount
from chain.payin.queries import invoices as invoice_queries
from chain.payin.queries import statements as queries
from chain.payin.rules import LINE_STATE_LABELS, LineState
from chain.payin.services import statements as services
from chain.payin.services.accounts import close_bank_account
from chain.payin.views import blueprint
from chain.payin.views.invoices import take_step
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.forms import option
from chain.web.i18n import gettext

#: What a page keeps of a file while its columns are chosen: the file is sent again, so nothing is kept at all.
FILE_HEADER = (N_("Day"), N_("Amount"), N_("Description"), N_("Who paid"), N_("State"), N_("Reference"))


@blueprint.get("/statements")
@permission_required(Permission.PAYIN_WRITE)
def statement_list() -> str:
    """List the statements, and hold the bank in the books against them."""
    return render_template(
        "payin/statements.html",
        page=queries.list_statements(db.session, g.actor, page_wanted()),
        accounts=queries.bank_accounts(db.session, g.actor.org),
        checks=queries.bank_checks(db.session, g.actor.org),
    )


def _statement_form() -> StatementForm:
    form = StatementForm()
    form.bank_account_id.choices = [
        option(one.id, f"{one.bank} · {one.number} · {one.currency}")
        for one in queries.bank_accounts(db.session, g.actor.org)
    ]
    return form


@blueprint.get("/statements/new")
@permission_required(Permission.PAYIN_WRITE)
def statement_form() -> str:
    """Show the form for a file."""
    return render_template("payin/statement_new.html", form=_statement_form())


@blueprint.post("/statements/new")
@permission_required(Permission.PAYIN_WRITE)
def statement_submit() -> BaseResponse | tuple[str, int]:
    """Import a file; a CSV of an account whose columns are not known leads to the page that asks for them."""
    form = _statement_form()
    file = request.files.get("file")
    if form.validate_on_submit():
        content = file.read() if file else b""
        account_id = parse_id(form.bank_account_id.data)
        account = queries.get_bank_account_for(db.session, g.actor, account_id)
        try:
            if content and not is_xml(content) and mapping_of(account.mapping) is None:
                return _ask_columns(account_id, content)
            with atomic() as session:
                made = services.import_statement(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    account_id=account_id,
                    file_name=(file.filename or "") if file else "",
                    content=content,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            text = N_("The statement is stored.") if made.is_new else N_("This file was imported before.")
            flash(gettext(text), "success")
            return redirect(url_for("payin.statement_show", statement_id=made.statement.id))
    return render_template("payin/statement_new.html", form=form), 422


def _ask_columns(account_id: UUID, content: bytes) -> tuple[str, int]:
    """Show the first lines of a file and ask which column is what; nothing is stored yet."""
    account = queries.get_bank_account_for(db.session, g.actor, account_id)
    table = open_table(content)
    form = MappingForm(formdata=None)
    _offer_columns(form, [title.strip() for title in table.titles])
    for name, column in guess_mapping([title.strip() for title in table.titles]).items():
        form[name].data = column
    form.day_first.data = True
    page = render_template(
        "payin/columns.html", form=form, account=account, table=table, preview=table.rows[:PREVIEW_LINES],
        titles=[title.strip() for title in table.titles], is_guess=True,
    )  # fmt: skip
    return page, 422


def _offer_columns(form: MappingForm, titles: list[str]) -> None:
    for name in Columns.__dataclass_fields__:
        if name != "day_first":
            blank = [] if name in {"date", "text"} else [option("", gettext(N_("None")))]
            form[name].choices = [*blank, *(option(title, title) for title in titles if title)]


@blueprint.get("/bank-accounts/<uuid:account_id>/columns")
@permission_required(Permission.PAYIN_WRITE)
def columns_form(account_id: UUID) -> str:
    """Show the columns that are kept of an account."""
    account = queries.get_bank_account_for(db.session, g.actor, account_id)
    form = MappingForm()
    kept = mapping_of(account.mapping)
    titles = [one for one in asdict(kept).values() if isinstance(one, str) and one] if kept else []
    _offer_columns(form, titles)
    if kept:
        for name, value in asdict(kept).items():
            form[name].data = value
    return render_template(
        "payin/columns.html",
        form=form,
        account=account,
        table=None,
        preview=[],
        titles=titles,
        is_guess=False,
    )


@blueprint.post("/bank-accounts/<uuid:account_id>/columns")
@permission_required(Permission.PAYIN_WRITE)
def columns_submit(account_id: UUID) -> BaseResponse | tuple[str, int]:
    """Keep the columns; with a file beside them, read it and show what it would bring."""
    account = queries.get_bank_account_for(db.session, g.actor, account_id)
    form = MappingForm()
    titles = list(dict.fromkeys([one.strip()[:200] for one in request.form.getlist("titles")]))
    _offer_columns(form, titles)
    if form.validate_on_submit():
        columns = Columns(
            **{name: form[name].data or "" for name in Columns.__dataclass_fields__ if name != "day_first"},
            day_first=bool(form.day_first.data),
        )
        file = request.files.get("file")
        try:
            if file:
                read_statement(file.read(), columns)
            with atomic() as session:
                services.set_columns(
                    session, actor=g.actor, now=utc_now(), account_id=account_id, columns=columns
                )
        except (DomainError, UnusableFile) as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The columns are kept. Choose the file again to import it.")), "success")
            return redirect(url_for("payin.statement_form"))
    page = render_template(
        "payin/columns.html",
        form=form,
        account=account,
        table=None,
        preview=[],
        titles=titles,
        is_guess=False,
    )
    return page, 422


@blueprint.get("/statements/<uuid:statement_id>")
@permission_required(Permission.PAYIN_WRITE)
def statement_show(statement_id: UUID) -> str:
    """Show the lines of a statement with what each may be."""
    statement = queries.get_statement_for(db.session, g.actor, statement_id)
    word = request.args.get("state", "")
    state = LineState(word) if word in set(LineState) else None
    page = queries.list_lines(db.session, g.actor, page_wanted(), statement_id=statement_id, state=state)
    account = queries.get_bank_account_for(db.session, g.actor, statement.bank_account_id)
    return render_template(
        "payin/statement.html",
        statement=statement,
        account=account,
        page=page,
        state=word,
        proposals=queries.proposals_for(db.session, g.actor.org, page.items),
        recorded={
            one.amount_minor for one in queries.recorded_by_hand(db.session, g.actor, page.items, account)
        },
    )


@blueprint.get("/statements/<uuid:statement_id>.csv")
@permission_required(Permission.PAYIN_WRITE)
def statement_file(statement_id: UUID) -> Response:
    """Give the lines of a statement with what became of them."""
    queries.get_statement_for(db.session, g.actor, statement_id)
    rows = every_row(lambda asked: queries.list_lines(db.session, g.actor, asked, statement_id=statement_id))
    lines: list[list[object]] = [
        [
            row.booked_on.isoformat(),
            plain_amount(row.amount_minor),
            row.text,
            row.counterparty,
            gettext(LINE_STATE_LABELS[LineState(row.state)]),
            row.reference,
        ]
        for row in rows
    ]
    return csv_response("statement.csv", [gettext(one) for one in FILE_HEADER], lines)


@blueprint.get("/statement-lines/<uuid:line_id>")
@permission_required(Permission.PAYIN_WRITE)
def line_show(line_id: UUID) -> str:
    """Show a line, its proposals, and every other way to answer it."""
    return _line_page(line_id, ReasonForm())


def _line_page(line_id: UUID, form: ReasonForm, problem: str | None = None) -> str:
    line = queries.get_line_for(db.session, g.actor, line_id)
    account = queries.get_bank_account_for(db.session, g.actor, line.bank_account_id)
    return render_template(
        "payin/line.html",
        line=line,
        account=account,
        form=form,
        problem=problem,
        recorded=sorted(
            queries.recorded_by_hand(db.session, g.actor, [line], account),
            key=lambda payment: abs((payment.paid_on - line.booked_on).days),
        ),
        proposals=queries.proposals_for(db.session, g.actor.org, [line]).get(line.id, []),
        invoices=queries.open_invoices(db.session, g.actor.org, account.currency),
        buyers=invoice_queries.buyers_of_house(db.session, g.actor.org),
    )


@blueprint.post("/statement-lines/<uuid:line_id>/match")
@permission_required(Permission.PAYIN_WRITE)
def line_match(line_id: UUID) -> BaseResponse | tuple[str, int]:
    """Confirm what a line pays."""
    line = queries.get_line_for(db.session, g.actor, line_id)
    buyer, payment = request.form.get("buyer_id") or None, request.form.get("payment_id") or None

    def step(session: Session) -> str:
        services.match_line(
            session,
            actor=g.actor,
            now=utc_now(),
            line_id=line_id,
            invoice_ids=ids_wanted("invoices"),
            buyer_id=parse_id(buyer) if buyer else None,
            payment_id=parse_id(payment) if payment else None,
        )
        if payment:
            return gettext(N_("The line confirms the payment. Nothing was booked again."))
        return gettext(N_("The line is matched and the payment is in the books."))

    try:
        return take_step(step, url_for("payin.statement_show", statement_id=line.statement_id))
    except DomainError as refused:
        return _line_page(line_id, ReasonForm(formdata=None), gettext(refused.message)), 422


@blueprint.post("/statement-lines/<uuid:line_id>/set-aside")
@permission_required(Permission.PAYIN_WRITE)
def line_set_aside(line_id: UUID) -> BaseResponse | tuple[str, int]:
    """Say that a line is no payment of a buyer."""
    line = queries.get_line_for(db.session, g.actor, line_id)
    form = ReasonForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                services.set_line_aside(
                    session, actor=g.actor, now=utc_now(), line_id=line_id, note=form.reason.data or ""
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The line is set aside.")), "success")
            return redirect(url_for("payin.statement_show", statement_id=line.statement_id))
    return _line_page(line_id, form), 422


@blueprint.get("/bank-accounts/new")
@permission_required(Permission.PAYIN_WRITE)
def account_form() -> str:
    """Show the form for a bank account."""
    form = BankAccountForm()
    form.currency.choices = [option(one, one) for one in CURRENCIES]
    form.currency.data = g.organisation.currency
    return render_template("payin/account_new.html", form=form)


@blueprint.post("/bank-accounts/new")
@permission_required(Permission.PAYIN_WRITE)
def account_submit() -> BaseResponse | tuple[str, int]:
    """Keep a bank account."""
    form = BankAccountForm()
    form.currency.choices = [option(one, one) for one in CURRENCIES]
    if form.validate_on_submit():
        try:
            with atomic() as session:
                services.add_bank_account(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    account_id=form.id.value,
                    bank=form.bank.data or "",
                    number=form.number.data or "",
                    currency=form.currency.data,
                    interbank=form.interbank.data,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The bank account is in the list.")), "success")
            return redirect(url_for("payin.statement_list"))
    return render_template("payin/account_new.html", form=form), 422


@blueprint.post("/bank-accounts/<uuid:account_id>/close")
@permission_required(Permission.PAYIN_WRITE)
def account_close(account_id: UUID) -> BaseResponse:
    """Close a bank account."""
    with atomic() as session:
        close_bank_account(session, actor=g.actor, now=utc_now(), account_id=account_id)
    flash(gettext(N_("The bank account is closed. Its statements stay.")), "success")
    return redirect(url_for("payin.statement_list"))
