"""JSON shapes of payin: amounts in minor units."""

from marshmallow import fields, validate

from chain.core.money import CURRENCIES
from chain.payin.rules import MAX_AMOUNT_MINOR, MAX_NAME, InvoiceState, LineState, Means, RefundState
from chain.web.api import ClientId, PageArgs, Schema

ID_TEXT = "Made by the client; the same id may be sent again."
AMOUNT = validate.Range(min=1, max=MAX_AMOUNT_MINOR)
MAX_INVOICES = 200
#: Base64 of the largest file.
MAX_CONTENT = 6_700_000


class BuyerRecordSchema(Schema):
    """How a buyer keeps its contracts, over all sellers."""

    buyer_id = fields.UUID()
    name = fields.String()
    payments = fields.Integer()
    median_days = fields.String(
        allow_none=True,
        metadata={
            "description": "Days from the last arrival to the payment; null with fewer than three payments."
        },
    )
    sales = fields.Integer()
    cancelled = fields.Integer()
    buyer_defaults = fields.Integer()
    seller_defaults = fields.Integer()


class SecuredSaleSchema(Schema):
    """A sale whose buyer pays before the goods leave. Amounts in minor units of the seller's books."""

    sale_id = fields.UUID()
    number = fields.Integer()
    buyer_name = fields.String()
    currency = fields.String()
    due_minor = fields.Integer()
    paid_minor = fields.Integer()
    left_minor = fields.Integer(metadata={"description": "What the lots that have left are worth."})
    held_minor = fields.Integer(metadata={"description": "Paid and not shared out."})
    accepted_on = fields.Date(
        allow_none=True,
        metadata={
            "description": "From when the goods count as accepted; it may lie ahead. Null: not all have arrived, or a claim waits."
        },
    )
    pay_by = fields.Date(
        allow_none=True, metadata={"description": "By when the producers were promised their money."}
    )
    run_id = fields.UUID(allow_none=True)
    open_minor = fields.Integer(
        allow_none=True,
        metadata={"description": "Still owed to producers; null: no settlement is in the books."},
    )


class SecuredQuery(PageArgs):
    """Which secured sales are wanted."""

    open = fields.Boolean(load_default=False, metadata={"description": "Only those that are not shared out."})


class NoticeTakenSchema(Schema):
    """What became of a notice."""

    outcome = fields.String(
        metadata={"description": "applied, nothing (none of ours) or known (it came before)"}
    )


class InvoiceListArgs(PageArgs):
    """Which invoices are listed."""

    state = fields.String(load_default=None, validate=validate.OneOf([one.value for one in InvoiceState]))
    buyer_id = fields.UUID(load_default=None)
    sale_id = fields.UUID(load_default=None)


class ReplacedInvoiceSchema(Schema):
    """A voided invoice that another one stands for."""

    id = fields.UUID()
    serial = fields.String()


class InvoiceSchema(Schema):
    """An invoice: amount - credited - paid = open; below zero it is overpaid."""

    id = fields.UUID()
    serial = fields.String()
    sale_id = fields.UUID()
    buyer_id = fields.UUID()
    buyer_name = fields.String()
    seller_name = fields.String()
    currency = fields.String()
    amount_minor = fields.Integer()
    credited_minor = fields.Integer()
    paid_minor = fields.Integer()
    open_minor = fields.Integer()
    state = fields.String()
    issued_on = fields.Date()
    due_on = fields.Date()
    paper_id = fields.UUID(metadata={"description": "The numbered paper; /papers/… draws it as PDF."})
    replaces = fields.List(
        fields.Nested(ReplacedInvoiceSchema),
        metadata={"description": "Voided invoices of the sale whose lots it asks for again."},
    )


class InvoiceArgs(Schema):
    """An invoice to issue."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    sale_id = fields.UUID(required=True)
    due_on = fields.Date(required=True)
    lot_ids = fields.List(
        fields.UUID(), load_default=None, allow_none=True, validate=validate.Length(max=2000)
    )
    bank_account_id = fields.UUID(load_default=None, allow_none=True)
    note = fields.String(load_default="", validate=validate.Length(max=MAX_NAME))


class VoidInvoiceArgs(Schema):
    """Why an invoice is voided."""

    reason = fields.String(required=True, validate=validate.Length(min=3, max=MAX_NAME))


class CreditNoteArgs(Schema):
    """A credit note to issue."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    amount_minor = fields.Integer(required=True, strict=True, validate=AMOUNT)
    reason = fields.String(required=True, validate=validate.Length(min=3, max=MAX_NAME))


class CreditNoteSchema(Schema):
    """A credit note."""

    id = fields.UUID()
    serial = fields.String()
    invoice_id = fields.UUID()
    amount_minor = fields.Integer()
    reason = fields.String()
    issued_on = fields.Date()
    paper_id = fields.UUID()


class ReceivedPaymentArgs(PageArgs):
    """Which payments are listed."""

    with_credit = fields.Boolean(load_default=False)


class BuyerPaymentArgs(Schema):
    """Money of a buyer to record."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    buyer_id = fields.UUID(required=True)
    amount_minor = fields.Integer(required=True, strict=True, validate=AMOUNT)
    currency = fields.String(required=True, validate=validate.OneOf(list(CURRENCIES)))
    book_minor = fields.Integer(
        load_default=None,
        allow_none=True,
        strict=True,
        validate=AMOUNT,
        metadata={"description": "Worth in the books on that day, for another currency."},
    )
    paid_on = fields.Date(required=True)
    means = fields.String(load_default="bank", validate=validate.OneOf([Means.BANK.value, Means.CASH.value]))
    sale_id = fields.UUID(load_default=None, allow_none=True)
    invoice_ids = fields.List(
        fields.UUID(), load_default=None, allow_none=True, validate=validate.Length(max=MAX_INVOICES)
    )
    reference = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_NAME))
    bank_account_id = fields.UUID(load_default=None, allow_none=True)


class BuyerPaymentSchema(Schema):
    """Money that a buyer paid; `credit_minor` settled nothing yet."""

    id = fields.UUID()
    buyer_id = fields.UUID()
    buyer_name = fields.String()
    sale_id = fields.UUID(allow_none=True)
    currency = fields.String()
    amount_minor = fields.Integer()
    book_minor = fields.Integer()
    credit_minor = fields.Integer()
    paid_on = fields.Date()
    means = fields.String()
    reference = fields.String(allow_none=True)


class UseCreditArgs(Schema):
    """What the credit of a payment pays: these invoices in this order, or the oldest open ones."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    invoice_ids = fields.List(
        fields.UUID(), load_default=None, allow_none=True, validate=validate.Length(1, MAX_INVOICES)
    )


class BuyerRefundArgs(Schema):
    """Money that is to go back to a buyer."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    amount_minor = fields.Integer(
        load_default=None,
        allow_none=True,
        strict=True,
        validate=AMOUNT,
        metadata={"description": "missing: all of it"},
    )
    reason = fields.String(required=True, validate=validate.Length(min=3, max=MAX_NAME))
    is_mistake = fields.Boolean(
        load_default=False,
        metadata={"description": "the payment never was: all of it leaves the books, no money moves"},
    )


class BuyerRefundListArgs(PageArgs):
    """Which refunds are listed."""

    state = fields.String(load_default=None, validate=validate.OneOf([one.value for one in RefundState]))


class BuyerRefundSchema(Schema):
    """Money that goes back: asked, approved (on its way), done, failed or declined."""

    id = fields.UUID()
    number = fields.Integer(metadata={"description": "In its organisation, from 1 without a gap."})
    payment_id = fields.UUID()
    amount_minor = fields.Integer()
    currency = fields.String()
    reason = fields.String()
    is_mistake = fields.Boolean()
    state = fields.String()
    asked_at = fields.AwareDateTime()
    asked_by = fields.UUID(allow_none=True)
    answered_at = fields.AwareDateTime(allow_none=True)
    answered_by = fields.UUID(allow_none=True)
    entry_id = fields.UUID(allow_none=True)


class PaymentUseSchema(Schema):
    """What a part of a payment settled, or that it went back; below zero it was undone."""

    kind = fields.String(metadata={"description": "invoice, sale, refund or dispute"})
    invoice_id = fields.UUID(allow_none=True)
    sale_id = fields.UUID(allow_none=True)
    amount_minor = fields.Integer()
    settled_minor = fields.Integer(metadata={"description": "Of the debt, in the currency of the books."})
    made_at = fields.AwareDateTime()
    entry_id = fields.UUID(allow_none=True)


class CardDisputeSchema(Schema):
    """A payment by card that the holder of the card contests."""

    id = fields.UUID()
    amount_minor = fields.Integer()
    currency = fields.String()
    reason = fields.String()
    state = fields.String()
    opened_at = fields.AwareDateTime()
    closed_at = fields.AwareDateTime(allow_none=True)


class BuyerPaymentDetailSchema(BuyerPaymentSchema):
    """A payment with what it settled, what may still go back, its refunds and disputes."""

    refundable_minor = fields.Integer()
    uses = fields.List(fields.Nested(PaymentUseSchema))
    refunds = fields.List(fields.Nested(BuyerRefundSchema))
    disputes = fields.List(fields.Nested(CardDisputeSchema))


class BankAccountArgs(Schema):
    """A bank account to keep."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    bank = fields.String(required=True, validate=validate.Length(1, MAX_NAME))
    number = fields.String(required=True, validate=validate.Length(1, 40))
    interbank = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=40))
    currency = fields.String(required=True, validate=validate.OneOf(list(CURRENCIES)))


class BankAccountListArgs(PageArgs):
    """Which bank accounts are listed."""

    closed = fields.Boolean(load_default=False, metadata={"description": "Closed ones too."})


class BankColumnsSchema(Schema):
    """Which column of a bank's CSV files is what; either amount, or credit and debit."""

    date = fields.String(required=True, validate=validate.Length(1, MAX_NAME))
    text = fields.String(required=True, validate=validate.Length(1, MAX_NAME))
    amount = fields.String(load_default="", validate=validate.Length(max=MAX_NAME))
    credit = fields.String(load_default="", validate=validate.Length(max=MAX_NAME))
    debit = fields.String(load_default="", validate=validate.Length(max=MAX_NAME))
    counterparty = fields.String(load_default="", validate=validate.Length(max=MAX_NAME))
    reference = fields.String(load_default="", validate=validate.Length(max=MAX_NAME))
    balance = fields.String(load_default="", validate=validate.Length(max=MAX_NAME))
    day_first = fields.Boolean(load_default=True)


class BankAccountSchema(Schema):
    """An account at a bank."""

    id = fields.UUID()
    bank = fields.String()
    number = fields.String()
    interbank = fields.String(allow_none=True)
    currency = fields.String()
    columns = fields.Nested(BankColumnsSchema, attribute="mapping", allow_none=True)
    added_at = fields.AwareDateTime()
    closed_at = fields.AwareDateTime(allow_none=True)


class SetAsideArgs(Schema):
    """Why a line of a statement is no payment of a buyer."""

    note = fields.String(required=True, validate=validate.Length(min=3, max=MAX_NAME))


class StatementListArgs(PageArgs):
    """Which statements are listed."""


class StatementSchema(Schema):
    """A statement of a bank account."""

    id = fields.UUID()
    bank_account_id = fields.UUID()
    file_name = fields.String()
    format = fields.String()
    first_on = fields.Date(allow_none=True)
    last_on = fields.Date(allow_none=True)
    opening_minor = fields.Integer(allow_none=True)
    closing_minor = fields.Integer(allow_none=True)
    lines = fields.Integer()
    duplicates = fields.Integer(metadata={"description": "Lines that an earlier file had brought."})


class StatementFileArgs(Schema):
    """A file to import."""

    bank_account_id = fields.UUID(required=True)
    file_name = fields.String(required=True, validate=validate.Length(min=1, max=MAX_NAME))
    content = fields.String(
        required=True,
        validate=validate.Length(max=MAX_CONTENT),
        metadata={"description": "The file in Base64."},
    )


class StatementLineArgs(PageArgs):
    """Which lines are listed."""

    state = fields.String(load_default=None, validate=validate.OneOf([one.value for one in LineState]))


class StatementProposalSchema(Schema):
    """What a line may pay."""

    invoice_ids = fields.List(fields.UUID())
    score = fields.Integer()
    reasons = fields.List(fields.String())


class StatementLineSchema(Schema):
    """A line of a statement; money in is above zero."""

    id = fields.UUID()
    booked_on = fields.Date()
    amount_minor = fields.Integer()
    text = fields.String()
    counterparty = fields.String()
    reference = fields.String()
    state = fields.String()
    payment_id = fields.UUID(allow_none=True)
    proposals = fields.List(fields.Nested(StatementProposalSchema))


class StatementMatchArgs(Schema):
    """What a line is: invoices that it pays, a buyer, or a payment that was recorded by hand."""

    invoice_ids = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=MAX_INVOICES))
    buyer_id = fields.UUID(load_default=None, allow_none=True)
    payment_id = fields.UUID(load_default=None, allow_none=True)
    book_minor = fields.Integer(load_default=None, allow_none=True, strict=True, validate=AMOUNT)
