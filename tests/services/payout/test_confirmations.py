"""Who received the money says so: with a signature, the card, or a mark that somebody else saw."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chain.accounts.models import User
from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, SamePerson, ValidationFailed
from chain.core.ids import new_id
from chain.payout.errors import (
    BatchStateRefused,
    CardDoesNotFit,
    DetailsAlreadyConfirmed,
    NotTheCollector,
    OwnWitness,
    PayoutStateRefused,
    WitnessNeeded,
)
from chain.payout.models import PaymentDetail
from chain.payout.queries.details import destinations
from chain.payout.rules import ConfirmationKind, Rail
from chain.payout.services.batches import approve_batch, discard_batch
from chain.payout.services.confirmations import confirm_received
from chain.payout.services.details import confirm_detail, end_detail, set_detail
from chain.payout.services.files import make_file
from chain.payout.services.limits import end_layout, set_layout
from chain.payout.services.settling import record_paid
from chain.producers.models import Producer
from chain.producers.services.cards import issue_cards
from tests.support.cast import Cast
from tests.support.paying import accounted_run, add_account, batch_of, payments_of


def test_a_mark_counts_with_a_witness_and_a_card_only_when_it_is_the_receivers(
    session: Session, cast: Cast, now: datetime
) -> None:
    run, members = accounted_run(session, cast, now, [[10_000], [20_000], [30_000]])
    batch = batch_of(session, cast, now, run)
    first, second, third = payments_of(session, batch)
    inputs: dict[str, Any] = {"actor": cast.treasurer.actor, "now": now}

    def confirm(payout_id: Any, kind: ConfirmationKind, **more: Any) -> Any:
        said = {"confirmation_id": new_id(), "payout_id": payout_id, "kind": kind, **more}
        return confirm_received(session, **{**inputs, **said})

    with pytest.raises(PayoutStateRefused):
        confirm(first.id, ConfirmationKind.SIGNATURE)
    record_paid(session, batch_id=batch.id, payout_ids=[one.id for one in (first, second, third)], **inputs)
    with pytest.raises(WitnessNeeded):
        confirm(first.id, ConfirmationKind.MARK, witness_name="  ")
    receiver = session.get_one(Producer, first.producer_id)
    treasurer = session.get_one(User, cast.treasurer.id)
    backwards = " ".join(reversed(receiver.full_name.upper().split()))
    for own in (backwards, treasurer.display_name, "Luz  pari"):
        with pytest.raises(OwnWitness):
            confirm(first.id, ConfirmationKind.MARK, witness_name=own, received_by="Luz Pari")
    row = confirm(first.id, ConfirmationKind.MARK, witness_name="Rosa  Mamani", witness_document="4455")
    assert (row.witness_name, row.kind) == ("Rosa Mamani", "mark")
    again = confirm(first.id, ConfirmationKind.MARK, witness_name="Rosa Mamani", witness_document="4455")
    assert again.id == row.id  # the same word twice
    with pytest.raises(IdempotencyConflict):
        confirm(first.id, ConfirmationKind.SIGNATURE)
    cards = {
        one.producer_id: str(one.code)
        for one in issue_cards(session, actor=cast.clerk.actor, now=now, producer_ids=[m.id for m in members])
    }
    with pytest.raises(CardDoesNotFit):
        confirm(second.id, ConfirmationKind.CARD, card=cards[third.producer_id])
    with pytest.raises(CardDoesNotFit):
        confirm(second.id, ConfirmationKind.CARD, card="no card")
    assert confirm(second.id, ConfirmationKind.CARD, card=cards[second.producer_id]).kind == "card"
    for who, refused in ((cast.outsider, NotFound), (cast.seller, Forbidden)):
        with pytest.raises(refused):
            confirm(third.id, ConfirmationKind.SIGNATURE, actor=who.actor)


def test_only_who_carries_the_money_takes_the_word(session: Session, cast: Cast, now: datetime) -> None:
    run, _ = accounted_run(session, cast, now, [[10_000]])
    batch = batch_of(session, cast, now, run, Rail.COLLECTOR, collector=cast.clerk.id)
    (payment,) = payments_of(session, batch)
    record_paid(session, actor=cast.clerk.actor, now=now, batch_id=batch.id, payout_ids=[payment.id])
    inputs: dict[str, Any] = {
        "now": now,
        "confirmation_id": new_id(),
        "payout_id": payment.id,
        "kind": ConfirmationKind.FINGERPRINT,
        "witness_name": "Rosa Mamani",
    }
    with pytest.raises(NotTheCollector):
        confirm_received(session, actor=cast.treasurer.actor, **inputs)
    assert confirm_received(session, actor=cast.clerk.actor, **inputs).recorded_by == cast.clerk.id


@pytest.mark.parametrize(
    ("rail", "account"),
    [
        (Rail.BANK, "0021930012345678901"),  # 19 digits
        (Rail.BANK, "="),
        (Rail.WALLET, "12345678"),
        (Rail.QR, "short"),
        (Rail.CASH, "12345678"),
    ],
)
def test_details_that_no_bank_takes_are_refused(
    session: Session, cast: Cast, now: datetime, rail: Rail, account: str
) -> None:
    _, members = accounted_run(session, cast, now, [[10_000]])
    with pytest.raises(ValidationFailed):
        set_detail(
            session,
            actor=cast.accountant.actor,
            now=now,
            detail_id=new_id(),
            producer_id=members[0].id,
            rail=rail,
            provider="Banco",
            account=account,
            holder="Titular",
        )


def test_another_officer_confirms_an_account_and_a_new_one_ends_the_old(
    session: Session, cast: Cast, now: datetime
) -> None:
    _, members = accounted_run(session, cast, now, [[10_000]])
    member = members[0]
    inputs: dict[str, Any] = {
        "now": now,
        "detail_id": new_id(),
        "producer_id": member.id,
        "rail": Rail.BANK,
        "provider": "Banco  de la Nación",
        "account": "0021-9300 1234 5678 9012",
        "holder": "Titular",
    }
    row = set_detail(session, actor=cast.accountant.actor, **inputs)
    assert set_detail(session, actor=cast.accountant.actor, **inputs) is row
    assert row.account == "00219300123456789012"
    assert destinations(session, cast.centre.id, {member.id}, "bank") == {}
    with pytest.raises(SamePerson):
        confirm_detail(session, actor=cast.accountant.actor, now=now, detail_id=row.id)
    with pytest.raises(NotFound):
        confirm_detail(session, actor=cast.outsider.actor, now=now, detail_id=row.id)
    confirm_detail(session, actor=cast.treasurer.actor, now=now, detail_id=row.id)
    with pytest.raises(DetailsAlreadyConfirmed):
        confirm_detail(session, actor=cast.treasurer.actor, now=now, detail_id=row.id)
    add_account(session, cast, now, member, account="19112345678012")
    session.refresh(row)
    assert row.ended_at == now
    found = destinations(session, cast.centre.id, {member.id}, "bank")
    assert found[member.id].account == "19112345678012"
    end_detail(session, actor=cast.treasurer.actor, now=now, detail_id=found[member.id].detail_id)
    assert destinations(session, cast.centre.id, {member.id}, "bank") == {}
    with pytest.raises(NotFound):
        set_detail(session, actor=cast.outsider.actor, **{**inputs, "detail_id": new_id()})
    assert session.get_one(PaymentDetail, row.id).account == "00219300123456789012"


def test_a_file_is_made_of_an_approved_batch_and_marks_nothing_as_paid(
    session: Session, cast: Cast, now: datetime
) -> None:
    run, members = accounted_run(session, cast, now, [[10_000]])
    add_account(session, cast, now, members[0])
    batch = batch_of(session, cast, now, run, Rail.BANK, sent=False)
    inputs: dict[str, Any] = {"actor": cast.treasurer.actor, "now": now, "batch_id": batch.id}
    with pytest.raises(BatchStateRefused):
        make_file(session, file_id=new_id(), **inputs)
    approve_batch(session, **inputs)
    file_id = new_id()
    made = make_file(session, file_id=file_id, own_account="191-1", **inputs)
    assert make_file(session, file_id=file_id, own_account="191 -1", **inputs) is made
    with pytest.raises(IdempotencyConflict):
        make_file(session, file_id=file_id, own_account="191-2", **inputs)
    for account in (" ", "1" * 35):
        with pytest.raises(ValidationFailed):
            make_file(session, file_id=new_id(), own_account=account, **inputs)
    assert b"<EndToEndId>" in made.content
    (payment,) = payments_of(session, batch)
    assert (batch.state, payment.state) == ("approved", "planned")
    with pytest.raises(SamePerson):  # the bank may have the file
        discard_batch(session, reason="No se envió", **inputs)
    layout = set_layout(
        session,
        actor=cast.treasurer.actor,
        now=now,
        layout_id=new_id(),
        name="Banco",
        layout={"columns": [{"title": "CTA", "field": "account"}, {"title": "IMP", "field": "amount"}]},
    )
    table = make_file(session, file_id=new_id(), layout_id=layout.id, **inputs)
    assert table.content.decode().split("\r\n")[1] == "00219300123456789012;450.00"
    end_layout(session, actor=cast.treasurer.actor, now=now, layout_id=layout.id)
    with pytest.raises(NotFound):
        make_file(session, file_id=new_id(), layout_id=layout.id, **inputs)
    with pytest.raises(ValidationFailed):
        set_layout(
            session, actor=cast.treasurer.actor, now=now, layout_id=new_id(), name="", layout={"columns": []}
        )
    discard_batch(
        session, actor=cast.accountant.actor, now=now, batch_id=batch.id, reason="El banco no la recibió"
    )
    assert batch.state == "discarded"
