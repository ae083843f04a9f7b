"""The writers of certification: a certificate is registered, and it may be suspended. Nothing else changes one.

Lots keep the claim that they had when they were registered: neither a certificate entered late nor a suspension with an
earlier day changes them (docs/certification.md).
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import SELLER_KINDS, Actor, OrganisationKind, Permission
from chain.certification.errors import (
    AlreadySuspended,
    CertificateNumberTaken,
    NotAnIssuer,
    NotYourCertificate,
    ReasonMissing,
    SuspensionOutsideValidity,
    UnknownMember,
)
from chain.certification.models import Certificate
from chain.certification.queries import get_certificate_for
from chain.certification.rules import REASON_LENGTH, Paper, check_paper
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import IdempotencyConflict
from chain.core.text import tidy, tidy_lines
from chain.producers.queries import member_ids_among

#: Who may keep certificates: guarantee committees, and associations for their own members.
ISSUER_KINDS = SELLER_KINDS | {OrganisationKind.GUARANTEE_COMMITTEE}


class CertificationAudit(StrEnum):
    """Tags of the audit trail."""

    CERTIFICATE_REGISTERED = "certification:certificate:registered"
    CERTIFICATE_SUSPENDED = "certification:certificate:suspended"


def register_certificate(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - the client's name for it, as in the API
    producer_id: UUID,
    scheme: str,
    level: str,
    number: str,
    issued_by: str,
    valid_from: date,
    valid_to: date,
) -> Certificate:
    """Register the certificate of a member; see `keep_certificate`."""
    paper = Paper(producer_id, str(scheme), str(level), number, issued_by, valid_from, valid_to)
    return keep_certificate(session, actor=actor, now=now, certificate_id=id, paper=paper)[0]


def keep_certificate(
    session: Session, *, actor: Actor, now: datetime, certificate_id: UUID, paper: Paper
) -> tuple[Certificate, bool]:
    """Register the certificate of a present member of the actor's organisation; tell whether it is new.

    The same id with the same content returns the first certificate.

    Raises:
        Forbidden, NotAnIssuer: the actor or the organisation may not.
        UnknownMember: the producer is no present member.
        ValidationFailed: something on the paper cannot be right.
        CertificateNumberTaken: the organisation keeps one with this number.
        IdempotencyConflict: the id was used with other content.
    """
    organisation = _issuer(session, actor)
    content: dict[str, Any] = {
        "producer_id": paper.producer_id,
        "scheme": paper.scheme,
        "level": paper.level,
        "number": tidy(paper.number),
        "issued_by": tidy(paper.issued_by),
        "valid_from": paper.valid_from,
        "valid_to": paper.valid_to,
    }
    known = session.get(Certificate, certificate_id)
    if known is not None:
        return _same_or_conflict(known, actor, content), False
    errors = check_paper(Paper(**content), organisation.country, local_date(now, organisation.timezone))
    if paper.producer_id not in member_ids_among(session, organisation.id, [paper.producer_id]):
        errors.take("producer_id", UnknownMember())
    errors.raise_any()
    certificate = Certificate(
        id=certificate_id, issuer_id=organisation.id, created_at=now, created_by=actor.user_id, **content
    )
    try:
        with session.begin_nested():
            session.add(certificate)
    except IntegrityError:
        raise CertificateNumberTaken(number=content["number"]) from None
    audit.record(
        session,
        tag=CertificationAudit.CERTIFICATE_REGISTERED,
        actor=actor,
        now=now,
        subject_type="certificate",
        subject_id=certificate.id,
        after=content,
    )
    return certificate, True


def _issuer(session: Session, actor: Actor) -> Organisation:
    actor.require(Permission.CERTIFICATES_WRITE)
    organisation = get_own_organisation(session, actor)
    if organisation.kind not in ISSUER_KINDS:
        raise NotAnIssuer
    return organisation


def _same_or_conflict(known: Certificate, actor: Actor, content: dict[str, object]) -> Certificate:
    is_own = known.issuer_id == actor.org
    if is_own and all(getattr(known, name) == value for name, value in content.items()):
        return known
    raise IdempotencyConflict


def suspend_certificate(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    certificate_id: UUID,
    suspended_from: date,
    reason: str,
) -> Certificate:
    """Let a certificate say nothing from a day on. The same command again changes nothing.

    The day may lie in the past, as when a committee decided last week. Lots that were registered meanwhile keep their
    claim; what is registered from now on is judged by the new state.

    Raises:
        NotFound: there is no such certificate, or it is somebody else's.
        NotYourCertificate: it may be seen here but another organisation keeps it.
        SuspensionOutsideValidity: the day lies outside the certificate's dates.
        ReasonMissing: the reason is too short or too long.
        AlreadySuspended: it is, with another day or reason.
    """
    _issuer(session, actor)
    certificate = get_certificate_for(session, actor, certificate_id)
    if certificate.issuer_id != actor.org:
        raise NotYourCertificate
    _lock(session, certificate)
    reason = tidy_lines(reason)
    low, high = REASON_LENGTH
    if not low <= len(reason) <= high:
        raise ReasonMissing(low=low, high=high)
    if certificate.suspended_from is not None:
        if (certificate.suspended_from, certificate.suspension_reason) == (suspended_from, reason):
            return certificate
        raise AlreadySuspended(suspended_from=certificate.suspended_from)
    if not certificate.valid_from <= suspended_from <= certificate.valid_to:
        raise SuspensionOutsideValidity(first=certificate.valid_from, last=certificate.valid_to)
    certificate.suspended_from, certificate.suspension_reason = suspended_from, reason
    session.flush()
    audit.record(
        session,
        tag=CertificationAudit.CERTIFICATE_SUSPENDED,
        actor=actor,
        now=now,
        subject_type="certificate",
        subject_id=certificate.id,
        before={"suspended_from": None, "suspension_reason": None},
        after={"suspended_from": suspended_from, "suspension_reason": reason},
    )
    return certificate


def _lock(session: Session, certificate: Certificate) -> None:
    """Take the row, so that two people who suspend at once are told apart."""
    session.execute(
        select(Certificate)
        .where(Certificate.id == certificate.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
