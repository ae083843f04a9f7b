"""Alerts: who is told what, once; nothing tells a price; mails go through the outbox to an SMTP server on loopback."""

import re
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession
from sqlalchemy import select
from sqlalchemy.orm import Session

import chain.negotiation.handlers
import chain.portal.handlers  # noqa: F401 - it watches the records
from chain.core.config import Settings
from chain.core.ids import new_id
from chain.core.models import OutboxMessage
from chain.core.outbox import run_next
from chain.core.sealing import Sealer, use_sealer
from chain.market.services import close_tender
from chain.negotiation.services import accept_offer
from chain.portal import mailer as mail_line
from chain.portal.errors import CodeJustSent, EmailNotConfirmed, NotAnEmail, WrongCode
from chain.portal.models import Alert, AlertSetting
from chain.portal.rules import AlertKind, next_digest
from chain.portal.services.alerts import mark_all_read
from chain.portal.services.searches import save_search
from chain.portal.services.settings import choose_alerts, confirm_email, enter_email, unsubscribe
from chain.sales.services.awards import confirm_award
from tests.support.cast import Cast
from tests.support.market import make_bid, make_tender
from tests.support.negotiation import make_offer, make_sample

DAY = timedelta(days=1)


def _drain(session: Session, now: datetime) -> None:
    """Run everything that is due."""
    for _ in range(200):
        if not run_next(session, now=now):
            return
    raise AssertionError


def _texts(session: Session, person: Any) -> list[str]:
    rows = session.scalars(
        select(Alert).where(Alert.user_id == person.id).order_by(Alert.created_at, Alert.id)
    )
    return [one.msgid % one.params for one in rows]


class Mailbox:
    """Takes mails; `refuse` makes it fail so often, `never` refuses receivers for good."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.refuse = 0
        self.never = False

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: SmtpSession, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.never:
            return "550 nobody here"
        if self.refuse:
            self.refuse -= 1
            return "451 try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=default))
        return "250 OK"

    def text(self, place: int = -1) -> str:
        found = self.mails[place]
        assert isinstance(found, EmailMessage)
        return str(found.get_content())


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    use_sealer(Sealer("k" * 40))
    mail_line.use_mail(
        Settings(
            var_dir=tmp_path, smtp_host="127.0.0.1", smtp_port=port, smtp_security="none",
            mail_from="avisos@cadena.example", public_url="https://cadena.example",
        )
    )  # fmt: skip
    yield box
    mail_line.use_mail(Settings(var_dir=tmp_path))
    controller.stop()


def _subscribe(session: Session, person: Any, box: Mailbox, now: datetime) -> AlertSetting:
    enter_email(session, actor=person.actor, now=now, email="compras@molino.example")
    _drain(session, now)
    found = re.search(r"\b\d{6}\b", box.text())
    assert found
    kept = confirm_email(session, actor=person.actor, now=now, code=found.group())
    assert kept is not None
    return kept


def test_an_offer_is_told_to_the_other_side_once_and_to_no_rival(
    session: Session, cast: Cast, now: datetime
) -> None:
    offer = make_offer(session, now)
    _drain(session, now)
    assert _texts(session, cast.seller) == [f"{cast.mill.name} makes you an offer (no. 1)."]
    assert _texts(session, cast.buyer) == []
    assert _texts(session, cast.rival_buyer) == []
    accept_offer(session, actor=cast.seller.actor, now=now, id=new_id(), offer_id=offer.id, seen=1)
    _drain(session, now)
    assert _texts(session, cast.buyer) == [f"{cast.centre.name} accepted offer no. 1."]
    confirm_award(session, actor=cast.everything.actor, now=now, award_id=offer.award_id)  # type: ignore[arg-type]
    _drain(session, now)
    assert (
        _texts(session, cast.buyer)[-1] == f"{cast.centre.name} confirmed the sale. Contract no. 1 is ready."
    )
    assert mark_all_read(session, actor=cast.buyer.actor, now=now) == 2


def test_a_tender_that_fits_a_search_its_deadline_and_its_result_are_told_without_a_price(
    session: Session, cast: Cast, now: datetime
) -> None:
    save_search(
        session, actor=cast.buyer.actor, now=now, id=new_id(), name="Fina",
        filters={"commodity": "alpaca-fibre", "micron_max_tenths": 200},
    )  # fmt: skip
    save_search(
        session, actor=cast.rival_buyer.actor, now=now, id=new_id(), name="Gruesa",
        filters={"commodity": "alpaca-fibre", "micron_min_tenths": 260},
    )  # fmt: skip
    tender = make_tender(session, now, closes_at=now + 2 * DAY)
    _drain(session, now)
    assert _texts(session, cast.buyer) == [
        f"A sealed tender opened that fits: Fibra de marzo, of {cast.centre.name}."
    ]
    assert _texts(session, cast.rival_buyer) == []
    make_bid(session, now, tender, 12_345)
    make_bid(session, now, tender, 11_111, cast.rival_buyer.actor)
    _drain(session, now + DAY)
    assert _texts(session, cast.buyer)[-1] == "“Fibra de marzo” closes in a day."
    assert _texts(session, cast.rival_buyer)[-1] == "“Fibra de marzo” closes in a day."
    close_tender(session, actor=cast.seller.actor, now=tender.closes_at, tender_id=tender.id)
    _drain(session, tender.closes_at)
    assert _texts(session, cast.buyer)[-1].startswith("You won in “Fibra de marzo”.")
    assert _texts(session, cast.rival_buyer)[-1] == "“Fibra de marzo” ended. Your bid did not win."
    everything = " ".join(str(one.params) + one.msgid for one in session.scalars(select(Alert)))
    assert not any(price in everything for price in ("123.45", "12345", "111.11", "11111", "100.00", "10000"))
    outbox = " ".join(str(one.payload) for one in session.scalars(select(OutboxMessage)))
    assert "12345" not in outbox


def test_a_sample_is_told_on_its_way(session: Session, cast: Cast, now: datetime) -> None:
    make_sample(session, now)
    _drain(session, now)
    assert _texts(session, cast.seller) == [f"{cast.mill.name} asks for sample no. 1."]


def test_a_mail_comes_at_once_in_the_readers_language_with_a_way_out_and_never_twice(
    session: Session, cast: Cast, now: datetime, mailbox: Mailbox
) -> None:
    setting = _subscribe(session, cast.buyer, mailbox, now)
    assert setting.pace == "at_once"
    make_offer(session, now, actor=cast.seller.actor)
    _drain(session, now)
    assert len(mailbox.mails) == 2
    mail = mailbox.mails[-1]
    assert f"{cast.centre.name} le propone un trato" in str(mail["Subject"])
    assert mail["To"] == "compras@molino.example"
    assert setting.unsubscribe_token in str(mail["List-Unsubscribe"])
    assert "https://cadena.example/offers/" in mailbox.text()
    assert not re.search(r"\d+[.,]\d\d\b", mailbox.text()), "no price in a mail"
    message = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "portal.mail")).one()
    message.state, message.available_at = "waiting", now
    _drain(session, now)
    assert len(mailbox.mails) == 2, "the alert was mailed before"
    unsubscribe(session, now=now, token=setting.unsubscribe_token)
    make_offer(session, now, actor=cast.seller.actor)
    _drain(session, now)
    assert len(mailbox.mails) == 2


def test_a_server_that_fails_is_tried_again_and_a_refused_address_is_given_up(
    session: Session, cast: Cast, now: datetime, mailbox: Mailbox
) -> None:
    setting = _subscribe(session, cast.buyer, mailbox, now)
    mailbox.refuse = 2
    make_offer(session, now, actor=cast.seller.actor)
    _drain(session, now)
    assert len(mailbox.mails) == 1
    _drain(session, now + timedelta(seconds=2))
    _drain(session, now + timedelta(seconds=6))
    assert len(mailbox.mails) == 2
    mailbox.never = True
    make_offer(session, now, actor=cast.seller.actor)
    _drain(session, now + timedelta(seconds=7))
    assert session.get_one(AlertSetting, setting.user_id).confirmed_at is None
    assert len(mailbox.mails) == 2


def test_the_morning_mail_gathers_what_was_not_read(
    session: Session, cast: Cast, now: datetime, mailbox: Mailbox
) -> None:
    _subscribe(session, cast.buyer, mailbox, now)
    choose_alerts(session, actor=cast.buyer.actor, now=now, pace="daily", kinds=list(AlertKind))
    make_offer(session, now, actor=cast.seller.actor)
    make_offer(session, now, actor=cast.seller.actor)
    _drain(session, now)
    assert len(mailbox.mails) == 1
    morning = next_digest(now, "America/Lima")
    _drain(session, morning)
    _drain(session, morning + timedelta(minutes=1))
    assert len(mailbox.mails) == 2
    assert "2 avisos nuevos" in str(mailbox.mails[-1]["Subject"])
    assert mailbox.text().count("https://cadena.example/offers/") == 2


def test_a_kind_that_is_not_wanted_comes_on_the_page_only(
    session: Session, cast: Cast, now: datetime, mailbox: Mailbox
) -> None:
    _subscribe(session, cast.buyer, mailbox, now)
    choose_alerts(session, actor=cast.buyer.actor, now=now, pace="at_once", kinds=["outbid"])
    make_offer(session, now, actor=cast.seller.actor)
    _drain(session, now)
    assert len(mailbox.mails) == 1
    assert len(_texts(session, cast.buyer)) == 1


def test_an_address_must_be_proven(session: Session, cast: Cast, now: datetime) -> None:
    use_sealer(Sealer("k" * 40))
    actor = cast.buyer.actor
    for wrong in ("maria", "a@b", "a b@c.pe", "a@b.pe\nBcc: x@y.pe", "x" * 250 + "@b.pe"):
        with pytest.raises(NotAnEmail):
            enter_email(session, actor=actor, now=now, email=wrong)
    enter_email(session, actor=actor, now=now, email="a@b.pe")
    with pytest.raises(CodeJustSent):
        enter_email(session, actor=actor, now=now, email="other@b.pe")
    with pytest.raises(EmailNotConfirmed):
        choose_alerts(session, actor=actor, now=now, pace="at_once", kinds=[])
    assert [confirm_email(session, actor=actor, now=now, code="x") for _ in range(5)] == [None] * 5
    with pytest.raises(WrongCode):
        confirm_email(session, actor=actor, now=now, code="000000")
    kept = " ".join(str(one.payload) for one in session.scalars(select(OutboxMessage)))
    assert "a@b.pe" not in kept


def test_the_digest_goes_out_at_seven_of_the_place(now: datetime) -> None:
    seven = next_digest(now, "America/Lima")
    assert (seven.hour, seven.minute) == (12, 0)
    assert next_digest(seven, "America/Lima") == seven + DAY
    assert next_digest(seven - timedelta(minutes=1), "America/Lima") == seven
