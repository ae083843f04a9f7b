"""Contents and drafts of papers for tests, made without any settlement."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.papers.models import Paper
from chain.papers.rules import PaperKind
from chain.papers.services.issue import PaperDraft, issue_papers
from chain.papers.words import amount_in_words
from tests.support.cast import CENTRE, SINCE, Cast, House

#: What papers of these tests are about; nobody registered it.
SUBJECT = "test_subject"

VERSION_1: dict[str, Any] = {
    "version": 1,
    "series": "R001",
    "serial": "R001-00000007",
    "number": 7,
    "organisation": {"name": "Centro", "code": "CC01", "tax_id": "20100", "place": "Lampa", "country": "PE"},
    "run": {"number": 3, "kind": "sale", "commodity": "alpaca-fibre", "sale_number": 2, "buyer": "Michell"},
    "currency": "PEN",
    "unit": "g",
    "issued_at": "2026-03-16T15:00:00+00:00",
    "issued_on": "2026-03-16",
    "paid_by": "Óscar Gallegos",
    "ledger_hash": "ab" * 32,
    "producer": {"name": "Rosa Mamani", "member_code": "CC01-0001", "community": "Palca"},
    "lots": 2,
    "quantity": 5000,
    "deliveries": [
        {"label": "B1", "quantity": 2000, "price_minor_per_unit": None, "amount_minor": 9000},
        {"label": "S2", "quantity": 3000, "price_minor_per_unit": 4500, "amount_minor": 13_500},
    ],
    "deductions": [
        {"kind": "fee", "name": "Aporte", "basis_points": 250, "decided_by": "Asamblea", "amount_minor": 563},
        {"kind": "advance", "name": "Esquila", "basis_points": None, "decided_by": None, "amount_minor": 500},
    ],
    "gross_minor": 22_500,
    "deductions_minor": 1063,
    "net_minor": 21_437,
    "net_in_words": "DOSCIENTOS CATORCE CON 37/100 SOLES",
}


def _line(
    label: str, amount_minor: int, quantity: int | None = None, price: int | None = None
) -> dict[str, Any]:
    return {
        "label": label,
        "quantity": quantity,
        "price_minor_per_unit": price,
        "amount_minor": amount_minor,
        "note": None,
    }


DEDUCTIONS: tuple[dict[str, Any], ...] = (
    {
        "kind": "fee",
        "name": "Aporte a la asociación",
        "basis_points": 250,
        "amount_minor": 1464,
        "decided_by": "Asamblea del 5 de enero de 2026",
        "note": None,
    },
    {
        "kind": "advance",
        "name": "Sal mineral",
        "basis_points": None,
        "amount_minor": 10_000,
        "decided_by": None,
        "note": "cuota 2 de 4",
    },
)


def receipt_content(name: str = "Rosa María Quispe", currency: str = "PEN", days: int = 0) -> dict[str, Any]:
    """Return a receipt of a dairy's fortnight, version 2; `days` adds a line for each of them."""
    lines = [_line("Leche de lunes a sábado", 51_563, 312_500, 165), _line("Diferencia de balanza", -198)]
    lines += [_line(f"Entrega del día {day}", 165 * day, 1000 * day, 165) for day in range(1, days + 1)]
    blocks: list[dict[str, Any]] = [
        {"key": "weekday", "label": "Días de semana", "lines": lines},
        {"key": "sunday", "label": "Domingo", "lines": [_line("Leche del domingo", 7200, 48_000, 150)]},
    ]
    for block in blocks:
        block["subtotal_minor"] = sum(one["amount_minor"] for one in block["lines"])
    earned = sum(block["subtotal_minor"] for block in blocks)
    net = earned + 2500 - 11_464
    return {
        "version": 2,
        "organisation": {
            "name": "Asociación Flor de Ichu",
            "code": "CC01",
            "tax_id": "20448123456",
            "address": "Lampa",
            "country": "BO" if currency == "BOB" else "PE",
        },
        "run": {
            "number": 14,
            "kind": "period",
            "commodity": "raw-milk",
            "period_from": "2026-03-01",
            "period_to": "2026-03-15",
        },
        "party": {
            "name": name,
            "member_code": "CC01-0001",
            "document_masked": "••••4518",
            "community": "Palca",
        },
        "unit": "ml",
        "currency": currency,
        "blocks": blocks,
        "earned_minor": earned,
        "deductions": [dict(one) for one in DEDUCTIONS],
        "other_income": [{"name": "Transporte", "amount_minor": 2500, "note": None}],
        "gross_minor": earned,
        "deductions_minor": 11_464,
        "net_minor": net,
        "net_in_words": amount_in_words(net, currency),
        "debts_left": [{"name": "Sal mineral", "balance_minor": 20_000}],
        "rate": None,
        "prepared_by": "Ana",
        "approved_by": "Luis",
        "accounted_by": "Óscar Gallegos",
        "notes": ["Sin análisis del 3 al 5."],
        "quantity": 359_300,
        "deliveries": 30,
    }


def draft(
    *, party_id: UUID | None = None, subject_id: UUID | None = None, content: dict[str, Any] | None = None
) -> PaperDraft:
    """Return a draft of a receipt about something of its own."""
    content = content or receipt_content()
    return PaperDraft(
        SUBJECT, subject_id or new_id(), party_id, content["currency"], content["net_minor"], content
    )


def issue(
    session: Session,
    cast: Cast,
    drafts: Sequence[PaperDraft],
    *,
    house: House = CENTRE,
    kind: PaperKind = PaperKind.RECEIPT,
    series: str | None = None,
) -> list[Paper]:
    """Issue papers as the treasurer of the centre, or anybody of another house."""
    actor = cast.treasurer.actor if house == CENTRE else cast.outsider.actor
    return issue_papers(
        session, actor=actor, now=SINCE, organisation_id=house.id, kind=kind, drafts=drafts, series=series
    )
