"""Confirmed tax settings and facts of producers, for tests."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.core.ids import new_id
from chain.dues.rules import DueKind
from chain.dues.services.rules import confirm_deduction, set_deduction
from chain.producers.models import Producer
from chain.settlement.legal.rules import AddressKind, TaxKind
from chain.settlement.legal.services import confirm_setting, enter_setting, record_tax_fact
from tests.support.cast import Cast
from tests.support.settling import Member

FIRST_DAY = date(2026, 1, 1)
PERU: Mapping[TaxKind, int] = {
    TaxKind.UIT: 550_000,
    TaxKind.UIT_LIMIT: 75,
    TaxKind.IGV: 0,
    TaxKind.INCOME: 150,
    TaxKind.PLACE: 210_701,
}


def confirm_peru(session: Session, cast: Cast, now: datetime, **changed: int) -> None:
    """Enter and confirm what a liquidación de compra needs."""
    session.get_one(Organisation, cast.centre.id).tax_id = "20448123456"
    session.flush()
    for kind, value in PERU.items():
        setting = enter_setting(
            session,
            actor=cast.accountant.actor,
            now=now,
            setting_id=new_id(),
            kind=kind,
            value=changed.get(kind.value, value),
            valid_from=FIRST_DAY,
            source="Carta del contador",
            text="Jr. Grau 120, Lampa" if kind is TaxKind.PLACE else None,
        )
        confirm_setting(session, actor=cast.accountant.actor, now=now, setting_id=setting.id)


def withhold(session: Session, cast: Cast, now: datetime, basis_points: int = 150) -> None:
    """Set and confirm the tax that settlements take off, so that papers say what was paid."""
    rule = set_deduction(
        session,
        actor=cast.accountant.actor,
        now=now,
        rule_id=new_id(),
        name="Retención de renta",
        kind=DueKind.WITHHOLDING,
        basis_points=basis_points,
        valid_from=FIRST_DAY,
        valid_to=None,
        decided_by="Carta del contador",
    )
    confirm_deduction(session, actor=cast.accountant.actor, now=now, rule_id=rule.id)


def complete(
    session: Session, cast: Cast, now: datetime, member: Member, *, has_tax_number: bool = False
) -> None:
    """Give a producer everything that a liquidación de compra asks for."""
    producer = session.get_one(Producer, member.id)
    producer.document_kind, producer.birth_year = "dni", 1980
    producer.document_number = f"{40_000_000 + int(member.code[-4:])}"
    session.flush()
    record_tax_fact(
        session,
        actor=cast.accountant.actor,
        now=now,
        fact_id=new_id(),
        producer_id=member.id,
        valid_from=FIRST_DAY,
        address="Comunidad Palca",
        ubigeo="210701",
        address_kind=AddressKind.PRODUCTION,
        has_tax_number=has_tax_number,
    )
