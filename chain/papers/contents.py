"""What a settlement receipt says, as it is frozen at issue. Version 2; version 1 is read as if it were version 2. Pure.

Amounts are integers in minor units of `currency`; quantities in grams or millilitres (`unit`); days in ISO form. Deductions
and other amounts that lower the net are positive. `issue_papers` adds kind, series, number, serial, issued_on, issued_at, ledger_day and ledger_hash.
"""

from collections.abc import Mapping
from typing import Any, Final, NotRequired, TypedDict

VERSION: Final = 2


class HousePart(TypedDict):
    """The house that issues the paper."""

    name: str
    country: str
    code: NotRequired[str]
    tax_id: NotRequired[str | None]
    address: NotRequired[str | None]


class RunPart(TypedDict):
    """The settlement that the receipt belongs to."""

    number: int
    #: sale, period or gate
    kind: str
    commodity: str
    period_from: str | None
    period_to: str | None
    sale_number: NotRequired[int | None]
    buyer: NotRequired[str | None]


class PartyPart(TypedDict):
    """Who is paid."""

    name: str
    member_code: str | None
    document_masked: NotRequired[str | None]
    community: str | None


class LinePart(TypedDict):
    """One amount that was earned, or one that lowers what a block earned."""

    #: a class, a commodity's key (translated when drawn) or words
    label: str
    quantity: int | None
    price_minor_per_unit: int | None
    amount_minor: int
    note: str | None
    #: the inputs of the formula as data, put into words when drawn (labels.py); instead of a note
    explanation: NotRequired[dict[str, Any] | None]


class BlockPart(TypedDict):
    """What was earned under one heading: a payroll of the fortnight, premiums, the delivery of a sale."""

    key: str
    #: null when there is one block only and it needs no heading
    label: str | None
    #: the zone of a dairy's payroll
    zone: NotRequired[str | None]
    lines: list[LinePart]
    subtotal_minor: int


class DeductionPart(TypedDict):
    """One thing that is taken off, with its rule and the decision that set it."""

    kind: str
    name: str
    basis_points: int | None
    #: positive
    amount_minor: int
    decided_by: str | None
    note: str | None
    explanation: NotRequired[dict[str, Any] | None]


class IncomePart(TypedDict):
    """Something that is paid besides the goods."""

    name: str
    amount_minor: int
    note: str | None


class DebtPart(TypedDict):
    """What the party still owes after this payment."""

    name: str
    balance_minor: int


class RatePart(TypedDict):
    """The exchange rate that was frozen on the contract."""

    currency: str
    book_currency: str
    #: units of `book_currency` for a million units of `currency`
    rate_millionths: int
    on: str
    source: str | None


class ReceiptContent(TypedDict):
    """The content of a settlement receipt, version 2."""

    version: int
    organisation: HousePart
    run: RunPart
    party: PartyPart
    #: g or ml
    unit: str
    currency: str
    blocks: list[BlockPart]
    #: the sum of the blocks
    earned_minor: int
    deductions: list[DeductionPart]
    other_income: list[IncomePart]
    #: as the run counts it: what was earned before deductions
    gross_minor: int
    deductions_minor: int
    #: earned + other income - deductions, never negative
    net_minor: int
    net_in_words: str
    debts_left: list[DebtPart]
    rate: RatePart | None
    prepared_by: str | None
    approved_by: str | None
    accounted_by: str | None
    notes: list[str]
    quantity: NotRequired[int | None]
    deliveries: NotRequired[int | None]


def check_sums(content: Mapping[str, Any]) -> None:
    """See that the parts of a receipt sum to the whole; a receipt that does not is a mistake of the program.

    Raises:
        ValueError: names the sum that differs.
    """
    for block in content["blocks"]:
        _same(
            f"block {block['key']}",
            sum(one["amount_minor"] for one in block["lines"]),
            block["subtotal_minor"],
        )
    earned = sum(block["subtotal_minor"] for block in content["blocks"])
    _same("earned", earned, content["earned_minor"])
    other = sum(one["amount_minor"] for one in content["other_income"])
    taken = sum(one["amount_minor"] for one in content["deductions"])
    _same("deductions", taken, content["deductions_minor"])
    _same("net", earned + other - taken, content["net_minor"])


def _same(what: str, found: int, said: int) -> None:
    if found != said:
        message = f"{what}: the parts sum to {found}, the content says {said}"
        raise ValueError(message)


def party_name(content: Mapping[str, Any]) -> str:
    """Return the name of whom a paper is for, in any version; empty when it is for nobody in particular."""
    party = content.get("party") or content.get("producer") or {}
    return str(party.get("name") or "")


def as_version_2(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a receipt's content as version 2 would have said it; what is frozen stays as it is."""
    if content.get("version", 1) >= VERSION:
        return dict(content)
    lines = [{**one, "note": None} for one in content["deliveries"]]
    run = {"period_from": None, "period_to": None, **content["run"]}
    house = content["organisation"]
    return {
        **content,
        "organisation": {**house, "address": house.get("place")},
        "run": run,
        "party": {**content["producer"], "document_masked": None},
        "blocks": [
            {"key": "deliveries", "label": None, "lines": lines, "subtotal_minor": content["gross_minor"]}
        ],
        "earned_minor": content["gross_minor"],
        "deductions": [{**one, "note": None} for one in content["deductions"]],
        "other_income": [],
        "debts_left": [],
        "rate": None,
        "prepared_by": None,
        "approved_by": None,
        "accounted_by": content.get("paid_by"),
        "notes": [],
        "deliveries": content["lots"],
    }
