"""How producers want their money: written down by one officer, confirmed by another, ended and never changed."""

import re
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.hashing import content_hash
from chain.core.i18n import N_
from chain.core.text import tidy
from chain.payout.audit_tags import PayoutAudit
from chain.payout.errors import DetailsAlreadyConfirmed
from chain.payout.models import PaymentDetail
from chain.payout.rules import MAX_NAME, Rail
from chain.producers.queries import member_ids_among

#: Peru's interbank account code (CCI): 20 digits.
CCI = re.compile(r"[0-9]{20}")
ACCOUNT = re.compile(r"[0-9A-Za-z][0-9A-Za-z -]{3,33}")
#: A mobile number of Peru (9 digits) or Bolivia (8 digits), with or without the code of the country.
MOBILE = re.compile(r"(?:\+?51)?9[0-9]{8}|(?:\+?591)?[67][0-9]{7}")
MAX_QR = 600


def set_detail(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    detail_id: UUID,
    producer_id: UUID,
    rail: Rail,
    provider: str,
    account: str,
    holder: str,
    note: str | None = None,
) -> PaymentDetail:
    """Write down where a producer wants the money; it counts once another officer has confirmed it.

    Raises:
        Forbidden: the actor prepares no payments.
        NotFound: the producer is no present member.
        ValidationFailed: a field cannot be used.
        IdempotencyConflict: the id was used for other details.
    """
    actor.require(Permission.PAYOUTS_WRITE)
    content = {
        "producer_id": producer_id,
        "rail": rail.value,
        "provider": tidy(provider),
        "account": _plain_account(rail, account),
        "holder": tidy(holder),
        "note": tidy(note) or None,
    }
    digest = content_hash(content)
    known = session.get(PaymentDetail, detail_id)
    if known is not None:
        if known.organisation_id != actor.org or known.content_hash != digest:
            raise IdempotencyConflict
        return known
    if producer_id not in member_ids_among(session, actor.org, [producer_id]):
        raise NotFound
    _check(rail, content, get_own_organisation(session, actor).country)
    row = PaymentDetail(
        id=detail_id,
        organisation_id=actor.org,
        created_at=now,
        created_by=actor.user_id,
        content_hash=digest,
        **content,
    )
    session.add(row)
    session.flush()
    _note(session, PayoutAudit.DETAIL_SET, actor, now, row)
    return row


def confirm_detail(session: Session, *, actor: Actor, now: datetime, detail_id: UUID) -> PaymentDetail:
    """Confirm details that another officer wrote down; earlier ones of the same rail end.

    Raises:
        Forbidden: the actor prepares no payments.
        SamePerson: the actor wrote them down.
        NotFound: they are not the organisation's.
        DetailsAlreadyConfirmed: somebody did it before, or they ended.
    """
    actor.require(Permission.PAYOUTS_WRITE)
    row = _locked(session, actor, detail_id)
    actor.require_other_than(row.created_by)
    if row.confirmed_at is not None or row.ended_at is not None:
        raise DetailsAlreadyConfirmed
    for earlier in session.scalars(
        select(PaymentDetail)
        .where(
            PaymentDetail.organisation_id == actor.org,
            PaymentDetail.producer_id == row.producer_id,
            PaymentDetail.rail == row.rail,
            PaymentDetail.confirmed_at.is_not(None),
            PaymentDetail.ended_at.is_(None),
        )
        .order_by(PaymentDetail.id)
        .with_for_update()
    ):
        earlier.ended_at, earlier.ended_by = now, actor.user_id
    row.confirmed_at, row.confirmed_by = now, actor.user_id
    session.flush()
    _note(session, PayoutAudit.DETAIL_CONFIRMED, actor, now, row)
    return row


def end_detail(session: Session, *, actor: Actor, now: datetime, detail_id: UUID) -> PaymentDetail:
    """End details: no later batch uses them. Ending them twice changes nothing.

    Raises:
        Forbidden: the actor prepares no payments.
        NotFound: they are not the organisation's.
    """
    actor.require(Permission.PAYOUTS_WRITE)
    row = _locked(session, actor, detail_id)
    if row.ended_at is None:
        row.ended_at, row.ended_by = now, actor.user_id
        session.flush()
        _note(session, PayoutAudit.DETAIL_ENDED, actor, now, row)
    return row


def _locked(session: Session, actor: Actor, detail_id: UUID) -> PaymentDetail:
    row = session.scalars(
        select(PaymentDetail)
        .where(PaymentDetail.id == detail_id, PaymentDetail.organisation_id == actor.org)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise NotFound
    return row


def _plain_account(rail: Rail, account: str) -> str:
    text = account.strip()
    return text if rail is Rail.QR else re.sub(r"[\s.-]+", "", text)


def _check(rail: Rail, content: Mapping[str, object], country: str) -> None:
    errors = FieldErrors()
    account = str(content["account"])
    if rail not in {Rail.BANK, Rail.WALLET, Rail.QR}:
        errors.add("rail", N_("Choose one of the ways."))
    if not content["provider"] or len(str(content["provider"])) > MAX_NAME:
        errors.add("provider", N_("Write the name of the bank or wallet."))
    if not content["holder"] or len(str(content["holder"])) > MAX_NAME:
        errors.add("holder", N_("Write in whose name the account is."))
    if rail is Rail.BANK and country == "PE" and account.isdigit() and len(account) > 14:  # noqa: PLR2004 - longer than any own account
        if not CCI.fullmatch(account):
            errors.add("account", N_("A CCI has 20 digits."))
    elif rail is Rail.BANK and not ACCOUNT.fullmatch(account):
        errors.add("account", N_("Write the number of the account, or the CCI of 20 digits."))
    if rail is Rail.WALLET and not MOBILE.fullmatch(account):
        errors.add("account", N_("Write the mobile number of the wallet."))
    if rail is Rail.QR and not (10 <= len(account) <= MAX_QR and account.isprintable()):  # noqa: PLR2004 - shorter than any QR of a bank
        errors.add("account", N_("Paste the text of the producer's QR."))
    errors.raise_any()


def _note(session: Session, tag: PayoutAudit, actor: Actor, now: datetime, row: PaymentDetail) -> None:
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="payment_detail",
        subject_id=row.id,
        after={
            "producer_id": row.producer_id,
            "rail": row.rail,
            "provider": row.provider,
            "account_ends": row.account[-4:],
        },
    )
