"""The ledger as a resource."""

import base64
import binascii
from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, g

from chain.accounts.rules import Permission
from chain.core.clock import local_date, utc_now
from chain.core.db import atomic, db
from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.ledger.export.formats import ENDINGS, MIME_TYPES, ExportFormat
from chain.ledger.export.send import export_bytes
from chain.ledger.opening_file import read_opening_file
from chain.ledger.queries import journal as queries
from chain.ledger.queries import parties as party_queries
from chain.ledger.queries.chart import own_chart
from chain.ledger.queries.journal import EntryFilters, entry_by_key
from chain.ledger.queries.parties import StatementFilters
from chain.ledger.queries.periods import list_periods
from chain.ledger.queries.trial_balance import trial_balance
from chain.ledger.queries.years import list_years
from chain.ledger.rules import AccountKind, EntryKind
from chain.ledger.schemas import (
    AccountListSchema,
    ChartAccountSchema,
    ChartChangeSchema,
    ChartSchema,
    ControlListSchema,
    DayMarkArgs,
    DayProofSchema,
    EntryArgs,
    EntryDetailSchema,
    EntrySchema,
    LedgerExportArgs,
    ManualEntrySchema,
    OpeningImportSchema,
    OpeningReportSchema,
    OwnAccountSchema,
    PartyArgs,
    PartyBalanceSchema,
    PartyStatementSchema,
    PeriodCloseSchema,
    PeriodReopenSchema,
    PeriodSchema,
    PeriodStateSchema,
    ReversalSchema,
    StatementArgs,
    TrialArgs,
    TrialBalanceSchema,
    YearCloseSchema,
    YearReopenSchema,
    YearSchema,
)
from chain.ledger.services.chart import add_account, change_account
from chain.ledger.services.days import check_day
from chain.ledger.services.manual import ManualLine, post_manual, reverse_by_hand
from chain.ledger.services.opening import import_opening, plan_opening
from chain.ledger.services.periods import close_month, reopen_month
from chain.ledger.services.years import close_year, reopen_year
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema
from chain.web.formats import timezone_name
from chain.web.i18n import gettext

blueprint = ApiBlueprint(
    "ledger", __name__, url="/ledger", description="Accounts and journal of the acting organisation."
)
blueprints = [blueprint]

SAME = "The same was sent before."
FILES = {
    mime.split(";")[0]: {"schema": {"type": "string", "format": "binary"}} for mime in MIME_TYPES.values()
}


# --- Accounts and journal ---------------------------------------------------------------------------------------------


@blueprint.get("/accounts")
@blueprint.response(200, AccountListSchema)
@permission_required(Permission.LEDGER_READ)
def account_list() -> dict[str, Any]:
    """List the accounts with their balances; debit positive."""
    return {"items": queries.list_accounts(db.session, g.actor)}


@blueprint.get("/entries")
@blueprint.arguments(EntryArgs, location="query")
@blueprint.response(200, page_schema(EntrySchema))
@permission_required(Permission.LEDGER_READ)
def entry_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the journal, the latest first; sort by sequence or occurred_on."""
    filters = EntryFilters(
        args["account_id"], EntryKind(args["kind"]) if args["kind"] else None, args["first"], args["last"]
    )
    return page_answer(queries.list_entries(db.session, g.actor, page_request(args), filters))


def _detail(entry_id: UUID) -> dict[str, Any]:
    found = queries.get_entry_for(db.session, g.actor, entry_id)
    entry = found.entry
    return {
        "id": entry.id,
        "sequence": entry.sequence,
        "posted_at": entry.posted_at,
        "occurred_on": entry.occurred_on,
        "kind": entry.kind,
        "description": entry.description,
        "reverses_id": entry.reverses_id,
        "reversed_by_id": found.reversed_by.id if found.reversed_by else None,
        "previous_hash": entry.previous_hash,
        "hash": entry.hash,
        "postings": found.postings,
    }


@blueprint.get("/entries/<uuid:entry_id>")
@blueprint.response(200, EntryDetailSchema)
@permission_required(Permission.LEDGER_READ)
def entry_detail(entry_id: UUID) -> dict[str, Any]:
    """Return an entry with its postings."""
    return _detail(entry_id)


@blueprint.post("/entries")
@blueprint.arguments(ManualEntrySchema)
@blueprint.response(201, EntryDetailSchema)
@blueprint.alt_response(200, schema=EntryDetailSchema, description=SAME, success=True)
@permission_required(Permission.LEDGER_WRITE)
def entry_post(data: dict[str, Any]) -> Any:
    """Post an entry by hand; `id` is the client's. Nothing is ever edited."""
    with atomic() as session:
        is_new = entry_by_key(session, g.actor.org, f"manual:{data['id']}") is None
        entry = post_manual(
            session,
            actor=g.actor,
            now=utc_now(),
            entry_id=data["id"],
            occurred_on=data["occurred_on"],
            description=data["description"],
            lines=[ManualLine(**line) for line in data["lines"]],
        )
        entry_id = entry.id
    return _detail(entry_id), 201 if is_new else 200


@blueprint.post("/entries/<uuid:entry_id>/reversal")
@blueprint.arguments(ReversalSchema)
@blueprint.response(201, EntryDetailSchema)
@permission_required(Permission.LEDGER_WRITE)
def entry_reversal(data: dict[str, Any], entry_id: UUID) -> dict[str, Any]:
    """Reverse an entry by hand or opening balances, once."""
    with atomic() as session:
        undone_id = reverse_by_hand(session, actor=g.actor, now=utc_now(), entry_id=entry_id, **data).id
    return _detail(undone_id)


# --- Chart ------------------------------------------------------------------------------------------------------------


@blueprint.get("/chart")
@blueprint.response(200, ChartSchema)
@permission_required(Permission.LEDGER_READ)
def chart_detail() -> dict[str, Any]:
    """Return the chart of accounts; what no accountant has looked at is not confirmed."""
    plan, rows = own_chart(db.session, g.actor)
    return {"plan": plan, "items": list(rows.values())}


@blueprint.put("/chart/<code>")
@blueprint.arguments(ChartChangeSchema)
@blueprint.response(200, ChartAccountSchema)
@permission_required(Permission.LEDGER_WRITE)
def chart_change(data: dict[str, Any], code: str) -> Any:
    """Give an account another number and name."""
    with atomic() as session:
        return change_account(session, actor=g.actor, now=utc_now(), code=code, **data)


@blueprint.post("/chart")
@blueprint.arguments(OwnAccountSchema)
@blueprint.response(201, ChartAccountSchema)
@permission_required(Permission.LEDGER_WRITE)
def chart_add(data: dict[str, Any]) -> Any:
    """Add an account of the organisation's own; the same again answers the same."""
    with atomic() as session:
        return add_account(
            session,
            actor=g.actor,
            now=utc_now(),
            account_id=data["id"],
            kind=AccountKind(data["kind"]),
            number=data["number"],
            name=data["name"],
        )


# --- Reports ----------------------------------------------------------------------------------------------------------


@blueprint.get("/trial-balance")
@blueprint.arguments(TrialArgs, location="query")
@blueprint.response(200, TrialBalanceSchema)
@permission_required(Permission.LEDGER_READ)
def trial_detail(args: dict[str, Any]) -> dict[str, Any]:
    """Return the trial balance at the end of a day; today if none is given."""
    on = args["on"] or local_date(utc_now(), timezone_name())
    rows = trial_balance(db.session, g.actor, on=on, first=args["first"])
    return {"on": on, "first": args["first"], "items": rows}


@blueprint.get("/parties")
@blueprint.arguments(PartyArgs, location="query")
@blueprint.response(200, page_schema(PartyBalanceSchema))
@permission_required(Permission.LEDGER_READ)
def party_balances(args: dict[str, Any]) -> dict[str, Any]:
    """List what producers and buyers owe or are owed, by name."""
    page = party_queries.list_parties(
        db.session,
        g.actor,
        page_request(args),
        account=args["account"],
        text=args["q"],
        with_settled=args["with_settled"],
    )
    return page_answer(page)


@blueprint.get("/control-accounts")
@blueprint.response(200, ControlListSchema)
@permission_required(Permission.LEDGER_READ)
def control_list() -> dict[str, Any]:
    """List the accounts with sub-ledgers beside the sum of their parties."""
    return {"items": party_queries.control_accounts(db.session, g.actor)}


@blueprint.get("/parties/<uuid:party_id>")
@blueprint.arguments(StatementArgs, location="query")
@blueprint.response(200, PartyStatementSchema)
@permission_required(Permission.LEDGER_READ)
def party_statement(args: dict[str, Any], party_id: UUID) -> dict[str, Any]:
    """Return the statement of account of a party, oldest first."""
    filters = StatementFilters(args["currency"], args["account"], args["first"], args["last"])
    found = party_queries.statement_of(db.session, g.actor, party_id, filters, page_request(args))
    return page_answer(found.page) | {
        "party": found.party,
        "currency": found.currency,
        "opening_minor": found.opening_minor,
        "debit_minor": found.debit_minor,
        "credit_minor": found.credit_minor,
        "closing_minor": found.closing_minor,
    }


@blueprint.get("/export")
@blueprint.arguments(LedgerExportArgs, location="query")
@blueprint.doc(responses={"200": {"description": "The journal of the period.", "content": FILES}})
@permission_required(Permission.LEDGER_READ)
def export_file(args: dict[str, Any]) -> Response:
    """Return the journal of a period as CSV, Excel workbook, hledger journal or beancount file."""
    if args["first"] > args["last"]:
        errors = FieldErrors()
        errors.add("last", N_("The period ends before it begins."))
        errors.raise_any()
    wanted = ExportFormat(args["format"])
    content = export_bytes(g.actor.org, args["first"], args["last"], wanted)
    name = f"ledger-{args['first']}-{args['last']}.{ENDINGS[wanted]}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, content_type=MIME_TYPES[wanted], headers=headers)


# --- Months and days --------------------------------------------------------------------------------------------------


@blueprint.get("/periods")
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_schema(PeriodSchema))
@permission_required(Permission.LEDGER_READ)
def period_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the months that were closed, the latest first."""
    return page_answer(list_periods(db.session, g.actor, page_request(args)))


@blueprint.post("/periods")
@blueprint.arguments(PeriodCloseSchema)
@blueprint.response(201, PeriodStateSchema)
@permission_required(Permission.PERIODS_CLOSE)
def period_close(data: dict[str, Any]) -> Any:
    """Close the month whose turn it is."""
    with atomic() as session:
        return close_month(session, actor=g.actor, now=utc_now(), month=data["month"])


@blueprint.post("/periods/reopening")
@blueprint.arguments(PeriodReopenSchema)
@blueprint.response(200, PeriodStateSchema)
@permission_required(Permission.PERIODS_CLOSE)
def period_reopen(data: dict[str, Any]) -> Any:
    """Open the month that was closed last again; another person than who closed it, with a reason."""
    with atomic() as session:
        return reopen_month(session, actor=g.actor, now=utc_now(), **data)


@blueprint.get("/years")
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_schema(YearSchema))
@permission_required(Permission.LEDGER_READ)
def year_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the years that were closed, the latest first, with their results by currency (negative: a loss)."""
    return page_answer(list_years(db.session, g.actor, page_request(args)))


@blueprint.post("/years")
@blueprint.arguments(YearCloseSchema)
@blueprint.response(201, EntryDetailSchema)
@permission_required(Permission.PERIODS_CLOSE)
def year_close(data: dict[str, Any]) -> dict[str, Any]:
    """Close a year: income and expenses go into the accumulated result. The same again answers the entry that stands."""
    with atomic() as session:
        entry_id = close_year(session, actor=g.actor, now=utc_now(), **data).id
    return _detail(entry_id)


@blueprint.post("/years/<uuid:entry_id>/reopening")
@blueprint.arguments(YearReopenSchema)
@blueprint.response(201, EntryDetailSchema)
@permission_required(Permission.PERIODS_CLOSE)
def year_reopen(data: dict[str, Any], entry_id: UUID) -> dict[str, Any]:
    """Take the close of a year back, on its own day; another person than who closed it, with a reason."""
    with atomic() as session:
        undone_id = reopen_year(session, actor=g.actor, now=utc_now(), entry_id=entry_id, **data).id
    return _detail(undone_id)


@blueprint.get("/days/<day>")
@blueprint.arguments(DayMarkArgs, location="query")
@blueprint.response(200, DayProofSchema)
@permission_required(Permission.LEDGER_READ)
def day_proof(args: dict[str, Any], day: str) -> dict[str, Any]:
    """Return the proof of a day (YYYY-MM-DD), and whether a mark from a paper agrees with it."""
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        errors = FieldErrors()
        errors.add("day", N_("Write a date, such as 2026-11-22."))
        errors.raise_any()
        raise
    found = check_day(db.session, actor=g.actor, now=utc_now(), day=wanted, mark=args["mark"])
    return {
        "organisation_id": found.mark.organisation_id,
        "day": found.mark.day,
        "sequence": found.mark.sequence,
        "chain_hash": found.mark.chain_hash,
        "hash": found.mark.hash,
        "is_final": found.is_final,
        "is_kept": found.is_kept,
        "is_whole": found.is_whole,
        "before_sequence": found.before_sequence,
        "before_hash": found.before_hash,
        "entry_hashes": found.entry_hashes,
        "agrees": found.agrees,
        "agrees_at": found.agrees_at,
    }


# --- Opening balances -------------------------------------------------------------------------------------------------


@blueprint.post("/opening")
@blueprint.arguments(OpeningImportSchema)
@blueprint.response(200, OpeningReportSchema)
@permission_required(Permission.LEDGER_WRITE)
def opening_bring_in(data: dict[str, Any]) -> dict[str, Any]:
    """Look at a file of opening balances, or bring it in: all rows or none; the same file again posts nothing."""
    try:
        content = base64.b64decode(data["content"], validate=True)
    except (binascii.Error, ValueError):
        content = b""
    read = read_opening_file(content)
    plan = plan_opening(db.session, actor=g.actor, file=read)
    entry_id, posted_now = (plan.entry.id if plan.entry else None), False
    if not data["dry_run"]:
        with atomic() as session:
            entry, posted_now = import_opening(
                session, actor=g.actor, now=utc_now(), file=read, occurred_on=data["occurred_on"]
            )
            entry_id = entry.id
    return {
        "sha256": plan.hash,
        "rows": len(plan.rows),
        "problems": [
            {"row": one.row, "column": one.column, "reason": gettext(one.reason)} for one in plan.bad
        ],
        "against_minor": plan.against,
        "entry_id": entry_id,
        "posted_now": posted_now,
    }
