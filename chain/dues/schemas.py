"""JSON shapes of dues: amounts in minor units, animals in head, seed in grams."""

from marshmallow import fields, validate

from chain.dues.loan_rules import MAX_INSTALMENTS, MAX_INTEREST_BASIS_POINTS, Every
from chain.dues.passing_rules import MAX_MONTHS, MAX_PERCENT, MAX_SEED_G, SEX_LABELS, Goods, Standing
from chain.dues.rules import MAX_AMOUNT_MINOR, MAX_NAME, MAX_ORDER, MOVEMENT_ACCOUNTS, DueKind, Source
from chain.dues.services.loans import LOAN_SOURCES
from chain.dues.services.movements import TYPED_KINDS
from chain.dues.services.rules import SETTABLE, SETTABLE_BASES
from chain.web.api import ClientId, PageArgs, Schema

ID_TEXT = "Made by the client; the same id may be sent again."
_AMOUNT = validate.Range(min=1, max=MAX_AMOUNT_MINOR)
_TEXT = validate.Length(min=1, max=MAX_NAME)
_DECISION = fields.String(
    load_default=None,
    allow_none=True,
    validate=validate.Length(max=MAX_NAME),
    metadata={"description": "The decision that the debt follows; it stands on the receipt."},
)


class AdvanceSchema(Schema):
    """Money given before a payment."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    producer_id = fields.UUID(required=True)
    amount_minor = fields.Integer(required=True, strict=True, validate=_AMOUNT)
    given_on = fields.Date(required=True)
    note = fields.String(required=True, validate=_TEXT)
    decided_by = _DECISION
    recovered_minor = fields.Integer(dump_only=True)
    currency = fields.String(dump_only=True)
    entry_id = fields.UUID(dump_only=True, allow_none=True)


class AdvanceArgs(PageArgs):
    """Which advances are listed."""

    open = fields.Boolean(load_default=False)


class DebtArgs(PageArgs):
    """Which debts are listed."""

    open = fields.Boolean(load_default=False)
    kind = fields.String(
        load_default=None, validate=validate.OneOf([kind.value for kind in MOVEMENT_ACCOUNTS])
    )
    producer_id = fields.UUID(load_default=None)


class ProducerDebtSchema(Schema):
    """A debt of a producer."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    producer_id = fields.UUID(required=True)
    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in TYPED_KINDS]))
    amount_minor = fields.Integer(required=True, strict=True, validate=_AMOUNT)
    dated_on = fields.Date(required=True)
    note = fields.String(required=True, validate=_TEXT)
    source = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf([one.value for one in Source]),
        metadata={"description": "What the organisation gave; null: what is usual for the kind."},
    )
    decided_by = _DECISION
    number = fields.Integer(dump_only=True)
    balance_minor = fields.Integer(dump_only=True)
    currency = fields.String(dump_only=True)
    loan_id = fields.UUID(dump_only=True, allow_none=True)
    instalment = fields.Integer(dump_only=True, allow_none=True)
    entry_id = fields.UUID(dump_only=True, allow_none=True)


class DueApplicationSchema(Schema):
    """What was taken for a debt, or given back to it (negative)."""

    id = fields.UUID()
    kind = fields.String()
    amount_minor = fields.Integer()
    applied_on = fields.Date()
    run_id = fields.UUID(allow_none=True)
    restores_id = fields.UUID(allow_none=True)
    reason = fields.String(allow_none=True)
    entry_id = fields.UUID(allow_none=True)


class ProducerDebtDetailSchema(ProducerDebtSchema):
    """A debt with what was taken for it; the amounts sum to amount less balance."""

    applications = fields.List(fields.Nested(DueApplicationSchema))


class RepaymentSchema(Schema):
    """Money that a producer brought for a debt."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    amount_minor = fields.Integer(required=True, strict=True, validate=_AMOUNT)
    paid_on = fields.Date(required=True)
    into = fields.String(
        load_default=Source.CASH.value, validate=validate.OneOf([Source.CASH.value, Source.BANK.value])
    )


class WriteOffSchema(Schema):
    """The decision by which the rest of a debt is let go."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    decision = fields.String(required=True, validate=_TEXT)


class DueReasonSchema(Schema):
    """Why something is cancelled or taken back."""

    reason = fields.String(required=True, validate=_TEXT)


class LoanSchema(Schema):
    """A loan to a producer, paid back in equal parts with simple interest."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    producer_id = fields.UUID(required=True)
    principal_minor = fields.Integer(required=True, strict=True, validate=_AMOUNT)
    interest_basis_points_a_month = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=0, max=MAX_INTEREST_BASIS_POINTS)
    )
    instalments = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=1, max=MAX_INSTALMENTS)
    )
    every = fields.String(required=True, validate=validate.OneOf([one.value for one in Every]))
    given_on = fields.Date(required=True)
    first_due_on = fields.Date(required=True)
    note = fields.String(required=True, validate=_TEXT)
    decided_by = fields.String(required=True, validate=_TEXT)
    source = fields.String(
        load_default=Source.CASH.value, validate=validate.OneOf([one.value for one in LOAN_SOURCES])
    )
    currency = fields.String(dump_only=True)
    entry_id = fields.UUID(dump_only=True, allow_none=True)


class LoanInstalmentSchema(Schema):
    """One instalment as it stands."""

    number = fields.Integer()
    due_on = fields.Date()
    principal_minor = fields.Integer()
    interest_minor = fields.Integer()
    open_minor = fields.Integer()
    is_late = fields.Boolean()


class LoanDetailSchema(LoanSchema):
    """A loan with its schedule."""

    schedule = fields.List(fields.Nested(LoanInstalmentSchema))


class LoanArgs(PageArgs):
    """Which loans are listed."""

    open = fields.Boolean(load_default=False)
    late = fields.Boolean(load_default=False)


class LoanStandingSchema(LoanSchema):
    """A loan with what is open and late of it, interest included."""

    open_minor = fields.Integer()
    late_minor = fields.Integer()
    last_due_on = fields.Date()


class EarlyArgs(Schema):
    """The day of an early payment."""

    on = fields.Date(load_default=None)


class EarlyPaymentSchema(Schema):
    """Everything that is open of a loan, paid on a day."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    paid_on = fields.Date(required=True)
    into = fields.String(
        load_default=Source.CASH.value, validate=validate.OneOf([Source.CASH.value, Source.BANK.value])
    )


class EarlyCostSchema(Schema):
    """What paying the rest of a loan costs: all principal, and interest of the periods that have begun."""

    principal_minor = fields.Integer()
    interest_minor = fields.Integer()
    waived_minor = fields.Integer(metadata={"description": "Interest that is let go."})
    total_minor = fields.Integer()


class TaxPartSchema(Schema):
    """One of the taxes that a withholding is made of."""

    name = fields.String(required=True, validate=_TEXT)
    basis_points = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=10_000))


class FeeSchema(Schema):
    """What is taken from every payment: a percentage in hundredths of a percent, or an amount."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    name = fields.String(required=True, validate=_TEXT)
    kind = fields.String(
        load_default=DueKind.FEE.value, validate=validate.OneOf([kind.value for kind in SETTABLE])
    )
    basis = fields.String(
        load_default="percent_of_gross", validate=validate.OneOf([one.value for one in SETTABLE_BASES])
    )
    basis_points = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(min=1, max=10_000)
    )
    value = fields.Integer(
        load_default=None,
        allow_none=True,
        strict=True,
        validate=_AMOUNT,
        metadata={"description": "Of a basis other than a percentage: minor units per kg, litre or payment."},
    )
    position = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(min=0, max=MAX_ORDER)
    )
    taxes = fields.List(
        fields.Nested(TaxPartSchema), load_default=list, validate=validate.Length(max=5), load_only=True
    )
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(load_default=None, allow_none=True)
    decided_by = fields.String(required=True, validate=_TEXT)
    decision_document = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(max=MAX_NAME)
    )
    decided_on = fields.Date(load_default=None, allow_none=True)
    confirmed_at = fields.AwareDateTime(dump_only=True, allow_none=True)


class GroupChargeSchema(Schema):
    """An amount that the producers of a zone, or all, owe together."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    zone_id = fields.UUID(load_default=None, allow_none=True)
    zone_name = fields.String(dump_only=True, allow_none=True)
    name = fields.String(required=True, validate=_TEXT)
    amount_minor = fields.Integer(required=True, strict=True, validate=_AMOUNT)
    currency = fields.String(dump_only=True)
    charged_on = fields.Date(required=True)
    decided_by = fields.String(required=True, validate=_TEXT)
    withdrawn_at = fields.AwareDateTime(dump_only=True, allow_none=True)


class RecoveryCapSchema(Schema):
    """What a household keeps of each payment at least, in hundredths of a percent."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    left_basis_points = fields.Integer(required=True, strict=True, validate=validate.Range(min=0, max=10_000))
    valid_from = fields.Date(required=True)
    decided_by = fields.String(required=True, validate=_TEXT)


class CapInForceSchema(Schema):
    """What holds today; without a decision it is the platform's default."""

    left_basis_points = fields.Integer(attribute="basis_points_left_at_least")
    decided_by = fields.String(allow_none=True)


class PassingProgrammeSchema(Schema):
    """Who gave animals or seed, and by when as much must be passed on."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    name = fields.String(required=True, validate=_TEXT)
    sponsor = fields.String(required=True, validate=_TEXT)
    goods = fields.String(required=True, validate=validate.OneOf([one.value for one in Goods]))
    due_months = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(min=1, max=MAX_MONTHS)
    )
    return_percent = fields.Integer(
        load_default=100, strict=True, validate=validate.Range(min=1, max=MAX_PERCENT)
    )
    decided_by = fields.String(required=True, validate=_TEXT)


class PassingArgs(PageArgs):
    """Which obligations are listed."""

    standing = fields.String(load_default=None, validate=validate.OneOf([one.value for one in Standing]))
    producer_id = fields.UUID(load_default=None)
    programme_id = fields.UUID(load_default=None)


_QUANTITY = validate.Range(min=1, max=MAX_SEED_G)


class PassingObligationSchema(Schema):
    """What a family received and must pass on: head, or grams of seed."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    programme_id = fields.UUID(required=True)
    producer_id = fields.UUID(required=True)
    species = fields.String(required=True, validate=_TEXT)
    sex = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(list(SEX_LABELS)))
    quantity = fields.Integer(required=True, strict=True, validate=_QUANTITY)
    born_on = fields.Date(load_default=None, allow_none=True)
    received_on = fields.Date(required=True)
    witness = fields.String(required=True, validate=_TEXT)
    note = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_NAME))
    number = fields.Integer(dump_only=True)
    unit = fields.String(dump_only=True)
    owed = fields.Integer(dump_only=True)
    still_owed = fields.Integer(dump_only=True)
    due_on = fields.Date(dump_only=True)
    source_producer_id = fields.UUID(dump_only=True, allow_none=True)


class PassingEntrySchema(Schema):
    """What was passed on to the next family."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    quantity = fields.Integer(required=True, strict=True, validate=_QUANTITY)
    happened_on = fields.Date(required=True)
    to_producer_id = fields.UUID(load_default=None, allow_none=True)
    to_name = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_NAME))
    witness = fields.String(required=True, validate=_TEXT)
    kind = fields.String(dump_only=True)
    reason = fields.String(dump_only=True, allow_none=True)
    restores_id = fields.UUID(dump_only=True, allow_none=True)


class PassingLossSchema(Schema):
    """What need not be passed on, with the cause and the decision of the committee."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    quantity = fields.Integer(required=True, strict=True, validate=_QUANTITY)
    happened_on = fields.Date(required=True)
    reason = fields.String(required=True, validate=_TEXT)


class PassingDetailSchema(PassingObligationSchema):
    """An obligation with its entries."""

    entries = fields.List(fields.Nested(PassingEntrySchema))
