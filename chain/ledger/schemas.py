"""JSON shapes of the ledger: amounts in minor units, debit positive."""

from marshmallow import fields, validate

from chain.ledger.export.formats import ExportFormat
from chain.ledger.opening_file import MAX_FILE_BYTES
from chain.ledger.rules import AccountKind, EntryKind
from chain.ledger.services.manual import MAX_LINES, MAX_MINOR
from chain.web.api import ClientId, PageArgs, Schema


class AccountSchema(Schema):
    """An account of the books; debit positive."""

    id = fields.UUID()
    code = fields.String()
    number = fields.String()
    kind = fields.String()
    currency = fields.String()
    balance_minor = fields.Integer()


class AccountListSchema(Schema):
    """All accounts; there are few."""

    items = fields.List(fields.Nested(AccountSchema), required=True)


class EntrySchema(Schema):
    """An entry of the journal."""

    id = fields.UUID()
    sequence = fields.Integer()
    posted_at = fields.AwareDateTime()
    occurred_on = fields.Date()
    kind = fields.String()
    description = fields.String()
    total_minor = fields.Integer()
    currency = fields.String()
    hash = fields.String()


class PostingSchema(Schema):
    """One side of an entry; debit positive."""

    line = fields.Integer()
    account = fields.String()
    party_id = fields.UUID(allow_none=True)
    amount_minor = fields.Integer()
    currency = fields.String()


class EntryDetailSchema(Schema):
    """An entry with its postings."""

    id = fields.UUID()
    sequence = fields.Integer()
    posted_at = fields.AwareDateTime()
    occurred_on = fields.Date()
    kind = fields.String()
    description = fields.String()
    reverses_id = fields.UUID(allow_none=True)
    reversed_by_id = fields.UUID(allow_none=True)
    previous_hash = fields.String()
    hash = fields.String()
    postings = fields.List(fields.Nested(PostingSchema))


class EntryArgs(PageArgs):
    """Which entries of the journal."""

    account_id = fields.UUID(load_default=None)
    kind = fields.String(load_default=None, validate=validate.OneOf([kind.value for kind in EntryKind]))
    first = fields.Date(load_default=None)
    last = fields.Date(load_default=None)


class ManualLineSchema(Schema):
    """A line of an entry by hand: debit positive."""

    account = fields.String(
        required=True, validate=validate.Length(max=40), metadata={"description": "A code of the chart."}
    )
    amount_minor = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=-MAX_MINOR, max=MAX_MINOR)
    )
    party = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=40),
        metadata={"description": "A member code, or the code of a buyer."},
    )
    currency = fields.String(load_default=None, allow_none=True, validate=validate.Length(equal=3))


class ManualEntrySchema(Schema):
    """An entry by hand."""

    id = ClientId(required=True)
    occurred_on = fields.Date(required=True)
    description = fields.String(required=True, validate=validate.Length(max=1000))
    lines = fields.List(
        fields.Nested(ManualLineSchema), required=True, validate=validate.Length(max=MAX_LINES)
    )


class ReversalSchema(Schema):
    """Why an entry is reversed, and on which day; today if none is given."""

    reason = fields.String(required=True, validate=validate.Length(max=1000))
    occurred_on = fields.Date(load_default=None, allow_none=True)


class ChartAccountSchema(Schema):
    """An account of the chart."""

    code = fields.String()
    number = fields.String()
    name = fields.String()
    kind = fields.String()
    is_own = fields.Boolean()
    is_confirmed = fields.Boolean()


class ChartSchema(Schema):
    """The chart of accounts of the organisation."""

    plan = fields.String(required=True)
    items = fields.List(fields.Nested(ChartAccountSchema), required=True)


class ChartChangeSchema(Schema):
    """Another number and name."""

    number = fields.String(required=True, validate=validate.Length(max=100))
    name = fields.String(required=True, validate=validate.Length(max=1000))


class OwnAccountSchema(ChartChangeSchema):
    """An account of the organisation's own."""

    id = ClientId(required=True)
    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in AccountKind]))


class TrialArgs(Schema):
    """The day of a trial balance, and from when on to sum what moved."""

    on = fields.Date(load_default=None)
    first = fields.Date(load_default=None)


class TrialRowSchema(Schema):
    """An account of the trial balance; closing = opening + debit - credit."""

    account = fields.Nested(ChartAccountSchema)
    currency = fields.String()
    opening_minor = fields.Integer()
    debit_minor = fields.Integer()
    credit_minor = fields.Integer()
    closing_minor = fields.Integer()


class TrialBalanceSchema(Schema):
    """A trial balance; the closing balances of each currency sum to zero."""

    on = fields.Date()
    first = fields.Date(allow_none=True)
    items = fields.List(fields.Nested(TrialRowSchema), required=True)


class PartySchema(Schema):
    """A producer, a buyer, or a person who holds money."""

    id = fields.UUID()
    name = fields.String()
    code = fields.String(allow_none=True)
    kind = fields.String()


class PartyBalanceSchema(Schema):
    """What a party owes (positive) or is owed (negative) on an account."""

    party = fields.Nested(PartySchema)
    account = fields.Nested(ChartAccountSchema)
    currency = fields.String()
    balance_minor = fields.Integer()


class PartyArgs(PageArgs):
    """Which balances of parties."""

    account = fields.String(load_default=None, validate=validate.Length(max=40))
    q = fields.String(load_default=None, validate=validate.Length(max=100))
    with_settled = fields.Boolean(load_default=False)


class ControlAccountSchema(Schema):
    """An account beside the sum of its parties."""

    account = fields.Nested(ChartAccountSchema)
    currency = fields.String()
    balance_minor = fields.Integer()
    parties_minor = fields.Integer()
    without_party_minor = fields.Integer()
    parties = fields.Integer()
    agrees = fields.Boolean()


class ControlListSchema(Schema):
    """All accounts with sub-ledgers; there are few."""

    items = fields.List(fields.Nested(ControlAccountSchema), required=True)


class StatementArgs(PageArgs):
    """Which part of a statement of account."""

    currency = fields.String(load_default=None, validate=validate.Length(equal=3))
    account = fields.String(load_default=None, validate=validate.Length(max=40))
    first = fields.Date(load_default=None)
    last = fields.Date(load_default=None)


class PartyLineSchema(Schema):
    """A posting on a statement of account; the balance stands after it."""

    entry_id = fields.UUID()
    sequence = fields.Integer()
    occurred_on = fields.Date()
    kind = fields.String()
    description = fields.String()
    account = fields.Nested(ChartAccountSchema)
    amount_minor = fields.Integer()
    balance_minor = fields.Integer()


class PartyStatementSchema(Schema):
    """The statement of account of a party in one currency; debit positive."""

    party = fields.Nested(PartySchema)
    currency = fields.String()
    opening_minor = fields.Integer()
    debit_minor = fields.Integer()
    credit_minor = fields.Integer()
    closing_minor = fields.Integer()
    items = fields.List(fields.Nested(PartyLineSchema))
    page = fields.Integer()
    page_size = fields.Integer()
    total = fields.Integer()


class PeriodSchema(Schema):
    """A month that was closed."""

    id = fields.UUID()
    first_day = fields.Date()
    last_sequence = fields.Integer()
    closed_at = fields.AwareDateTime()
    closed_by_name = fields.String(allow_none=True)
    reopened_at = fields.AwareDateTime(allow_none=True)
    reopened_by_name = fields.String(allow_none=True)
    reopen_reason = fields.String(allow_none=True)


class PeriodCloseSchema(Schema):
    """The month to close; any day of it names it."""

    month = fields.Date(required=True)


class PeriodReopenSchema(PeriodCloseSchema):
    """The month to open again, and why."""

    reason = fields.String(required=True, validate=validate.Length(max=1000))


class PeriodStateSchema(Schema):
    """A month after the command."""

    id = fields.UUID()
    first_day = fields.Date()
    last_sequence = fields.Integer()
    closed_at = fields.AwareDateTime()
    reopened_at = fields.AwareDateTime(allow_none=True)


class YearCloseSchema(Schema):
    """The year to close, by its last day: the end of any month."""

    last_day = fields.Date(required=True)


class YearReopenSchema(Schema):
    """Why the close of a year is taken back."""

    reason = fields.String(required=True, validate=validate.Length(max=1000))


class YearSchema(Schema):
    """The close of a year."""

    entry_id = fields.UUID()
    sequence = fields.Integer()
    last_day = fields.Date()
    posted_at = fields.AwareDateTime()
    posted_by_name = fields.String(allow_none=True)
    reversed_by = fields.Integer(allow_none=True)
    results = fields.Dict(keys=fields.String(), values=fields.Integer())


class DayMarkArgs(Schema):
    """The mark that a paper shows; its first eight digits or more."""

    mark = fields.String(load_default="", validate=validate.Length(max=64))


class DayProofSchema(Schema):
    """What the books say of a day. The mark is sha256 of "organisation:day:sequence:chain hash"."""

    organisation_id = fields.UUID()
    day = fields.Date()
    sequence = fields.Integer()
    chain_hash = fields.String()
    hash = fields.String()
    is_final = fields.Boolean()
    is_kept = fields.Boolean()
    is_whole = fields.Boolean()
    before_sequence = fields.Integer()
    before_hash = fields.String()
    entry_hashes = fields.List(fields.String())
    agrees = fields.Boolean(allow_none=True)
    agrees_at = fields.Integer(allow_none=True)


class LedgerExportArgs(Schema):
    """A period, both days included, and a format."""

    first = fields.Date(required=True)
    last = fields.Date(required=True)
    format = fields.String(required=True, validate=validate.OneOf([one.value for one in ExportFormat]))


class OpeningImportSchema(Schema):
    """A file of opening balances (CSV or .xlsx) in base64; `dry_run` only looks at it."""

    occurred_on = fields.Date(required=True)
    content = fields.String(required=True, validate=validate.Length(max=MAX_FILE_BYTES * 4 // 3 + 4))
    dry_run = fields.Boolean(load_default=True)


class OpeningProblemSchema(Schema):
    """A cell that cannot be taken."""

    row = fields.Integer()
    column = fields.String()
    reason = fields.String()


class OpeningReportSchema(Schema):
    """What a file would post or has posted."""

    sha256 = fields.String()
    rows = fields.Integer()
    problems = fields.List(fields.Nested(OpeningProblemSchema))
    against_minor = fields.Dict(keys=fields.String(), values=fields.Integer())
    entry_id = fields.UUID(allow_none=True)
    posted_now = fields.Boolean()
