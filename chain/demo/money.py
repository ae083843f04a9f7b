"""Money of the first centre in its many ways: accounts and transfers, one of which came back, an invoice, debts, a loan, the pass-on."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.ids import new_id
from chain.demo.accounts import CENTRES
from chain.demo.plan import Season
from chain.dues.loan_rules import Every
from chain.dues.passing_rules import Goods
from chain.dues.rules import DueKind
from chain.dues.services.loans import NewLoan, give_loan
from chain.dues.services.movements import NewMovement, add_movement
from chain.dues.services.passing import NewObligation, NewPassing, pass_on, receive_goods
from chain.dues.services.programmes import NewProgramme, set_programme
from chain.ledger.rules import AccountCode
from chain.ledger.services.manual import ManualLine, post_manual
from chain.payin.services.invoices import InvoiceWanted, issue_invoice
from chain.payout.models import Payout
from chain.payout.rules import ConfirmationKind, Rail
from chain.payout.services.batches import approve_batch, prepare_batch, send_batch
from chain.payout.services.confirmations import confirm_received
from chain.payout.services.details import confirm_detail, set_detail
from chain.payout.services.files import make_file
from chain.payout.services.settling import record_paid, record_returned
from chain.settlement.models import SettlementLine, SettlementRun

#: The centre whose money is shown in all its ways.
SHOWN = CENTRES[0]
WITH_ACCOUNT = 5
#: Synthetic: no bank has such a number.
ACCOUNT = "999000000000000{:05d}"


def invoice_sale(session: Session, *, actor: Actor, now: datetime, sale_id: UUID) -> None:
    """Issue the invoice of the season's sale."""
    issue_invoice(
        session,
        actor=actor,
        now=now,
        wanted=InvoiceWanted(
            id=new_id(), sale_id=sale_id, due_on=now.date() + timedelta(days=15), note="Campaña 2025"
        ),
    )


def pay_some_by_bank(session: Session, season: Season, run: SettlementRun, now: datetime) -> None:
    """Pay a few members by transfer before the others get cash; one transfer comes back and is paid in cash with the others."""
    accountant = season.houses.actor("contabilidad", SHOWN)
    treasurer = season.houses.actor("tesoreria", SHOWN)
    lines = session.execute(
        select(SettlementLine.id, SettlementLine.producer_id)
        .where(SettlementLine.run_id == run.id, SettlementLine.net_minor > 0)
        .order_by(SettlementLine.id)
        .limit(WITH_ACCOUNT)
    ).all()
    names = {one.id: one.full_name for one in season.fibre_people[SHOWN]}
    for place, line in enumerate(lines):
        detail = set_detail(
            session,
            actor=accountant,
            now=now,
            detail_id=new_id(),
            producer_id=line.producer_id,
            rail=Rail.BANK,
            provider="Banco de la demostración",
            account=ACCOUNT.format(place),
            holder=names[line.producer_id],
        )
        confirm_detail(session, actor=treasurer, now=now, detail_id=detail.id)
    batch = prepare_batch(
        session,
        actor=accountant,
        now=now,
        batch_id=new_id(),
        rail=Rail.BANK,
        pay_on=now.date(),
        run_id=run.id,
        line_ids=[line.id for line in lines],
    )
    approve_batch(session, actor=treasurer, now=now, batch_id=batch.id)
    make_file(session, actor=treasurer, now=now, file_id=new_id(), batch_id=batch.id, own_account="999-1")
    send_batch(session, actor=treasurer, now=now, batch_id=batch.id)
    *arrived, back = session.scalars(
        select(Payout.id).where(Payout.batch_id == batch.id).order_by(Payout.position)
    ).all()
    record_paid(
        session, actor=treasurer, now=now, batch_id=batch.id, payout_ids=arrived, reference="OP-DEMO-001"
    )
    record_returned(
        session,
        actor=treasurer,
        now=now,
        batch_id=batch.id,
        payout_id=back,
        reason="Cuenta cerrada (demostración)",
    )
    confirm_received(
        session,
        actor=treasurer,
        now=now,
        confirmation_id=new_id(),
        payout_id=arrived[0],
        kind=ConfirmationKind.MARK,
        witness_name="Presidencia de la comunidad (demostración)",
    )


def draw_cash(session: Session, *, actor: Actor, now: datetime, run: SettlementRun) -> None:
    """Bring from the bank what is still open of a run, to be paid in cash."""
    still_open = func.sum(SettlementLine.net_minor - SettlementLine.paid_minor)
    amount = int(session.scalar(select(still_open).where(SettlementLine.run_id == run.id)) or 0)
    post_manual(
        session,
        actor=actor,
        now=now,
        entry_id=new_id(),
        occurred_on=now.date(),
        description="Retiro del banco para pagar en efectivo (demostración)",
        lines=[ManualLine(AccountCode.CASH, amount), ManualLine(AccountCode.BANK, -amount)],
    )


def lend_and_pass_on(session: Session, season: Season, now: datetime) -> None:
    """Leave debts, a loan and animals to be passed on in the present campaign."""
    accountant = season.houses.actor("contabilidad", SHOWN)
    people = [one.id for one in season.fibre_people[SHOWN]]
    today = now.date()
    for producer_id, kind, minor, note in (
        (people[1], DueKind.VET, 4_500, "Dosificación de marzo"),
        (people[2], DueKind.FEED, 12_000, "Avena para el invierno"),
        (people[2], DueKind.PRODUCTS, 3_850, "Hilo tomado a cuenta"),
    ):
        new = NewMovement(
            id=new_id(),
            producer_id=producer_id,
            kind=kind,
            amount_minor=minor,
            dated_on=today - timedelta(days=20),
            note=f"{note} (demostración)",
        )
        add_movement(session, actor=accountant, now=now, new=new)
    give_loan(
        session,
        actor=accountant,
        now=now,
        new=NewLoan(
            id=new_id(),
            producer_id=people[3],
            principal_minor=60_000,
            interest_basis_points_a_month=100,
            instalments=6,
            every=Every.MONTH,
            given_on=today - timedelta(days=40),
            first_due_on=today - timedelta(days=10),
            note="Cerco de malla (demostración)",
            decided_by="Asamblea, acta 9 (demostración)",
        ),
    )
    _pass_on(session, accountant, now, people)


def _pass_on(session: Session, actor: Actor, now: datetime, people: Sequence[UUID]) -> None:
    programme = set_programme(
        session,
        actor=actor,
        now=now,
        new=NewProgramme(
            id=new_id(),
            name="Reproductores en pase de cadena (demostración)",
            sponsor="Programa Cadena (demostración)",
            goods=Goods.ANIMALS,
            due_months=36,
            return_percent=100,
            decided_by="Convenio 2025 (demostración)",
        ),
    )
    received = receive_goods(
        session,
        actor=actor,
        now=now,
        new=NewObligation(
            id=new_id(),
            programme_id=programme.id,
            producer_id=people[4],
            species="Alpacas huacaya",
            quantity=2,
            received_on=date(2025, 2, 10),
            witness="Presidencia de la comunidad",
            sex="f",
        ),
    )
    pass_on(
        session,
        actor=actor,
        now=now,
        new=NewPassing(
            id=new_id(),
            obligation_id=received.id,
            quantity=1,
            happened_on=now.date() - timedelta(days=30),
            witness="Presidencia de la comunidad",
            to_producer_id=people[5],
        ),
    )
