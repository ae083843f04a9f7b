"""Certificates: registering, suspending, and what may be said of many goods at once."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Role
from chain.certification import queries
from chain.certification.errors import (
    AlreadySuspended,
    CertificateNumberTaken,
    NotYourCertificate,
    ReasonMissing,
    SuspensionOutsideValidity,
)
from chain.certification.models import Certificate
from chain.certification.rules import Claim, State, state_on
from chain.certification.services import CertificationAudit, register_certificate, suspend_certificate
from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.core.paging import PageRequest
from chain.producers.rules import Person
from chain.producers.services import register_member
from tests.support.cast import Cast
from tests.support.cast import Person as Member
from tests.support.queries import Queries

DAY = date(2026, 3, 16)


@pytest.fixture
def committee_clerk(cast: Cast) -> Member:
    return Member(cast.certifier.id, "certifier", "x", cast.guarantee, (Role.CLERK, Role.CERTIFIER))


def person(session: Session, who: Member, now: datetime, name: str, number: str | None = None) -> UUID:
    facts = Person(name, "female", document_kind="dni" if number else None, document_number=number)
    return register_member(session, actor=who.actor, now=now, id=new_id(), person=facts).producer.id


def certify(session: Session, who: Member, now: datetime, producer_id: UUID, **facts: Any) -> Certificate:
    paper: dict[str, Any] = {
        "id": new_id(),
        "scheme": "spg-peru",
        "level": "full",
        "number": "SPG-1",
        "issued_by": "Consejo Regional",
        "valid_from": date(2026, 1, 1),
        "valid_to": date(2026, 12, 31),
    }
    return register_certificate(
        session, actor=who.actor, now=now, producer_id=producer_id, **{**paper, **facts}
    )


def test_a_certificate_gives_a_claim_on_its_days(session: Session, cast: Cast, now: datetime) -> None:
    rosa = person(session, cast.everything, now, "Rosa Quispe")
    kept = certify(session, cast.everything, now, rosa)
    found = queries.claim_on(session, rosa, DAY)
    assert found is not None
    assert (found.claim, found.certificate_id, found.number) == (Claim.ORGANIC, kept.id, "SPG-1")
    assert queries.claim_on(session, rosa, date(2027, 1, 1)) is None
    assert queries.claim_on(session, new_id(), DAY) is None


def test_claims_of_thousands_of_pairs_take_one_statement(
    session: Session, cast: Cast, now: datetime, query_count: Callable[[], AbstractContextManager[Queries]]
) -> None:
    rosa = person(session, cast.everything, now, "Rosa Quispe")
    certify(session, cast.everything, now, rosa, level="transition")
    pairs = [(new_id(), DAY) for _ in range(5000)] + [(rosa, date(2026, month, 1)) for month in range(1, 13)]
    with query_count() as counted:
        found = queries.claims_on(session, pairs)
    assert counted.count == 1, str(counted)
    assert {claim.claim for claim in found.values()} == {Claim.TRANSITION}
    assert len(found) == 12


def test_a_suspension_ends_the_claim_from_its_day_on(session: Session, cast: Cast, now: datetime) -> None:
    rosa = person(session, cast.everything, now, "Rosa Quispe")
    kept = certify(session, cast.everything, now, rosa)
    facts: dict[str, Any] = {
        "certificate_id": kept.id,
        "suspended_from": date(2026, 3, 10),
        "reason": "Uso de insumos",
    }
    suspend_certificate(session, actor=cast.everything.actor, now=now, **facts)
    suspend_certificate(session, actor=cast.everything.actor, now=now, **facts)
    assert queries.claim_on(session, rosa, date(2026, 3, 9)) is not None
    assert queries.claim_on(session, rosa, date(2026, 3, 10)) is None
    records = session.scalars(
        select(AuditRecord).where(AuditRecord.tag == CertificationAudit.CERTIFICATE_SUSPENDED)
    ).all()
    assert [record.after for record in records] == [
        {"suspended_from": "2026-03-10", "suspension_reason": "Uso de insumos"}
    ]
    with pytest.raises(AlreadySuspended):
        suspend_certificate(session, actor=cast.everything.actor, now=now, **{**facts, "reason": "Otra cosa"})


def test_a_suspension_says_why_and_lies_within_the_certificate(
    session: Session, cast: Cast, now: datetime
) -> None:
    kept = certify(session, cast.everything, now, person(session, cast.everything, now, "Rosa Quispe"))
    for day, reason, refusal in (
        (date(2025, 12, 31), "Motivo", SuspensionOutsideValidity),
        (date(2027, 1, 1), "Motivo", SuspensionOutsideValidity),
        (DAY, "  ", ReasonMissing),
    ):
        with pytest.raises(refusal):
            suspend_certificate(
                session,
                actor=cast.everything.actor,
                now=now,
                certificate_id=kept.id,
                suspended_from=day,
                reason=reason,
            )


def test_a_committee_certifies_only_its_own_members(
    session: Session, cast: Cast, now: datetime, committee_clerk: Member
) -> None:
    rosa = person(session, cast.clerk, now, "Rosa Quispe", "01234567")
    with pytest.raises(ValidationFailed) as refused:
        certify(session, cast.certifier, now, rosa)
    assert set(refused.value.errors) == {"producer_id"}
    assert person(session, committee_clerk, now, "Rosa Quispe", "01234567") == rosa
    kept = certify(session, cast.certifier, now, rosa)
    assert queries.get_certificate_for(session, cast.clerk.actor, kept.id) is kept, "the centre sees it"
    with pytest.raises(NotYourCertificate):
        suspend_certificate(
            session,
            actor=cast.everything.actor,
            now=now,
            certificate_id=kept.id,
            suspended_from=DAY,
            reason="No es nuestro",
        )
    for stranger in (cast.outsider, cast.buyer):
        with pytest.raises(NotFound):
            queries.get_certificate_for(session, stranger.actor, kept.id)


def test_the_same_certificate_twice_is_one(session: Session, cast: Cast, now: datetime) -> None:
    rosa, key = person(session, cast.everything, now, "Rosa Quispe"), new_id()
    first = certify(session, cast.everything, now, rosa, id=key)
    assert certify(session, cast.everything, now, rosa, id=key) is first
    with pytest.raises(IdempotencyConflict):
        certify(session, cast.everything, now, rosa, id=key, level="transition")
    with pytest.raises(CertificateNumberTaken):
        certify(session, cast.everything, now, rosa)


def test_what_cannot_be_on_the_paper_is_refused_at_its_fields(
    session: Session, cast: Cast, now: datetime
) -> None:
    rosa = person(session, cast.everything, now, "Rosa Quispe")
    with pytest.raises(ValidationFailed) as refused:
        certify(
            session,
            cast.everything,
            now,
            rosa,
            scheme="spg-bolivia",
            level="half",
            number=" ",
            issued_by="x",
            valid_to=date(2025, 1, 1),
        )
    assert set(refused.value.errors) == {"scheme", "level", "number", "issued_by", "valid_to"}
    for days in ({"valid_from": date(1999, 1, 1)}, {"valid_to": date(2036, 1, 1)}):
        with pytest.raises(ValidationFailed):
            certify(session, cast.everything, now, rosa, **days)


def test_a_clerk_may_not_register_certificates(session: Session, cast: Cast, now: datetime) -> None:
    rosa = person(session, cast.clerk, now, "Rosa Quispe")
    with pytest.raises(Forbidden):
        certify(session, cast.clerk, now, rosa)


def test_the_list_agrees_with_the_rule_in_every_state(session: Session, cast: Cast, now: datetime) -> None:
    rosa = person(session, cast.everything, now, "Rosa Quispe")
    spans = {
        "A": (date(2026, 1, 1), date(2026, 12, 31)),
        "B": (date(2026, 1, 1), date(2026, 5, 15)),
        "C": (date(2025, 1, 1), date(2026, 3, 15)),
        "D": (date(2026, 3, 17), date(2026, 12, 31)),
        "E": (date(2026, 1, 1), date(2026, 5, 16)),
        "F": (date(2026, 1, 1), date(2026, 12, 31)),
    }
    for number, (first, last) in spans.items():
        kept = certify(session, cast.everything, now, rosa, number=number, valid_from=first, valid_to=last)
        if number == "F":
            suspend_certificate(
                session,
                actor=cast.everything.actor,
                now=now,
                certificate_id=kept.id,
                suspended_from=DAY,
                reason="Motivo",
            )
    seen = 0
    for state in State:
        page = queries.list_certificates(
            session, cast.everything.actor, PageRequest(), today=DAY, state=state
        )
        assert all(state_on(row.certificate, DAY) is state for row in page.items), state
        assert page.items, state
        seen += page.total
    assert seen == len(spans)
    named = queries.list_certificates(
        session, cast.everything.actor, PageRequest(), today=DAY, text="quispe f"
    )
    assert [row.certificate.number for row in named.items] == ["F"]
