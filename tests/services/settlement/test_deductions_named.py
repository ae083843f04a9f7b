"""Each deduction stands on the receipt with its name and the decision that set it: fees, advances, goods, loans, village bank."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.dues.loan_rules import Every
from chain.dues.rules import DueKind
from chain.dues.services.loans import NewLoan, give_loan
from chain.dues.services.movements import NewMovement, add_movement
from chain.ledger.rules import AccountCode
from chain.papers.models import Paper
from tests.support.cast import Cast
from tests.support.settling import add_fee, balances, book, prepare_sale, sold_lots


def test_each_deduction_names_the_decision_that_set_it(session: Session, cast: Cast, now: datetime) -> None:
    sale, (member,) = sold_lots(session, [[10_000]])
    actor = cast.accountant.actor
    add_fee(session, cast, now, 200)
    day = date(2026, 2, 1)
    for kind, note, decision in (
        (DueKind.ADVANCE, "Esquila", "Directiva del 30 de enero"),
        (DueKind.ADVANCE_IN_GOODS, "2 sacos de sal", "Directiva del 31 de enero"),
        (DueKind.VILLAGE_BANK, "Banco La Esperanza", "Acta 7 del banco comunal"),
        (DueKind.VET, "Vacuna", None),
    ):
        new = NewMovement(new_id(), member.id, kind, 1_000, day, note, decided_by=decision)
        assert add_movement(session, actor=actor, now=now, new=new).decided_by == decision
    loan = NewLoan(
        new_id(), member.id, 30_000, 200, 3, Every.MONTH, date(2026, 1, 1), date(2026, 3, 1), "Cerco", "Asamblea 2025"
    )  # fmt: skip
    give_loan(session, actor=actor, now=now, new=loan)
    run = book(session, cast, now, prepare_sale(session, cast, now, sale))
    content = session.scalars(select(Paper)).one().content
    assert [(one["kind"], one["name"], one["decided_by"]) for one in content["deductions"]] == [
        ("fee", "Aporte", "Asamblea del 5 de enero de 2026"),
        ("advance", "Esquila", "Directiva del 30 de enero"),
        ("advance_in_goods", "2 sacos de sal", "Directiva del 31 de enero"),
        ("village_bank", "Banco La Esperanza", "Acta 7 del banco comunal"),
        ("vet", "Vacuna", None),
        ("loan_interest", "Cerco 1/3", "Asamblea 2025"),
        ("loan_instalment", "Cerco 1/3", "Asamblea 2025"),
    ]
    assert sum(one["amount_minor"] for one in content["deductions"]) == run.deductions_minor == 15_500
    assert balances(session, cast)[AccountCode.VILLAGE_BANK.value] == -1_000
